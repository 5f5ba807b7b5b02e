use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use commerce::{Delivery, NotificationId};

use crate::{
    channel::ChannelError,
    domain::{DeliveryResult, Message},
    mailer::Mailer,
    pusher::Pusher,
};

/// Limit of the outcomes of mails that are remembered while their push messages can't be sent.
const REMEMBERED: usize = 10_000;

/// Sends messages on both channels, mail and push.
pub(crate) struct Dispatcher {
    mailer: Mailer,
    pusher: Pusher,
    /// Outcomes of mails whose push messages are still to be sent.
    mailed: Mutex<HashMap<NotificationId, Result<(), ChannelError>>>,
}

impl Dispatcher {
    pub(crate) fn new(mailer: Mailer, pusher: Pusher) -> Self {
        Self {
            mailer,
            pusher,
            mailed: Mutex::new(HashMap::new()),
        }
    }

    /// Returns once each channel has accepted the message or refused it for good; `Err` with the reason if one may
    /// accept it later.
    ///
    /// A repetition sends the same message under the same ids. A mail that was accepted is not sent again while
    /// this process lives.
    pub(crate) async fn dispatch(&self, message: &Message) -> Result<DeliveryResult, String> {
        let mailed = self.mailed().get(&message.id).cloned();
        let mail = async {
            match mailed {
                Some(outcome) => outcome,
                None => self.mailer.send(message).await,
            }
        };
        let push = async {
            match &message.contact.push_token {
                Some(token) => Some(self.pusher.send(token, message).await),
                None => None,
            }
        };
        let (email, push) = futures::join!(mail, push);
        self.remember(message.id, &email, push.as_ref());
        let mut refusal = None;
        let email = settled(email, "mail", &mut refusal)?;
        let push = push.map(|push| settled(push, "push", &mut refusal)).transpose()?;
        Ok(DeliveryResult { email, push, refusal })
    }

    fn remember(&self, id: NotificationId, email: &Result<(), ChannelError>, push: Option<&Result<(), ChannelError>>) {
        let waits = |outcome: &Result<(), ChannelError>| matches!(outcome, Err(ChannelError::Unavailable(_)));
        let mut mailed = self.mailed();
        if !waits(email) && push.is_some_and(waits) {
            if mailed.len() < REMEMBERED {
                mailed.insert(id, email.clone());
            }
        } else {
            mailed.remove(&id);
        }
    }

    fn mailed(&self) -> MutexGuard<'_, HashMap<NotificationId, Result<(), ChannelError>>> {
        self.mailed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn settled(outcome: Result<(), ChannelError>, channel: &str, refusal: &mut Option<String>) -> Result<Delivery, String> {
    match outcome {
        Ok(()) => Ok(Delivery::Sent),
        Err(ChannelError::Refused(reason)) => {
            refusal.get_or_insert_with(|| format!("{channel}: {reason}"));
            Ok(Delivery::Refused)
        }
        Err(unavailable) => Err(unavailable.to_string()),
    }
}
