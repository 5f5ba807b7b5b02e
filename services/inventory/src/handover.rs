//! The module's rows, for another database.

use shared::handover::{Changes, Set, Table};

/// Products and reservations. Each change of a product raises its version, moves of stock too.
pub(crate) const SETS: &[Set] = &[
    Set {
        name: "products",
        root: Table::new("products", &["sku"], &["sku"])
            .that_changes(Changes::Raising("version"))
            .with_local(&["updated_at"]),
        belongings: &[Table::EVENTS.with_prefix("product/")],
    },
    Set {
        name: "reservations",
        root: Table::new("reservations", &["order_id"], &["order_id"])
            .that_changes(Changes::Raising("version"))
            .with_local(&["created_at", "updated_at"]),
        belongings: &[Table::EVENTS.with_prefix("reservation/")],
    },
];
