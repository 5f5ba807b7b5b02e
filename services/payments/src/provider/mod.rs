//! The payment provider as this module sees it.

mod http;

use commerce::{Money, PaymentMethod};

pub use http::HttpProvider;

/// Holds, takes and gives back money. Every command is idempotent by its key: repeated, it does nothing and is answered the same.
#[seam::async_trait]
pub trait Provider: Send + Sync + 'static {
    /// Holds an amount.
    async fn authorize(&self, key: &str, hold: Hold) -> Result<Operation, ProviderError>;

    /// Takes what an authorisation holds, as much of it as `amount` says.
    async fn capture(&self, key: &str, authorization_id: &str, amount: Money) -> Result<Operation, ProviderError>;

    /// Lets go of what an authorisation holds.
    async fn void(&self, key: &str, authorization_id: &str) -> Result<Operation, ProviderError>;

    /// Gives back a part or all of a charge.
    async fn refund(&self, key: &str, charge_id: &str, amount: Money) -> Result<Operation, ProviderError>;

    /// What was done under a key. `None`: nothing was, so far; a request on its way may still arrive.
    async fn find(&self, key: &str) -> Result<Option<Operation>, ProviderError>;
}

/// What to hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    /// How much.
    pub amount: Money,
    /// Whose.
    pub payment_method: PaymentMethod,
    /// What for: the order, so that both sides' books can be laid side by side.
    pub reference: String,
}

/// What was done under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The provider's id of it.
    pub id: String,
    /// How it ended.
    pub verdict: Verdict,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was done.
    Done,
    /// The provider said no, for good.
    Declined(String),
}

/// Why there is no operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// No answer, or none that makes sense: it may have happened.
    #[error("the payment provider did not answer: {0}")]
    NoAnswer(String),
    /// The provider refused the request and did nothing. Repeating it is of no use as long as nothing else changes.
    #[error("the payment provider refused the request: {0}")]
    Refused(String),
}
