use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use commerce::{Inventory, InventoryCall, InventoryReply, Money};
use payments::provider::{Hold, Operation, Provider, ProviderError, Verdict};
use seam::{BoxFuture, Carrier, Contract};

/// An answer of the stub of the payment provider.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    Done,
    Error,
    Never,
}

/// A payment provider that answers all charges alike, and all refunds, and counts its requests.
pub(super) struct StubProvider {
    charges: Answer,
    refunds: Answer,
    pub(super) asked: AtomicU64,
}

impl StubProvider {
    pub(super) fn new(charges: Answer, refunds: Answer) -> Self {
        Self {
            charges,
            refunds,
            asked: AtomicU64::new(0),
        }
    }

    async fn answer(&self, answer: Answer) -> Result<Operation, ProviderError> {
        self.asked.fetch_add(1, SeqCst);
        match answer {
            Answer::Done => Ok(Operation {
                id: "at the provider".to_owned(),
                verdict: Verdict::Done,
            }),
            Answer::Error => Err(ProviderError::NoAnswer("it is in trouble".to_owned())),
            Answer::Never => pending().await,
        }
    }
}

#[seam::async_trait]
impl Provider for StubProvider {
    async fn authorize(&self, _: &str, _: Hold) -> Result<Operation, ProviderError> {
        self.answer(self.charges).await
    }

    async fn capture(&self, _: &str, _: &str, _: Money) -> Result<Operation, ProviderError> {
        self.answer(self.charges).await
    }

    async fn void(&self, _: &str, _: &str) -> Result<Operation, ProviderError> {
        self.answer(self.charges).await
    }

    async fn refund(&self, _: &str, _: &str, _: Money) -> Result<Operation, ProviderError> {
        self.answer(self.refunds).await
    }

    async fn find(&self, _: &str) -> Result<Option<Operation>, ProviderError> {
        match self.charges {
            Answer::Done => Ok(None),
            answer => self.answer(answer).await.map(Some),
        }
    }
}

/// An Inventory that never answers, and counts its calls.
#[derive(Clone, Default)]
pub(super) struct HungInventory(Arc<AtomicU64>);

impl HungInventory {
    pub(super) fn service(&self) -> Arc<dyn Inventory> {
        <dyn Inventory>::via(Arc::new(self.clone()))
    }

    pub(super) fn asked(&self) -> u64 {
        self.0.load(SeqCst)
    }
}

impl Carrier<dyn Inventory> for HungInventory {
    fn carry(&self, _: InventoryCall) -> BoxFuture<'_, InventoryReply> {
        self.0.fetch_add(1, SeqCst);
        Box::pin(pending())
    }
}
