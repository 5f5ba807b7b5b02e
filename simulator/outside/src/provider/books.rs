use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::operation::{Ledger, LedgerCharge, Operation, OperationKind, OperationStatus};

/// Namespace of the ids that are derived from a caller's key (UUIDv5).
const NAMESPACE: Uuid = Uuid::from_u128(0x6f75_7473_6964_4570_8072_6f76_6964_6572);

/// One line of the provider's journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry {
    /// A command with this key was received.
    Requested(String),
    /// An operation was booked.
    Booked(Operation),
}

/// A command as requested, before it is booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Authorize {
        amount_cents: i64,
        currency: String,
        payment_method: String,
        reference: String,
    },
    Capture {
        authorization: String,
        amount_cents: i64,
    },
    Void {
        authorization: String,
    },
    Refund {
        charge: String,
        amount_cents: i64,
    },
}

/// Refusal of a command. Its key stays new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// The provider's state: operations by key, and sums derived from them.
#[derive(Debug, Default)]
pub(super) struct Books {
    operations: Vec<Operation>,
    by_key: HashMap<String, usize>,
    by_id: HashMap<String, usize>,
    closed: HashMap<String, OperationKind>,
    refunded: HashMap<String, i64>,
    requests: BTreeMap<String, u64>,
}

impl Books {
    /// Applies an entry of the journal, either on start or once it has been appended.
    pub(super) fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Requested(key) => *self.requests.entry(key).or_default() += 1,
            Entry::Booked(operation) => self.book(operation),
        }
    }

    /// Decides on `command`: a new operation to book, or the one that was booked under `key` before.
    ///
    /// Fails if the books forbid the command; changes nothing.
    pub(super) fn decide(&self, key: &str, command: &Command) -> Result<Decision, Refusal> {
        if let Some(known) = self.operation(key) {
            return if same(known, command) {
                Ok(Decision::Known(known.clone()))
            } else {
                Err(refuse(
                    422,
                    "key_reused",
                    format!("key {key} was used with another request"),
                ))
            };
        }
        match command {
            Command::Authorize {
                amount_cents,
                currency,
                payment_method,
                reference,
            } => {
                let mut operation = Operation {
                    key: key.to_owned(),
                    kind: OperationKind::Authorization,
                    id: id("au", key),
                    status: OperationStatus::Succeeded,
                    amount_cents: positive(*amount_cents)?,
                    currency: currency.clone(),
                    reference: reference.clone(),
                    payment_method: payment_method.clone(),
                    of: None,
                    reason: None,
                };
                if payment_method == "tok_decline" {
                    operation.decline("card declined");
                }
                Ok(Decision::New(operation))
            }
            Command::Capture {
                authorization,
                amount_cents,
            } => self.capture(key, authorization, *amount_cents),
            Command::Void { authorization } => {
                let held = self.held(authorization)?;
                Ok(Decision::New(held.followed_by(
                    key,
                    "vo",
                    OperationKind::Void,
                    held.amount_cents,
                )))
            }
            Command::Refund { charge, amount_cents } => self.refund(key, charge, *amount_cents),
        }
    }

    /// Returns the operation that was booked under this key.
    pub(super) fn operation(&self, key: &str) -> Option<&Operation> {
        self.by_key.get(key).and_then(|index| self.operations.get(*index))
    }

    /// Returns the number of commands received with this key.
    pub(super) fn requests(&self, key: &str) -> u64 {
        self.requests.get(key).copied().unwrap_or_default()
    }

    /// Returns all of the books, for checks.
    pub(super) fn ledger(&self) -> Ledger {
        let of = |kind| self.operations.iter().filter(move |operation| operation.kind == kind);
        Ledger {
            authorizations: of(OperationKind::Authorization).cloned().collect(),
            charges: of(OperationKind::Capture)
                .map(|capture| LedgerCharge {
                    capture: capture.clone(),
                    refunded_cents: self.refunded.get(&capture.id).copied().unwrap_or_default(),
                })
                .collect(),
            refunds: of(OperationKind::Refund).cloned().collect(),
            voids: of(OperationKind::Void).cloned().collect(),
            requests: self.requests.clone(),
        }
    }

    fn book(&mut self, operation: Operation) {
        if operation.status == OperationStatus::Succeeded {
            match (operation.kind, &operation.of) {
                (OperationKind::Capture | OperationKind::Void, Some(authorization)) => {
                    self.closed.insert(authorization.clone(), operation.kind);
                }
                (OperationKind::Refund, Some(charge)) => {
                    *self.refunded.entry(charge.clone()).or_default() += operation.amount_cents;
                }
                _ => {}
            }
        }
        self.by_key.insert(operation.key.clone(), self.operations.len());
        self.by_id.insert(operation.id.clone(), self.operations.len());
        self.operations.push(operation);
    }

    fn capture(&self, key: &str, authorization: &str, amount_cents: i64) -> Result<Decision, Refusal> {
        let held = self.held(authorization)?;
        if positive(amount_cents)? > held.amount_cents {
            let message = format!("capture of {amount_cents} asked, {} authorised", held.amount_cents);
            return Err(refuse(409, "exceeds_authorization", message));
        }
        Ok(Decision::New(held.followed_by(
            key,
            "ch",
            OperationKind::Capture,
            amount_cents,
        )))
    }

    fn refund(&self, key: &str, charge: &str, amount_cents: i64) -> Result<Decision, Refusal> {
        let capture = self.find(charge, OperationKind::Capture)?;
        let left = capture.amount_cents - self.refunded.get(charge).copied().unwrap_or_default();
        if positive(amount_cents)? > left {
            return Err(refuse(
                409,
                "exceeds_charge",
                format!("refund of {amount_cents} asked, {left} left"),
            ));
        }
        let mut refund = capture.followed_by(key, "re", OperationKind::Refund, amount_cents);
        if capture.payment_method == "tok_refund_refused" {
            refund.decline("account closed");
        }
        Ok(Decision::New(refund))
    }

    fn held(&self, id: &str) -> Result<&Operation, Refusal> {
        let authorization = self.find(id, OperationKind::Authorization)?;
        match (authorization.status, self.closed.get(id)) {
            (OperationStatus::Succeeded, None) => Ok(authorization),
            (OperationStatus::Declined, _) => Err(refuse(409, "declined", format!("authorization {id} was declined"))),
            (_, Some(kind)) => Err(refuse(
                409,
                "closed",
                format!("authorization {id} was closed by a {kind:?}"),
            )),
        }
    }

    fn find(&self, id: &str, kind: OperationKind) -> Result<&Operation, Refusal> {
        self.by_id
            .get(id)
            .and_then(|index| self.operations.get(*index))
            .filter(|operation| operation.kind == kind)
            .ok_or_else(|| refuse(404, "not_found", format!("there is no {kind:?} {id}").to_lowercase()))
    }
}

/// Decision on a command that is not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// An operation that is still to be booked.
    New(Operation),
    /// The operation that was booked before.
    Known(Operation),
}

impl Operation {
    fn followed_by(&self, key: &str, prefix: &str, kind: OperationKind, amount_cents: i64) -> Self {
        Self {
            key: key.to_owned(),
            kind,
            id: id(prefix, key),
            status: OperationStatus::Succeeded,
            amount_cents,
            of: Some(self.id.clone()),
            reason: None,
            ..self.clone()
        }
    }

    fn decline(&mut self, reason: &str) {
        self.status = OperationStatus::Declined;
        self.reason = Some(reason.to_owned());
    }
}

pub(super) fn refuse(status: u16, code: &'static str, message: String) -> Refusal {
    Refusal { status, code, message }
}

fn same(known: &Operation, command: &Command) -> bool {
    match command {
        Command::Authorize {
            amount_cents,
            currency,
            payment_method,
            reference,
        } => {
            known.kind == OperationKind::Authorization
                && known.amount_cents == *amount_cents
                && known.currency == *currency
                && known.payment_method == *payment_method
                && known.reference == *reference
        }
        Command::Capture {
            authorization,
            amount_cents,
        } => known.is(OperationKind::Capture, authorization) && known.amount_cents == *amount_cents,
        Command::Void { authorization } => known.is(OperationKind::Void, authorization),
        Command::Refund { charge, amount_cents } => {
            known.is(OperationKind::Refund, charge) && known.amount_cents == *amount_cents
        }
    }
}

impl Operation {
    fn is(&self, kind: OperationKind, of: &str) -> bool {
        self.kind == kind && self.of.as_deref() == Some(of)
    }
}

fn positive(amount_cents: i64) -> Result<i64, Refusal> {
    if amount_cents > 0 {
        Ok(amount_cents)
    } else {
        Err(refuse(
            400,
            "invalid_amount",
            format!("amount_cents is {amount_cents}, wanted 1 or more"),
        ))
    }
}

fn id(prefix: &str, key: &str) -> String {
    format!("{prefix}_{}", Uuid::new_v5(&NAMESPACE, key.as_bytes()).simple())
}
