use std::sync::Arc;

use commerce::{OrderError, OrderStatus, Orders, PaymentEvent, PaymentId, Timestamp};
use seam::{Context, replay};
use shared::{Database, DatabaseError, Tx, events};

use crate::{
    SOURCE,
    dispatch::Freshness,
    domain::{Charged, Direction, ProviderKey, Transfer, is_open, pause, settled},
    provider::{Hold, Operation, Provider, ProviderError, Verdict},
    store::{self, Origin, Record, Settlement},
};

/// Takes the money of one payment: authorise, capture, and write down what came of it.
///
/// Whatever was sent before is asked about before anything is sent again, and sent again only under the same key.
#[derive(Clone)]
pub(crate) struct Charging {
    db: Database,
    provider: Arc<dyn Provider>,
    orders: Arc<dyn Orders>,
}

impl Charging {
    pub(crate) fn new(db: Database, provider: Arc<dyn Provider>, orders: Arc<dyn Orders>) -> Self {
        Self { db, provider, orders }
    }

    /// Brings a payment as far as it goes now. It may be dropped at any await and run again.
    pub(crate) async fn run(&self, id: PaymentId, freshness: Freshness) -> Result<(), DatabaseError> {
        let Some(record) = store::find(&self.db, id).await? else {
            return Ok(());
        };
        if !is_open(record.payment.status) {
            return Ok(());
        }
        context_of(&record.origin)
            .scope(async {
                let (Ok(charged) | Err(charged)) = self.charge(&record, freshness).await;
                self.keep(record, charged).await
            })
            .await
    }

    /// How it ended; an `Err` is an end on the way.
    async fn charge(&self, record: &Record, freshness: Freshness) -> Result<Charged, Charged> {
        let mut hold = record.authorization_id.clone();
        if freshness == Freshness::Stale {
            if hold.is_none() {
                hold = self.find_hold(record).await?;
            }
            if let Some(hold) = &hold
                && let Some(captured) = self.find_capture(record, hold).await?
            {
                return Ok(captured);
            }
            if self.is_cancelled(record, hold.as_ref()).await? {
                return self.let_go(record, hold).await;
            }
        }
        let hold = match hold {
            Some(hold) => hold,
            None => self.authorize(record).await?,
        };
        self.capture(record, hold).await
    }

    async fn find_hold(&self, record: &Record) -> Result<Option<String>, Charged> {
        let key = ProviderKey::Authorize(record.payment.id).to_string();
        match self.provider.find(&key).await {
            Ok(None) => Ok(None),
            Ok(Some(operation)) => done(operation).map(Some),
            Err(error) => Err(unknown(&error, None)),
        }
    }

    async fn find_capture(&self, record: &Record, hold: &str) -> Result<Option<Charged>, Charged> {
        let key = ProviderKey::Capture(record.payment.id).to_string();
        match self.provider.find(&key).await {
            Ok(None) => Ok(None),
            Ok(Some(operation)) => {
                let charge_id = done(operation)?;
                Ok(Some(Charged::Captured {
                    authorization_id: hold.to_owned(),
                    charge_id,
                }))
            }
            Err(error) => Err(unknown(&error, Some(hold))),
        }
    }

    async fn is_cancelled(&self, record: &Record, hold: Option<&String>) -> Result<bool, Charged> {
        match replay::shield(self.orders.get_order(record.payment.order_id)).await {
            Ok(order) => Ok(order.status == OrderStatus::Cancelled),
            Err(error) => Err(Charged::Postponed {
                reason: format!("the order: {error}"),
                authorization_id: hold.cloned(),
            }),
        }
    }

    /// The order was cancelled: what is held is let go of, and nothing is taken.
    async fn let_go(&self, record: &Record, hold: Option<String>) -> Result<Charged, Charged> {
        let failed = Charged::Failed {
            reason: "the order was cancelled before it was paid".to_owned(),
        };
        let Some(hold) = hold else { return Ok(failed) };
        let key = ProviderKey::Void(record.payment.id).to_string();
        match self.provider.void(&key, &hold).await {
            Ok(Operation {
                verdict: Verdict::Done, ..
            }) => Ok(failed),
            // A capture may have overtaken it: the next round asks.
            Ok(Operation {
                verdict: Verdict::Declined(reason),
                ..
            }) => Err(Charged::Unknown {
                reason,
                authorization_id: Some(hold),
            }),
            Err(error) => Err(unknown(&error, Some(&hold))),
        }
    }

    async fn authorize(&self, record: &Record) -> Result<String, Charged> {
        let key = ProviderKey::Authorize(record.payment.id).to_string();
        let hold = Hold {
            amount: record.payment.amount,
            payment_method: record.payment_method.clone(),
            reference: record.payment.order_id.to_string(),
        };
        match self.provider.authorize(&key, hold).await {
            Ok(operation) => done(operation),
            Err(ProviderError::Refused(reason)) => Err(Charged::Failed { reason }),
            Err(error) => Err(unknown(&error, None)),
        }
    }

    async fn capture(&self, record: &Record, hold: String) -> Result<Charged, Charged> {
        let key = ProviderKey::Capture(record.payment.id).to_string();
        match self.provider.capture(&key, &hold, record.payment.amount).await {
            Ok(operation) => {
                let charge_id = done(operation)?;
                Ok(Charged::Captured {
                    authorization_id: hold,
                    charge_id,
                })
            }
            Err(ProviderError::Refused(reason)) => Err(Charged::Failed { reason }),
            Err(error) => Err(unknown(&error, Some(&hold))),
        }
    }

    /// Writes down what came of it, with its event and its rows in the ledger.
    async fn keep(&self, record: Record, charged: Charged) -> Result<(), DatabaseError> {
        let (before, attempts) = (record.payment, record.attempts);
        let after = settled(&before, &charged).map_err(|conflict| DatabaseError::corrupt("payment", conflict))?;
        tell(&before.id, &charged);
        let due_at = is_open(after.status).then(|| due_after(attempts));
        let (authorization_id, charge_id) = match &charged {
            Charged::Captured {
                authorization_id,
                charge_id,
            } => (Some(authorization_id), Some(charge_id.clone())),
            Charged::Unknown { authorization_id, .. } | Charged::Postponed { authorization_id, .. } => {
                (authorization_id.as_ref(), None)
            }
            Charged::Failed { .. } => (None, None),
        };
        let authorization_id = authorization_id.cloned().or(record.authorization_id);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let settlement = Settlement {
                        payment: after,
                        authorization_id,
                        charge_id,
                        attempts: attempts + 1,
                        due_at,
                    };
                    if store::save(tx, &before, &settlement).await? {
                        publish(tx, &settlement, &charged).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

async fn publish(tx: &mut Tx, settlement: &Settlement, charged: &Charged) -> Result<(), DatabaseError> {
    let payment = &settlement.payment;
    match charged {
        Charged::Captured { .. } => {
            let transfer = Transfer {
                id: ProviderKey::Capture(payment.id).to_string(),
                direction: Direction::Capture,
                amount: payment.captured,
                at: payment.updated_at,
            };
            store::book(tx, payment.id, &transfer).await?;
            let event = PaymentEvent::PaymentCaptured {
                payment_id: payment.id,
                order_id: payment.order_id,
                amount: payment.captured,
            };
            events::append(tx, SOURCE, &event).await?;
        }
        Charged::Failed { reason } => {
            let event = PaymentEvent::PaymentFailed {
                payment_id: payment.id,
                order_id: payment.order_id,
                reason: reason.clone(),
            };
            events::append(tx, SOURCE, &event).await?;
        }
        Charged::Unknown { .. } | Charged::Postponed { .. } => {}
    }
    Ok(())
}

/// The context in which the work that `origin` set off goes on.
pub(crate) fn context_of(origin: &Origin) -> Context {
    let mut context = Context::root(SOURCE);
    context.correlation_id.clone_from(&origin.correlation_id);
    context.causation_id.clone_from(&origin.causation_id);
    context
}

/// What set the work of the running call off.
pub(crate) fn current_origin() -> Origin {
    let context = Context::current();
    Origin {
        correlation_id: context.correlation_id,
        causation_id: Some(context.causation_id.unwrap_or(context.request_id)),
    }
}

/// When to come back, in microseconds since the epoch.
pub(crate) fn due_after(attempts: i64) -> i64 {
    let pause = i64::try_from(pause(attempts).as_micros()).unwrap_or(i64::MAX);
    Timestamp::now().as_micros().saturating_add(pause)
}

/// Whether an error of Orders says that the same call may succeed later.
pub(crate) fn is_passing(error: &OrderError) -> bool {
    matches!(
        error,
        OrderError::Transport(_)
            | OrderError::ServiceUnavailable { .. }
            | OrderError::RateLimited { .. }
            | OrderError::InFlight { .. }
    )
}

fn done(operation: Operation) -> Result<String, Charged> {
    match operation.verdict {
        Verdict::Done => Ok(operation.id),
        Verdict::Declined(reason) => Err(Charged::Failed { reason }),
    }
}

fn unknown(error: &ProviderError, hold: Option<&str>) -> Charged {
    Charged::Unknown {
        reason: error.to_string(),
        authorization_id: hold.map(str::to_owned),
    }
}

fn tell(payment_id: &PaymentId, charged: &Charged) {
    match charged {
        Charged::Captured { .. } => tracing::info!(%payment_id, "payment captured"),
        Charged::Failed { reason } => tracing::info!(%payment_id, reason, "payment failed"),
        Charged::Unknown { reason, .. } => tracing::warn!(%payment_id, reason, "payment unknown, will be asked about"),
        Charged::Postponed { reason, .. } => tracing::warn!(%payment_id, reason, "payment put off"),
    }
}
