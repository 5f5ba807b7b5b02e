use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use commerce::{Delivery, NotificationId};

use crate::{
    domain::{Handover, Message},
    mailer::{Mailer, NotTaken},
    pusher::Pusher,
};

/// The most mails that are remembered while their push messages can't be handed over.
const REMEMBERED: usize = 10_000;

/// Hands messages over on both channels.
pub(crate) struct Courier {
    mailer: Mailer,
    pusher: Pusher,
    /// How the mails fared whose push messages still wait.
    mailed: Mutex<HashMap<NotificationId, Result<(), NotTaken>>>,
}

impl Courier {
    pub(crate) fn new(mailer: Mailer, pusher: Pusher) -> Self {
        Self {
            mailer,
            pusher,
            mailed: Mutex::new(HashMap::new()),
        }
    }

    /// Answers once each channel has taken the message or refused it for good; `Err` with the reason if one may take it later.
    ///
    /// Repeated, it hands over the same message under the same ids; a mail that went through is not sent again while this process lives.
    pub(crate) async fn hand_over(&self, message: &Message) -> Result<Handover, String> {
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
        Ok(Handover { email, push, refusal })
    }

    fn remember(&self, id: NotificationId, email: &Result<(), NotTaken>, push: Option<&Result<(), NotTaken>>) {
        let waits = |outcome: &Result<(), NotTaken>| matches!(outcome, Err(NotTaken::Unavailable(_)));
        let mut mailed = self.mailed();
        if !waits(email) && push.is_some_and(waits) {
            if mailed.len() < REMEMBERED {
                mailed.insert(id, email.clone());
            }
        } else {
            mailed.remove(&id);
        }
    }

    fn mailed(&self) -> MutexGuard<'_, HashMap<NotificationId, Result<(), NotTaken>>> {
        self.mailed.lock().unwrap_or_else(PoisonError::into_inner)
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
