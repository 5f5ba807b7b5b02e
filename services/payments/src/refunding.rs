use std::sync::Arc;

use commerce::{Money, PaymentConflict, PaymentError, PaymentEvent};
use shared::{Acting, Database, DatabaseError, Tx, events, fail_point};
use uuid::Uuid;

use crate::{
    SOURCE,
    domain::{Direction, ProviderKey, Transfer, refunded},
    provider::{Operation, Provider, ProviderError, Verdict},
    store::{
        ledger, payments,
        refunds::{self, RefundRecord},
    },
    work::{Freshness, due_after},
};

/// Makes one refund at the provider, and stores the outcome.
#[derive(Clone)]
pub(crate) struct Refunding {
    pub(crate) db: Database,
    pub(crate) provider: Arc<dyn Provider>,
}

impl Refunding {
    /// Makes one attempt and stores its outcome. May be dropped at any await and run again.
    pub(crate) async fn run(&self, id: Uuid, freshness: Freshness, _acting: &Acting) -> Result<(), DatabaseError> {
        let Some(refund) = refunds::find(&self.db, id).await? else {
            return Ok(());
        };
        if refund.reply.is_some() {
            return Ok(());
        }
        let missing = |what| DatabaseError::corrupt(what, format_args!("refund {id} has no {what}"));
        let record = payments::find(&self.db, refund.payment_id)
            .await?
            .ok_or_else(|| missing("payment"))?;
        let charge_id = record.charge_id.ok_or_else(|| missing("charge"))?;
        let amount = Money::new(refund.cents, record.payment.amount.currency);
        let context = refund.origin.context();
        let attempt = async {
            let answer = self.refund(&refund, &charge_id, amount, freshness).await;
            self.store(refund, amount, answer).await
        };
        context.scope(attempt).await
    }

    async fn refund(
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
        let refunded = self.provider.refund(&key, charge_id, amount).await;
        fail_point!("payments.refund.after_effect");
        refunded
    }

    async fn store(
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
                tracing::info!(%refund_id, %payment_id, "refund made");
                return self
                    .db
                    .write(move |tx| Box::pin(async move { complete(tx, &refund, amount).await }))
                    .await;
            }
            Ok(Operation {
                verdict: Verdict::Declined(reason),
                ..
            })
            | Err(ProviderError::Refused(reason)) => reason,
            Err(ProviderError::NoAnswer(reason)) => {
                tracing::warn!(%refund_id, %payment_id, reason, "refund unknown: the provider will be asked for it");
                let due_at = due_after(refund.attempts);
                return self
                    .db
                    .write(move |tx| Box::pin(async move { refunds::postpone(tx, refund_id, due_at).await }))
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
                    if refunds::answer(tx, &refund, &reply).await? {
                        payments::release_refund(tx, refund.payment_id, refund.cents).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// Stores a refund that the provider has made: reply, payment, ledger and event.
async fn complete(tx: &mut Tx, refund: &RefundRecord, amount: Money) -> Result<(), DatabaseError> {
    let record = payments::find_in(tx, refund.payment_id)
        .await?
        .ok_or_else(|| DatabaseError::corrupt("payment", "a refund refers to it, and it is not there"))?;
    let after = refunded(&record.payment, amount).map_err(|error| DatabaseError::corrupt("payment", error))?;
    if !refunds::answer(tx, refund, &Ok(after.clone())).await? {
        return Ok(());
    }
    if !payments::complete_refund(tx, refund.cents, &record.payment, &after).await? {
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
    ledger::book(tx, after.id, &transfer).await?;
    let event = PaymentEvent::PaymentRefunded {
        payment_id: after.id,
        order_id: after.order_id,
        amount,
        refunded: after.refunded,
    };
    events::append(tx, SOURCE, &event).await?;
    Ok(())
}
