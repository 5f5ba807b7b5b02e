//! The behaviour that each contract of the platform promises, as a small state machine.

mod fake_payments;
mod inventory;
pub(crate) mod log;
mod notifications;
mod orders;
mod payments;
mod values;

pub use inventory::InventoryModel;
pub use notifications::NotificationsModel;
pub use orders::OrdersModel;
pub use payments::{PaymentsModel, id_of as fixed_order, payment_id as fixed_payment};
pub(crate) use {
    fake_payments::FakePayments,
    notifications::{mails, pushes},
    orders::stock,
    payments::{FixedOrders, shown as provider_books},
    values::{PAID_KEYS, one_tea},
};
