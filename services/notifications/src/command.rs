use std::{sync::Arc, time::Duration};

use commerce::{Delivery, Error, NewNotification, Notification, NotificationConflict, NotificationError};
use futures::{StreamExt, stream};
use seam::Context;
use serde::{Deserialize, Serialize};
use shared::{
    Database, DatabaseError, Next, Round, Worker, events,
    idempotency::{self, Claim, Expired, Scope, Ticket},
};

use crate::{SOURCE, courier::Courier, domain::Message, store};

/// The command as it stands in the scope of its key.
const OPERATION: &str = "notify";

/// The most that a caller whose request is in flight is told to wait.
const SOON: Duration = Duration::from_secs(1);

/// How many requests are gone on with at a time.
const AT_ONCE: usize = 8;

/// Sends what a caller asks for: claims the key, hands the message over, and writes down answer, notification and event together.
///
/// A crash in between leaves a claim that somebody resumes with the same notification id, and so the same Message-ID.
pub(crate) struct Command {
    pub(crate) db: Database,
    pub(crate) courier: Arc<Courier>,
    /// How long a claim is held.
    pub(crate) lease: Duration,
    /// Woken when a claim was given back.
    pub(crate) recoverer: Worker,
}

/// What is kept with a claim, for whoever goes on with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Begun {
    notification: NewNotification,
    request_id: String,
    correlation_id: String,
}

enum Start {
    Ours(Ticket),
    Answered(Result<Notification, NotificationError>),
}

impl Command {
    pub(crate) async fn notify(&self, notification: NewNotification) -> Result<Notification, NotificationError> {
        notification.validate()?;
        match self.start(&notification).await? {
            Start::Answered(answer) => answer,
            Start::Ours(ticket) => self.carry_out(ticket, notification).await,
        }
    }

    async fn start(&self, notification: &NewNotification) -> Result<Start, NotificationError> {
        let scope = Scope::current(OPERATION, &notification.key);
        let fingerprint = idempotency::fingerprint(notification)?;
        let Context {
            request_id,
            correlation_id,
            ..
        } = Context::current();
        let begun = Begun {
            notification: notification.clone(),
            request_id,
            correlation_id,
        };
        let lease = self.lease;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    match idempotency::claim(tx, &scope, &fingerprint, &begun, lease).await? {
                        Claim::New(ticket) | Claim::Resumed(ticket) => Ok(Start::Ours(ticket)),
                        Claim::Replay(stored) => Ok(Start::Answered(stored.reply()?)),
                        Claim::InFlight { retry_after } => Err(in_flight(scope.key, retry_after)),
                        Claim::Reused => Err(Error::KeyReused { key: scope.key }),
                    }
                })
            })
            .await
    }

    async fn carry_out(&self, ticket: Ticket, asked: NewNotification) -> Result<Notification, NotificationError> {
        let message = Message::asked(&ticket.scope.caller, asked);
        let handover = match self.courier.hand_over(&message).await {
            Ok(handover) => handover,
            Err(reason) => return Err(self.give_back(ticket, reason).await),
        };
        let told = message.told(&handover);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let answer = match told.email {
                        Delivery::Refused => {
                            let notification_id = told.id;
                            Err(Error::Conflict(NotificationConflict::RecipientRefused {
                                notification_id,
                            }))
                        }
                        Delivery::Sent | Delivery::Pending => Ok(told.clone()),
                    };
                    idempotency::complete(tx, &ticket, &answer).await?;
                    store::insert(tx, &told).await?;
                    events::append(tx, SOURCE, &handover.event(&told)).await?;
                    Ok::<_, NotificationError>(answer)
                })
            })
            .await?
    }

    /// Leaves a message that could not be handed over to whoever comes first: the caller's repetition or the recoverer.
    async fn give_back(&self, ticket: Ticket, reason: String) -> NotificationError {
        let recoverer = self.recoverer.clone();
        let given_back: Result<(), DatabaseError> = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    idempotency::release(tx, &ticket).await?;
                    tx.on_commit(move || recoverer.wake());
                    Ok(())
                })
            })
            .await;
        match given_back {
            Ok(()) | Err(DatabaseError::ClaimLost { .. }) => Error::ServiceUnavailable {
                service: "mail and push".to_owned(),
                reason,
            },
            Err(error) => error.into(),
        }
    }

    async fn resume(&self, expired: Expired) -> Result<(), NotificationError> {
        let begun: Begun = expired.request()?;
        let lease = self.lease;
        let taken = self.db.write(move |tx| {
            Box::pin(async move { Ok::<_, NotificationError>(idempotency::resume(tx, &expired, lease).await?) })
        });
        let Some(ticket) = taken.await? else { return Ok(()) };
        let context = Context {
            request_id: begun.request_id,
            correlation_id: begun.correlation_id,
            caller: ticket.scope.caller.clone(),
            ..Context::current()
        };
        match context.scope(self.carry_out(ticket, begun.notification)).await {
            Err(open @ (Error::ServiceUnavailable { .. } | Error::Internal)) => Err(open),
            _answered => Ok(()),
        }
    }
}

/// Goes on with messages that were left half sent.
pub(crate) struct Recoverer {
    pub(crate) command: Arc<Command>,
    /// How often to look for claims whose lease ran out unnoticed.
    pub(crate) look_every: Duration,
}

#[seam::async_trait]
impl Round for Recoverer {
    async fn round(&self) -> Result<Next, String> {
        let left_over = idempotency::expired(&self.command.db, OPERATION)
            .await
            .map_err(|error| error.to_string())?;
        let outcomes: Vec<_> = stream::iter(left_over)
            .map(|expired| self.command.resume(expired))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        match outcomes.into_iter().find_map(Result::err) {
            Some(error) => Err(error.to_string()),
            None => Ok(Next::After(self.look_every)),
        }
    }
}

fn in_flight(key: String, retry_after: Duration) -> NotificationError {
    let retry_after_ms = u64::try_from(retry_after.min(SOON).as_millis()).unwrap_or(u64::MAX);
    Error::InFlight { key, retry_after_ms }
}
