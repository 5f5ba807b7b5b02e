use commerce::{Delivery, NewNotification};
use outside::{Message, Push};
use serde_json::{Value, json};

use super::calls::notes;

/// Messages that the mail server and the push endpoint accepted, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Post {
    mails: Vec<Value>,
    pushes: Vec<Value>,
}

/// True if the push endpoint knows the device.
pub(super) fn takes_pushes(token: &str) -> bool {
    !token.starts_with("refused")
}

/// True if the mail server knows the mailbox.
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

/// A stand-in for the headline of a message. Each channel has its own words, the same for the same
/// notification.
fn headline(channel: &str, asked: &NewNotification) -> String {
    format!("{channel} of {:?} of {}", asked.kind, asked.order_id)
}

/// The mails that the server accepted, as effects show them. Of the text, which is the module's own, only the
/// note counts; a note that needs a transfer encoding is looked for in the push message alone.
pub(crate) fn mails(kept: &[Message]) -> Value {
    let mail = |mail: &Message| {
        // Quoted-printable breaks long lines this way.
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

/// The messages that the push endpoint accepted, as effects show them.
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

/// The note that the text contains, whatever its line endings.
fn note_in(text: &str) -> Option<String> {
    let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
    let text = lines(text);
    notes().into_iter().find(|note| text.contains(&lines(note)))
}
