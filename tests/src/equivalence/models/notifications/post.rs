use commerce::{Delivery, NewNotification};
use outside::{Message, Push};
use serde_json::{Value, json};

use super::calls::notes;

/// What the mail server and the push endpoint have taken, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Post {
    mails: Vec<Value>,
    pushes: Vec<Value>,
}

/// Whether the push endpoint knows the device.
pub(super) fn takes_pushes(token: &str) -> bool {
    !token.starts_with("refused")
}

/// Whether the mail server knows the mailbox.
fn takes_mail(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    !local.eq_ignore_ascii_case("refused")
}

impl Post {
    pub(super) fn mail(&mut self, asked: &NewNotification) -> Delivery {
        if !takes_mail(&asked.contact.email) {
            return Delivery::Refused;
        }
        self.mails.push(json!({
            "to": asked.contact.email,
            "headline": headline("mail", asked),
            "order_id": asked.order_id,
            "kind": asked.kind,
            "note": asked.note.as_deref().filter(|note| note.is_ascii()),
            "deliveries": 1,
        }));
        Delivery::Sent
    }

    pub(super) fn push(&mut self, asked: &NewNotification) -> Option<Delivery> {
        let token = asked.contact.push_token.as_deref()?;
        if !takes_pushes(token) {
            return Some(Delivery::Refused);
        }
        self.pushes.push(json!({
            "token": token,
            "headline": headline("push", asked),
            "note": asked.note,
            "deliveries": 1,
        }));
        Some(Delivery::Sent)
    }

    pub(super) fn shown(&self) -> [Value; 2] {
        [taken("mails", &self.mails), taken("pushes", &self.pushes)]
    }
}

fn taken(channel: &str, messages: &[Value]) -> Value {
    json!({ channel: messages })
}

/// What stands for the headline of a message: a channel has words of its own, the same whenever the same is told.
fn headline(channel: &str, asked: &NewNotification) -> String {
    format!("{channel} of {:?} of {}", asked.kind, asked.order_id)
}

/// What the mail server was given. Of the text, which is the module's own, the note that was asked for; one that needs an encoding on its
/// way is looked for in the push message only.
pub(crate) fn mails(kept: &[Message]) -> Value {
    let mail = |mail: &Message| {
        // Quoted-printable breaks long lines so.
        let text = mail.body.replace("=\n", "");
        json!({
            "to": mail.to,
            "headline": mail.subject,
            "order_id": mail.headers.get("x-order-id"),
            "kind": mail.headers.get("x-notification-kind"),
            "note": note_in(&text).filter(|note| note.is_ascii()),
            "deliveries": mail.deliveries,
        })
    };
    taken("mails", &kept.iter().map(mail).collect::<Vec<_>>())
}

/// What the push endpoint was given.
pub(crate) fn pushes(kept: &[Push]) -> Value {
    let push = |push: &Push| {
        json!({
            "token": push.token,
            "headline": push.title,
            "note": note_in(&push.body),
            "deliveries": push.deliveries,
        })
    };
    taken("pushes", &kept.iter().map(push).collect::<Vec<_>>())
}

/// The note that the text holds, lines ended in whatever way.
fn note_in(text: &str) -> Option<String> {
    let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
    let text = lines(text);
    notes().into_iter().find(|note| text.contains(&lines(note)))
}
