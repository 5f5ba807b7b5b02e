//! Number of sequences that each suite draws. `just test` runs this many, and `just bite` has to find every bug
//! within them.

/// Sequences of the suite of Inventory.
pub const INVENTORY: u64 = 64;
/// Sequences of the suite of Orders.
pub const ORDERS: u64 = 80;
/// Sequences of the suite of Payments.
pub const PAYMENTS: u64 = 64;
/// Sequences of the suite of Notifications.
pub const NOTIFICATIONS: u64 = 64;
/// Sequences of each suite with concurrent callers.
pub const AT_ONCE: u64 = 40;

/// Calls in a sequence of Orders: more than elsewhere, since an order passes through many states.
pub(super) const ORDERS_CALLS: usize = 30;
