//! The module's rows, for another database.

use shared::handover::{Changes, Set, Table};

/// Payments with all that belongs to them. What a side can find again by itself, such as the time of its next attempt
/// or the authorisation that it looks up by its key, is its own.
pub(crate) const SETS: &[Set] = &[Set {
    name: "payments",
    root: Table::new("payments", &["id"], &["id"])
        .that_changes(Changes::Raising("version"))
        .with_local(&[
            "attempts",
            "authorization_id",
            "causation_id",
            "correlation_id",
            "created_at",
            "due_at",
            "updated_at",
        ]),
    belongings: &[
        Table::new("refunds", &["payment_id"], &["id"])
            .that_changes(Changes::Once("reply"))
            .with_local(&[
                "attempts",
                "causation_id",
                "correlation_id",
                "created_at",
                "due_at",
                "replied_at",
                "reply",
                "request_id",
            ]),
        Table::new("ledger", &["payment_id"], &["transfer", "account"]).with_local(&["booked_at"]),
        Table::new("holds", &["payment_id"], &["payment_id"])
            .that_changes(Changes::Rounds {
                done: "outcome",
                round: "retries",
            })
            .with_local(&["attempts", "due_at", "let_go_at", "settled_at"]),
        Table::EVENTS,
    ],
}];
