//! How many sequences each suite draws: that many run in `just test`, and within that many `just bite` has to find every bug.

/// Of the suite of Inventory.
pub const INVENTORY: u64 = 64;
/// Of the suite of Orders.
pub const ORDERS: u64 = 80;
/// Of the suite of Payments.
pub const PAYMENTS: u64 = 64;
/// Of the suite of Notifications.
pub const NOTIFICATIONS: u64 = 64;
/// Of each suite in which several callers call at once.
pub const AT_ONCE: u64 = 40;

/// How many calls a sequence of Orders has: more than others, since an order goes a long way.
pub(super) const ORDERS_CALLS: usize = 30;
