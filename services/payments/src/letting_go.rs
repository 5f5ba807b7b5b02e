use std::sync::Arc;

use commerce::PaymentId;
use shared::{Acting, Database, DatabaseError, WorkOutcome};

use crate::{
    domain::ProviderKey,
    provider::{Operation, Provider, ProviderError, Verdict},
    store::{
        holds::{self, Hold},
        payments,
    },
};

/// Lets go of what is held at the provider for a payment that has failed.
///
/// A payment fails when its order is cancelled and the provider knows of no authorisation. One on its way may still
/// arrive after that, and would hold the customer's money for days. So the provider is asked again, ever more rarely,
/// for a day.
#[derive(Clone)]
pub(crate) struct LettingGo {
    pub(crate) db: Database,
    pub(crate) provider: Arc<dyn Provider>,
}

impl LettingGo {
    /// Makes one attempt and stores its outcome. May be dropped at any await and run again.
    pub(crate) async fn run(&self, id: PaymentId, _acting: &Acting) -> Result<(), DatabaseError> {
        let Some(hold) = holds::find(&self.db, id).await? else {
            return Ok(());
        };
        let record = payments::find(&self.db, id).await?;
        let record =
            record.ok_or_else(|| DatabaseError::corrupt("payment", "a hold refers to it, and it is not there"))?;
        let attempt = async {
            let outcome = self.let_go(id).await;
            self.store(hold, outcome).await
        };
        record.origin.context().scope(attempt).await
    }

    /// Looks for the authorisation and voids it. `None`: there is nothing to void so far, or no answer.
    async fn let_go(&self, payment_id: PaymentId) -> Option<WorkOutcome> {
        let held = match self
            .provider
            .find(&ProviderKey::Authorize(payment_id).to_string())
            .await
        {
            Ok(Some(Operation {
                id,
                verdict: Verdict::Done,
            })) => id,
            Ok(Some(Operation {
                verdict: Verdict::Declined(_),
                ..
            })) => return Some(WorkOutcome::Done("declined")),
            Ok(None) => return None,
            Err(error) => {
                tracing::warn!(%payment_id, %error, "provider not asked for a late authorisation, will be asked again");
                return None;
            }
        };
        let key = ProviderKey::Void(payment_id).to_string();
        match self.provider.void(&key, &held).await {
            Ok(Operation {
                verdict: Verdict::Done, ..
            }) => {
                tracing::info!(%payment_id, "late authorisation voided");
                Some(WorkOutcome::Done("voided"))
            }
            Ok(Operation {
                verdict: Verdict::Declined(reason),
                ..
            })
            | Err(ProviderError::Refused(reason)) => {
                tracing::error!(
                    %payment_id, reason,
                    "authorisation not voided: GET /v2/given-up lists it, retry it or void it by hand"
                );
                Some(WorkOutcome::Refused(reason))
            }
            Err(error) => {
                tracing::warn!(%payment_id, %error, "void of a late authorisation not answered, will be tried again");
                None
            }
        }
    }

    async fn store(&self, hold: Hold, outcome: Option<WorkOutcome>) -> Result<(), DatabaseError> {
        let outcome = outcome.or_else(|| hold.is_over().then_some(WorkOutcome::Done("never arrived")));
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    match outcome {
                        Some(outcome) => holds::settle(tx, &hold, &outcome).await,
                        None => holds::postpone(tx, &hold).await,
                    }
                })
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use commerce::OrderId;

    use super::*;
    use crate::{
        SOURCE,
        domain::payment_id,
        provider::scripted::{Found, Scripted, declined, refused, silence},
    };

    async fn let_go(hold: Found, void: Result<Verdict, ProviderError>) -> (Option<WorkOutcome>, Vec<&'static str>) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/{{module}}.db", folder.path().display());
        let provider = Arc::new(Scripted {
            hold,
            void,
            ..Scripted::willing()
        });
        let letting_go = LettingGo {
            db: Database::open(&url, SOURCE, &[]).await.unwrap(),
            provider: Arc::clone(&provider) as _,
        };
        let outcome = letting_go.let_go(payment_id(OrderId::derive(&["order"]))).await;
        (outcome, provider.sent())
    }

    #[tokio::test]
    async fn the_search_goes_on_until_the_provider_has_said_that_nothing_is_held() {
        let refusal = Some(WorkOutcome::Refused("for the test".to_owned()));
        for (hold, void, wanted, sent) in [
            (Ok(None), Ok(Verdict::Done), None, vec![]),
            (Err(silence()), Ok(Verdict::Done), None, vec![]),
            (Err(refused()), Ok(Verdict::Done), None, vec![]),
            (
                Ok(Some(declined())),
                Ok(Verdict::Done),
                Some(WorkOutcome::Done("declined")),
                vec![],
            ),
            (
                Ok(Some(Verdict::Done)),
                Ok(Verdict::Done),
                Some(WorkOutcome::Done("voided")),
                vec!["void"],
            ),
            (Ok(Some(Verdict::Done)), Err(silence()), None, vec!["void"]),
            (Ok(Some(Verdict::Done)), Ok(declined()), refusal.clone(), vec!["void"]),
            (Ok(Some(Verdict::Done)), Err(refused()), refusal, vec!["void"]),
        ] {
            let row = format!("{hold:?}, {void:?}");
            assert_eq!(let_go(hold, void).await, (wanted, sent), "{row}");
        }
    }
}
