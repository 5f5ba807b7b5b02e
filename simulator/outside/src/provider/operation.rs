use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An operation that one idempotency key caused at the provider. It never changes once it is booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The caller's idempotency key.
    pub key: String,
    /// Kind of the operation.
    pub kind: OperationKind,
    /// The provider's own id, derived from the key.
    pub id: String,
    /// Result of the operation.
    pub status: OperationStatus,
    /// Amount in minor units.
    pub amount_cents: i64,
    /// Currency of the amount: three letters (ISO 4217).
    pub currency: String,
    /// Purpose of the money, as the caller gave it at the authorisation.
    pub reference: String,
    /// Token of the card or account that pays.
    pub payment_method: String,
    /// Id of the authorisation, for a capture or void; id of the charge, for a refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Reason of the decline; absent unless declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Effect of an operation on money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Holds an amount on the card or account.
    Authorization,
    /// Takes a held amount, or a part of it.
    Capture,
    /// Releases a held amount.
    Void,
    /// Gives back a captured amount, or a part of it.
    Refund,
}

/// Result of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationStatus {
    /// Done, with its effect on money.
    Succeeded,
    /// Refused for good, without effect.
    Declined,
}

/// All operations that the provider has booked, for checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Authorisations, declined ones too, in the order of booking.
    pub authorizations: Vec<Operation>,
    /// Captures, in the order of booking.
    pub charges: Vec<LedgerCharge>,
    /// Refunds, declined ones too, in the order of booking.
    pub refunds: Vec<Operation>,
    /// Voids, in the order of booking.
    pub voids: Vec<Operation>,
    /// Number of commands received with each key, with or without a reply.
    pub requests: BTreeMap<String, u64>,
}

/// A capture and the amount refunded of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCharge {
    /// The capture as it was booked.
    #[serde(flatten)]
    pub capture: Operation,
    /// Sum of its refunds in minor units.
    pub refunded_cents: i64,
}
