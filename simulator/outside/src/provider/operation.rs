use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What one idempotency key did at the provider. It never changes once it is booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The caller's idempotency key.
    pub key: String,
    /// What was asked for.
    pub kind: OperationKind,
    /// The provider's own id, derived from the key.
    pub id: String,
    /// How it ended.
    pub status: OperationStatus,
    /// Minor units.
    pub amount_cents: i64,
    /// ISO 4217, three letters.
    pub currency: String,
    /// What the caller said the money is for, at the authorisation.
    pub reference: String,
    /// The token that pays.
    pub payment_method: String,
    /// The authorisation of a capture or void, the charge of a refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Why it was declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What an operation does with money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Holds it.
    Authorization,
    /// Takes what was held.
    Capture,
    /// Lets go of what was held.
    Void,
    /// Gives back what was taken.
    Refund,
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationStatus {
    /// It was done.
    Succeeded,
    /// It was refused for good.
    Declined,
}

/// Everything the provider has booked, for whoever checks the books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Holds, declined ones too, in the order of booking.
    pub authorizations: Vec<Operation>,
    /// Money taken, in the order of booking.
    pub charges: Vec<LedgerCharge>,
    /// Money given back, declined refunds too, in the order of booking.
    pub refunds: Vec<Operation>,
    /// Holds let go of, in the order of booking.
    pub voids: Vec<Operation>,
    /// How many commands came with each key, answered or not.
    pub requests: BTreeMap<String, u64>,
}

/// Money that was taken, and how much of it went back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCharge {
    /// The capture.
    #[serde(flatten)]
    pub capture: Operation,
    /// The sum of its refunds.
    pub refunded_cents: i64,
}
