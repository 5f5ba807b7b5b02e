use commerce::Delivery;

use crate::{
    domain::{Handover, Message},
    mailer::{Mailer, NotTaken},
    pusher::Pusher,
};

/// Hands messages over on both channels.
pub(crate) struct Courier {
    pub(crate) mailer: Mailer,
    pub(crate) pusher: Pusher,
}

impl Courier {
    /// Answers once each channel has taken the message or refused it for good; `Err` with the reason if one may take it later.
    ///
    /// Repeated, it hands over the same message under the same ids.
    pub(crate) async fn hand_over(&self, message: &Message) -> Result<Handover, String> {
        let push = async {
            match &message.contact.push_token {
                Some(token) => Some(self.pusher.send(token, message).await),
                None => None,
            }
        };
        let (email, push) = futures::join!(self.mailer.send(message), push);
        let mut refusal = None;
        let email = settled(email, "mail", &mut refusal)?;
        let push = push.map(|push| settled(push, "push", &mut refusal)).transpose()?;
        Ok(Handover { email, push, refusal })
    }
}

fn settled(outcome: Result<(), NotTaken>, channel: &str, refusal: &mut Option<String>) -> Result<Delivery, String> {
    match outcome {
        Ok(()) => Ok(Delivery::Sent),
        Err(NotTaken::Refused(reason)) => {
            refusal.get_or_insert_with(|| format!("{channel}: {reason}"));
            Ok(Delivery::Refused)
        }
        Err(unavailable) => Err(unavailable.to_string()),
    }
}
