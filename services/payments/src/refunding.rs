use std::sync::Arc;

use commerce::{Money, PaymentConflict, PaymentError, PaymentEvent};
use shared::{Database, DatabaseError, Tx, events};
use uuid::Uuid;

use crate::{
    SOURCE,
    charging::{context_of, due_after},
    dispatch::Freshness,
    domain::{Direction, ProviderKey, Transfer, refunded},
    provider::{Operation, Provider, ProviderError, Verdict},
    store::{self, RefundRecord},
};

/// Gives the money of one refund back, and writes down what came of it.
#[derive(Clone)]
pub(crate) struct Refunding {
    db: Database,
    provider: Arc<dyn Provider>,
}

impl Refunding {
    pub(crate) fn new(db: Database, provider: Arc<dyn Provider>) -> Self {
        Self { db, provider }
    }

    /// Brings a refund as far as it goes now. It may be dropped at any await and run again.
    pub(crate) async fn run(&self, id: Uuid, freshness: Freshness) -> Result<(), DatabaseError> {
        let Some(refund) = store::find_refund(&self.db, id).await? else {
            return Ok(());
        };
        if refund.reply.is_some() {
            return Ok(());
        }
        let missing = |what| DatabaseError::corrupt(what, format_args!("refund {id} has none"));
        let record = store::find(&self.db, refund.payment_id)
            .await?
            .ok_or_else(|| missing("payment"))?;
        let charge_id = record.charge_id.ok_or_else(|| missing("charge"))?;
        let amount = Money::new(refund.cents, record.payment.amount.currency);
        context_of(&refund.origin)
            .scope(async {
                let answer = self.ask(&refund, &charge_id, amount, freshness).await;
                self.keep(refund, amount, answer).await
            })
            .await
    }

    async fn ask(
        &self,
        refund: &RefundRecord,
        charge_id: &str,
        amount: Money,
        freshness: Freshness,
    ) -> Result<Operation, ProviderError> {
        let key = ProviderKey::Refund(refund.payment_id, refund.id).to_string();
        if freshness == Freshness::Stale
            && let Some(operation) = self.provider.find(&key).await?
        {
            return Ok(operation);
        }
        self.provider.refund(&key, charge_id, amount).await
    }

    async fn keep(
        &self,
        refund: RefundRecord,
        amount: Money,
        answer: Result<Operation, ProviderError>,
    ) -> Result<(), DatabaseError> {
        let (refund_id, payment_id) = (refund.id, refund.payment_id);
        let refused = match answer {
            Ok(Operation {
                verdict: Verdict::Done, ..
            }) => {
                tracing::info!(%refund_id, %payment_id, "refund given");
                return self
                    .db
                    .write(move |tx| Box::pin(async move { give(tx, &refund, amount).await }))
                    .await;
            }
            Ok(Operation {
                verdict: Verdict::Declined(reason),
                ..
            })
            | Err(ProviderError::Refused(reason)) => reason,
            Err(ProviderError::NoAnswer(reason)) => {
                tracing::warn!(%refund_id, %payment_id, reason, "refund unknown, will be asked about");
                let due_at = due_after(refund.attempts);
                return self
                    .db
                    .write(move |tx| Box::pin(async move { store::postpone_refund(tx, refund_id, due_at).await }))
                    .await;
            }
        };
        tracing::info!(%refund_id, %payment_id, reason = refused, "refund refused");
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let reply = Err(PaymentError::Conflict(PaymentConflict::RefundRefused {
                        reason: refused,
                    }));
                    if store::answer_refund(tx, &refund, &reply).await? {
                        store::give_up(tx, &refund).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

async fn give(tx: &mut Tx, refund: &RefundRecord, amount: Money) -> Result<(), DatabaseError> {
    let record = store::load(tx, refund.payment_id)
        .await?
        .ok_or_else(|| DatabaseError::corrupt("payment", "it is gone"))?;
    let after = refunded(&record.payment, amount).map_err(|error| DatabaseError::corrupt("payment", error))?;
    if !store::answer_refund(tx, refund, &Ok(after.clone())).await? {
        return Ok(());
    }
    if !store::give_back(tx, refund, &record.payment, &after).await? {
        return Err(DatabaseError::ClaimLost {
            key: refund.key.clone(),
        });
    }
    let transfer = Transfer {
        id: ProviderKey::Refund(refund.payment_id, refund.id).to_string(),
        direction: Direction::Refund,
        amount,
        at: after.updated_at,
    };
    store::book(tx, after.id, &transfer).await?;
    let event = PaymentEvent::PaymentRefunded {
        payment_id: after.id,
        order_id: after.order_id,
        amount,
        refunded: after.refunded,
    };
    events::append(tx, SOURCE, &event).await?;
    Ok(())
}
