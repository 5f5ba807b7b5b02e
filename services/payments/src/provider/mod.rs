//! The payment provider's interface for this module, and its HTTP client.

mod http;
#[cfg(test)]
pub(crate) mod scripted;

use commerce::{Money, PaymentMethod};

pub use http::HttpProvider;

/// A payment provider. Every command is idempotent by its key: a repetition has no effect and gets the same answer.
#[seam::async_trait]
pub trait Provider: Send + Sync + 'static {
    /// Authorises an amount: holds it on the customer's payment method.
    async fn authorize(&self, key: &str, hold: Hold) -> Result<Operation, ProviderError>;

    /// Captures `amount` of an authorisation.
    async fn capture(&self, key: &str, authorization_id: &str, amount: Money) -> Result<Operation, ProviderError>;

    /// Voids an authorisation: its amount is not held any more.
    async fn void(&self, key: &str, authorization_id: &str) -> Result<Operation, ProviderError>;

    /// Refunds a part or all of a charge.
    async fn refund(&self, key: &str, charge_id: &str, amount: Money) -> Result<Operation, ProviderError>;

    /// Looks up the operation of a key. `None` if there is none so far; a request on its way may still arrive.
    async fn find(&self, key: &str) -> Result<Option<Operation>, ProviderError>;
}

/// An amount to authorise.
#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    /// The amount and its currency.
    pub amount: Money,
    /// The customer's payment method, as a token of the provider.
    pub payment_method: PaymentMethod,
    /// The order's id, by which our ledger and the provider's can be compared.
    pub reference: String,
}

/// The result of a command, stored by the provider under the command's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The provider's id of the operation.
    pub id: String,
    /// Success, or the provider's refusal.
    pub verdict: Verdict,
}

/// The end of an operation. Both are final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The provider did what was asked.
    Done,
    /// The provider declined, with its reason.
    Declined(String),
}

/// Error of a command or look-up at the provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// No answer, or one that can't be read: the operation may have happened.
    #[error("the payment provider did not answer: {0}")]
    NoAnswer(String),
    /// The provider refused the request and did nothing. The same request will be refused again.
    #[error("the payment provider refused the request: {0}")]
    Refused(String),
}
