//! Bugs inside modules and their stores, as edits to a copy of the workspace.

use super::{Bug, Edit, Place, Plant};

pub(super) const BUGS: &[Bug] = &[
    bug(
        Place::Module,
        "an order is cancelled after it was shipped",
        "orders",
        &[Edit {
            file: "services/orders/src/domain.rs",
            find: "    if !order.status.can_become(to) {",
            replace: "    let late = order.status == OrderStatus::Shipped && to == OrderStatus::Cancelled;\n    if !late && !order.status.can_become(to) {",
        }],
    ),
    bug(
        Place::Module,
        "an order is confirmed by any captured payment",
        "orders",
        &[Edit {
            file: "services/orders/src/domain.rs",
            find: "payment.status == PaymentStatus::Captured && payment.captured == order.total;",
            replace: "payment.status == PaymentStatus::Captured;",
        }],
    ),
    bug(
        Place::Module,
        "a shipment is overwritten by the next",
        "orders",
        &[Edit {
            file: "services/orders/src/domain.rs",
            find: "order.status == OrderStatus::Shipped && order.shipment.as_ref() != Some(shipment)",
            replace: "order.status == OrderStatus::Delivered && order.shipment.as_ref() != Some(shipment)",
        }],
    ),
    bug(
        Place::Store,
        "the refund of a cancelled order is never due",
        "orders",
        &[Edit {
            file: "services/orders/src/changes.rs",
            find: "    if let Some(refund) = refund {",
            replace: "    if let Some(refund) = refund.filter(|_| before.version > 1_000) {",
        }],
    ),
    bug(
        Place::Store,
        "the event of a change is lost",
        "orders",
        &[Edit {
            file: "services/orders/src/changes.rs",
            find: "    events::append(tx, SOURCE, &event).await?;\n    Ok(after)",
            replace: "    if after.version < 4 {\n        events::append(tx, SOURCE, &event).await?;\n    }\n    Ok(after)",
        }],
    ),
    bug(
        Place::Store,
        "any request with a known key is answered as the first",
        "orders",
        &[Edit {
            file: "services/shared/src/idempotency/claim.rs",
            find: "row.try_get::<String, _>(\"fingerprint\")? != fingerprint.0",
            replace: "row.try_get::<String, _>(\"fingerprint\")?.is_empty()",
        }],
    ),
    bug(
        Place::Store,
        "a customer's orders are listed for everybody",
        "orders",
        &[Edit {
            file: "services/orders/src/store/orders.rs",
            find: " FROM orders WHERE customer_id = $1 ORDER BY",
            replace: " FROM orders WHERE customer_id >= $1 ORDER BY",
        }],
    ),
    bug(
        Place::Store,
        "more is reserved than is in stock",
        "inventory",
        &[Edit {
            file: "services/inventory/src/store/products.rs",
            find: "WHERE sku = $1 AND stock + $2 >= 0 RETURNING",
            replace: "WHERE sku = $1 RETURNING",
        }],
    ),
    bug(
        Place::Store,
        "a new price forgets what is reserved",
        "inventory",
        &[Edit {
            file: "services/inventory/src/store/products.rs",
            find: "stock = excluded.stock, version",
            replace: "stock = excluded.stock, reserved = excluded.reserved, version",
        }],
    ),
    bug(
        Place::Store,
        "a page begins one item too late",
        "inventory",
        &[Edit {
            file: "contracts/commerce/src/page.rs",
            find: "i64::from(self.page.saturating_sub(1)) * i64::from(self.page_size)",
            replace: "i64::from(self.page.saturating_sub(1)) * i64::from(self.page_size) + i64::from(self.page > 1)",
        }],
    ),
    bug(
        Place::Module,
        "an order's items are released twice",
        "inventory",
        &[Edit {
            file: "services/inventory/src/domain.rs",
            find: "    if from == to {\n        return Ok(Step::Done);",
            replace: "    if from == to {\n        return Ok(if to == ReservationStatus::Released { Step::Go } else { Step::Done });",
        }],
    ),
    bug(
        Place::Module,
        "a reservation is repeated for other items",
        "inventory",
        &[Edit {
            file: "services/inventory/src/domain.rs",
            find: "existing.lines.len() == items.len() && items.iter().all(is_reserved)",
            replace: "existing.lines.len() == items.len() || items.iter().all(is_reserved)",
        }],
    ),
    bug(
        Place::Module,
        "a released order reserves again",
        "inventory",
        &[Edit {
            file: "services/inventory/src/domain.rs",
            find: "    if existing.status == ReservationStatus::Released {",
            replace: "    if existing.status == ReservationStatus::Released && existing.lines.is_empty() {",
        }],
    ),
    bug(
        Place::Module,
        "a release before the reservation leaves no mark",
        "inventory",
        &[Edit {
            file: "services/inventory/src/changes.rs",
            find: "    if !reservations::insert(tx, &tombstone).await? {\n        return Err(overtaken(order_id));\n    }",
            replace: "",
        }],
    ),
];

const fn bug(place: Place, name: &'static str, suite: &'static str, edits: &'static [Edit]) -> Bug {
    Bug {
        name,
        place,
        suite,
        plant: Plant::Patched(edits),
    }
}
