//! Bugs of the inventory module that its tests have to find.

use crate::seeded_bugs::{Bug, Edit, Layer};

use super::bug;

pub(super) const BUGS: &[Bug] = &[
    bug(
        Layer::Module,
        "items come back in the order of their skus",
        "tests of inventory",
        (
            "stock",
            "all_items_are_reserved_at_their_prices_in_the_order_asked_for_or_none",
        ),
        &[Edit {
            file: "services/inventory/src/changes.rs",
            find: "    lines.sort_by_key(|line| request.items.iter().position(|item| item.sku == line.sku));\n",
            replace: "",
        }],
    ),
    bug(
        Layer::Store,
        "committed stock is not counted",
        "tests of inventory",
        ("stock", "items_are_committed_once_and_can_still_come_back"),
        &[Edit {
            file: "services/inventory/src/store/products.rs",
            find: "committed = committed + $4",
            replace: "committed = committed + 0 * $4",
        }],
    ),
    bug(
        Layer::Module,
        "an event that contradicts the stock holds up its subscription",
        "tests of inventory",
        (
            "stock",
            "an_event_that_contradicts_the_stock_is_a_dead_letter_and_holds_up_no_other_order",
        ),
        &[Edit {
            file: "services/inventory/src/follow_orders.rs",
            find: "InventoryError::Conflict(_) | InventoryError::NotFound { .. } => \
                       HandlerError::Poison(error.to_string()),",
            replace: "InventoryError::Conflict(_) | InventoryError::NotFound { .. } => \
                          HandlerError::Unavailable(error.to_string()),",
        }],
    ),
    bug(
        Layer::Store,
        "a reservation that fails half way keeps its first items",
        "tests of inventory",
        (
            "stock",
            "all_items_are_reserved_at_their_prices_in_the_order_asked_for_or_none",
        ),
        &[Edit {
            file: "services/inventory/src/changes.rs",
            find: "lines.push(reserve_item(tx, item, now).await?);",
            replace: "match reserve_item(tx, item, now).await {\n            \
                          Ok(line) => lines.push(line),\n            \
                          Err(error) if lines.is_empty() => return Err(error),\n            \
                          Err(_) => {}\n        \
                          }",
        }],
    ),
    bug(
        Layer::Module,
        "a cancelled order keeps its stock",
        "tests of inventory",
        ("stock", "stock_follows_the_orders_events"),
        &[Edit {
            file: "services/inventory/src/follow_orders.rs",
            find: "OrderEvent::OrderCancelled { order_id, .. } => Effect::Release(order_id),",
            replace: "OrderEvent::OrderCancelled { order_id, .. } => Effect::Commit(order_id),",
        }],
    ),
    bug(
        Layer::Store,
        "a page of products leaves out those without stock",
        "tests of inventory",
        ("stock", "products_are_listed_by_the_bytes_of_their_sku"),
        &[Edit {
            file: "services/inventory/src/store/products.rs",
            find: "\" FROM products ORDER BY sku LIMIT $1 OFFSET $2\"",
            replace: "\" FROM products WHERE stock > 0 ORDER BY sku LIMIT $1 OFFSET $2\"",
        }],
    ),
];
