use std::sync::Arc;

use commerce::{OrderStatus, Orders, PaymentEvent, PaymentId};
use shared::{Acting, Database, DatabaseError, Tx, events, fail_point};

use crate::{
    SOURCE,
    domain::{Charged, Direction, ProviderKey, Transfer, is_open, settled},
    provider::{Hold, Operation, Provider, ProviderError, Verdict},
    store::{
        holds, ledger,
        payments::{self, Record, Settlement},
    },
    work::{Freshness, due_after},
};

/// Charges one payment: authorises, captures, and stores the outcome.
///
/// Anything that may have been sent before is looked up at the provider first, and repeated only under the same key.
#[derive(Clone)]
pub(crate) struct Charging {
    pub(crate) db: Database,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) orders: Arc<dyn Orders>,
}

impl Charging {
    /// Makes one attempt and stores its outcome. May be dropped at any await and run again.
    pub(crate) async fn run(&self, id: PaymentId, freshness: Freshness, _acting: &Acting) -> Result<(), DatabaseError> {
        let Some(mut record) = payments::find(&self.db, id).await? else {
            return Ok(());
        };
        if !is_open(record.payment.status) {
            return Ok(());
        }
        let context = record.origin.context();
        let attempt = async {
            let (Ok(charged) | Err(charged)) = self.charge(&mut record, freshness).await;
            self.store(record, charged).await
        };
        context.scope(attempt).await
    }

    /// The outcome of one attempt. An `Err` is an outcome too, reached before the last step.
    async fn charge(&self, record: &mut Record, freshness: Freshness) -> Result<Charged, Charged> {
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
                return self.void(record, hold).await;
            }
        }
        let hold = match hold {
            Some(hold) => hold,
            None => self.authorize(record).await?,
        };
        fail_point!("payments.charge.after_authorization");
        self.note(record, &hold).await?;
        let charged = self.capture(record, hold).await;
        fail_point!("payments.charge.after_capture");
        charged
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
                let charge_id = captured(operation)?;
                Ok(Some(Charged::Captured {
                    authorization_id: hold.to_owned(),
                    charge_id,
                }))
            }
            Err(error) => Err(unknown(&error, Some(hold))),
        }
    }

    async fn is_cancelled(&self, record: &Record, hold: Option<&String>) -> Result<bool, Charged> {
        match self.orders.get_order(record.payment.order_id).await {
            Ok(order) => Ok(order.status == OrderStatus::Cancelled),
            Err(error) => Err(Charged::Postponed {
                reason: format!("the order can't be read: {error}"),
                authorization_id: hold.cloned(),
            }),
        }
    }

    /// Fails the payment of a cancelled order: voids the authorisation, if there is one, and captures nothing. One that
    /// arrives later is looked for.
    async fn void(&self, record: &Record, hold: Option<String>) -> Result<Charged, Charged> {
        let reason = "the order was cancelled before it was paid".to_owned();
        let Some(hold) = hold else {
            return Ok(Charged::LetGo { reason });
        };
        let key = ProviderKey::Void(record.payment.id).to_string();
        match self.provider.void(&key, &hold).await {
            Ok(Operation {
                verdict: Verdict::Done, ..
            }) => Ok(Charged::Failed { reason }),
            // A capture may have been faster: the next attempt looks it up.
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

    /// Stores the authorisation before it is captured. Another process may be at the same payment, and let it go since
    /// it knows of none: one of the two is first, and the other one gets nowhere.
    async fn note(&self, record: &mut Record, hold: &str) -> Result<(), Charged> {
        if record.authorization_id.as_deref() == Some(hold) {
            return Ok(());
        }
        let (before, noted) = (record.payment.clone(), hold.to_owned());
        let stored: Result<bool, DatabaseError> = self
            .db
            .write(move |tx| Box::pin(async move { payments::note_hold(tx, &before, &noted).await }))
            .await;
        let postponed = |reason: String, authorization_id| Charged::Postponed {
            reason,
            authorization_id,
        };
        match stored {
            Ok(true) => {
                record.authorization_id = Some(hold.to_owned());
                Ok(())
            }
            Ok(false) => Err(postponed("another process has decided on it".to_owned(), None)),
            Err(error) => Err(postponed(error.to_string(), Some(hold.to_owned()))),
        }
    }

    async fn capture(&self, record: &Record, hold: String) -> Result<Charged, Charged> {
        let key = ProviderKey::Capture(record.payment.id).to_string();
        match self.provider.capture(&key, &hold, record.payment.amount).await {
            Ok(operation) => {
                let charge_id = captured(operation)?;
                Ok(Charged::Captured {
                    authorization_id: hold,
                    charge_id,
                })
            }
            Err(ProviderError::Refused(reason)) => Err(Charged::LetGo { reason }),
            Err(error) => Err(unknown(&error, Some(&hold))),
        }
    }

    /// Stores the outcome with its event and its rows in the ledger.
    async fn store(&self, record: Record, charged: Charged) -> Result<(), DatabaseError> {
        let (before, attempts) = (record.payment, record.attempts);
        let after = settled(&before, &charged).map_err(|conflict| DatabaseError::corrupt("payment", conflict))?;
        log(&before.id, &charged);
        let due_at = is_open(after.status).then(|| due_after(attempts));
        let (authorization_id, charge_id) = match &charged {
            Charged::Captured {
                authorization_id,
                charge_id,
            } => (Some(authorization_id), Some(charge_id.clone())),
            Charged::Unknown { authorization_id, .. } | Charged::Postponed { authorization_id, .. } => {
                (authorization_id.as_ref(), None)
            }
            Charged::Failed { .. } | Charged::LetGo { .. } => (None, None),
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
                    if payments::replace(tx, &before, &settlement).await? {
                        publish(tx, &settlement, &charged).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// Books the transfer and appends the event of a payment that is settled.
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
            ledger::book(tx, payment.id, &transfer).await?;
            let event = PaymentEvent::PaymentCaptured {
                payment_id: payment.id,
                order_id: payment.order_id,
                amount: payment.captured,
            };
            events::append(tx, SOURCE, &event).await?;
        }
        Charged::Failed { reason } | Charged::LetGo { reason } => {
            if matches!(charged, Charged::LetGo { .. }) {
                holds::let_go(tx, payment.id).await?;
            }
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

fn done(operation: Operation) -> Result<String, Charged> {
    match operation.verdict {
        Verdict::Done => Ok(operation.id),
        Verdict::Declined(reason) => Err(Charged::Failed { reason }),
    }
}

/// The id of a capture. One that was declined leaves the authorisation held.
fn captured(operation: Operation) -> Result<String, Charged> {
    match operation.verdict {
        Verdict::Done => Ok(operation.id),
        Verdict::Declined(reason) => Err(Charged::LetGo { reason }),
    }
}

fn unknown(error: &ProviderError, hold: Option<&str>) -> Charged {
    Charged::Unknown {
        reason: error.to_string(),
        authorization_id: hold.map(str::to_owned),
    }
}

fn log(payment_id: &PaymentId, charged: &Charged) {
    match charged {
        Charged::Captured { .. } => tracing::info!(%payment_id, "payment captured"),
        Charged::Failed { reason } | Charged::LetGo { reason } => tracing::info!(%payment_id, reason, "payment failed"),
        Charged::Unknown { reason, .. } => {
            tracing::warn!(%payment_id, reason, "payment unknown: the provider will be asked for it")
        }
        Charged::Postponed { reason, .. } => tracing::warn!(%payment_id, reason, "payment postponed"),
    }
}

#[cfg(test)]
mod tests;
