//! The module's rows, for another database.

use shared::handover::{Changes, Set, Table};

/// Contact data, notifications, and the replies to commands that were given under a key.
pub(crate) const SETS: &[Set] = &[
    Set {
        name: "contacts",
        root: Table::new("contacts", &["order_id"], &["order_id"]),
        belongings: &[],
    },
    Set {
        name: "notifications",
        root: Table::new("notifications", &["id"], &["id"])
            .that_changes(Changes::Raising("version"))
            .with_local(&["created_at", "updated_at"]),
        belongings: &[Table::EVENTS],
    },
    Set {
        name: "commands",
        root: Table::IDEMPOTENCY,
        belongings: &[],
    },
];
