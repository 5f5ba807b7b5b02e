//! Suites with several concurrent callers.

mod heard;
mod one_order;
mod without_lists;

use seam::equivalence::{Instance, Model, Suite};

use super::{cases, open_inventory, open_notifications, open_orders, open_payments, rules::allowed_by};
use crate::equivalence::{
    Reach, Storage,
    models::{InventoryModel, NotificationsModel, OrdersModel, PaymentsModel},
};

pub use heard::{heard_of_inventory, heard_of_notifications, heard_of_orders, heard_of_payments};
pub use one_order::one_order_at_once;
pub use without_lists::WithoutLists;

/// Number of concurrent callers.
pub const CALLERS: usize = 4;
/// Number of calls in a sequence, over all callers.
const CALLS: usize = 16;

/// The suite of Inventory for concurrent callers.
pub fn inventory_at_once(storage: &Storage, reaches: &[Reach]) -> Suite<InventoryModel> {
    at_once(
        "inventory at once",
        "inventory",
        InventoryModel::default(),
        storage,
        reaches,
        open_inventory,
    )
}

/// The suite of Orders for concurrent callers.
pub fn orders_at_once(storage: &Storage, reaches: &[Reach]) -> Suite<WithoutLists<OrdersModel>> {
    let model = WithoutLists(OrdersModel::begin());
    at_once("orders at once", "orders", model, storage, reaches, open_orders)
}

/// The suite of Payments for concurrent callers.
pub fn payments_at_once(storage: &Storage, reaches: &[Reach]) -> Suite<PaymentsModel> {
    at_once(
        "payments at once",
        "payments",
        PaymentsModel::default(),
        storage,
        reaches,
        open_payments,
    )
}

/// The suite of Notifications for concurrent callers.
pub fn notifications_at_once(storage: &Storage, reaches: &[Reach]) -> Suite<WithoutLists<NotificationsModel>> {
    let model = WithoutLists(NotificationsModel::default());
    at_once(
        "notifications at once",
        "notifications",
        model,
        storage,
        reaches,
        open_notifications,
    )
}

/// A suite of the model, with the module as a subject for each reach.
fn at_once<M, Opening>(
    name: &str,
    owner: &str,
    model: M,
    storage: &Storage,
    reaches: &[Reach],
    open: fn(Storage, Reach) -> Opening,
) -> Suite<M>
where
    M: Model,
    Opening: Future<Output = Result<Instance<M::Contract>, String>> + Send + 'static,
{
    let suite = Suite::new(name, model);
    let suite = allowed_by(owner, suite).cases(cases::AT_ONCE).calls(CALLS);
    reaches.iter().fold(suite, |suite, reach| {
        let (storage, reach) = (storage.clone(), *reach);
        suite.subject(reach.name(), move || open(storage.clone(), reach))
    })
}
