use commerce::{Order, Payment, PaymentStatus};
use outside::{Ledger, LedgerCharge, Operation, OperationStatus};
use serde_json::{Value, json};

/// The provider's reason for declining an authorisation with `tok_decline`.
pub(super) const DECLINED: &str = "card declined";
/// The provider's reason for declining a refund of a charge with `tok_refund_refused`.
pub(super) const CLOSED: &str = "account closed";

/// The provider's ledger as the model expects it: each command was sent once and booked once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ProviderLedger {
    authorizations: Vec<Value>,
    charges: Vec<(Order, Value)>,
    refunds: Vec<Value>,
}

impl ProviderLedger {
    /// Authorises the order's total. An `Err` holds the provider's reason for declining.
    pub(super) fn authorize(&mut self, order: &Order) -> Result<(), &'static str> {
        let answer = match order.payment_method.0.as_str() {
            "tok_decline" => Err(DECLINED),
            _ => Ok(()),
        };
        self.authorizations.push(booked(order, order.total.cents, answer));
        answer
    }

    /// Captures the amount that is held.
    pub(super) fn capture(&mut self, order: &Order) {
        let charge = booked(order, order.total.cents, Ok(()));
        self.charges.push((order.clone(), charge));
    }

    /// Refunds a part. An `Err` holds the provider's reason for declining.
    pub(super) fn refund(&mut self, order: &Order, cents: i64) -> Result<(), &'static str> {
        let answer = match order.payment_method.0.as_str() {
            "tok_refund_refused" => Err(CLOSED),
            _ => Ok(()),
        };
        self.refunds.push(booked(order, cents, answer));
        answer
    }

    /// The whole ledger as effects show it, with the refunded amount of each payment.
    pub(super) fn shown<'a>(&self, payments: impl Fn(&Order) -> Option<&'a Payment>) -> Value {
        let charge = |(order, charge): &(Order, Value)| {
            let refunded = payments(order).map_or(0, |payment| payment.refunded.cents);
            json!({ "charge": charge, "refunded_cents": refunded })
        };
        let charges: Value = self.charges.iter().map(charge).collect();
        entries(json!(self.authorizations), charges, json!(self.refunds), json!([]))
    }
}

/// The real provider's ledger as effects show it, without ids and keys between provider and module.
pub(crate) fn shown(ledger: &Ledger) -> Value {
    let all = |operations: &[Operation]| operations.iter().map(|one| operation(ledger, one)).collect();
    let charge = |charge: &LedgerCharge| {
        let shown = operation(ledger, &charge.capture);
        json!({ "charge": shown, "refunded_cents": charge.refunded_cents })
    };
    let charges = ledger.charges.iter().map(charge).collect();
    entries(
        all(&ledger.authorizations),
        charges,
        all(&ledger.refunds),
        all(&ledger.voids),
    )
}

fn entries(authorizations: Value, charges: Value, refunds: Value, voids: Value) -> Value {
    json!({ "ledger": {
        "authorizations": authorizations,
        "charges": charges,
        "refunds": refunds,
        "voids": voids,
    } })
}

fn booked(order: &Order, cents: i64, answer: Result<(), &'static str>) -> Value {
    json!({
        "order_id": order.id,
        "amount": { "cents": cents, "currency": order.total.currency },
        "payment_method": order.payment_method,
        "declined": answer.err(),
        "requests": 1,
    })
}

fn operation(ledger: &Ledger, operation: &Operation) -> Value {
    let declined = match operation.status {
        OperationStatus::Succeeded => None,
        OperationStatus::Declined => Some(operation.reason.as_deref().unwrap_or_default()),
    };
    json!({
        "order_id": operation.reference,
        "amount": { "cents": operation.amount_cents, "currency": operation.currency },
        "payment_method": operation.payment_method,
        "declined": declined,
        "requests": ledger.requests.get(&operation.key),
    })
}

/// The status of a payment of which `left` cents remain.
pub(super) fn status_with(left: i64) -> PaymentStatus {
    if left == 0 {
        PaymentStatus::Refunded
    } else {
        PaymentStatus::PartiallyRefunded
    }
}
