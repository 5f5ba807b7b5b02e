use serde::{Deserialize, Serialize};

use crate::{Order, OrderId, OrderStatus};

/// An order as version 1 of the API shows it: retired, kept for its old consumers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderV1 {
    /// Id of the order.
    pub id: OrderId,
    /// Present state of the order.
    pub status: OrderStatus,
    /// Sum in major units, as a float: not exact beyond 2^53 cents, and without its currency. Use version 2.
    pub total: f64,
}

impl From<&Order> for OrderV1 {
    fn from(order: &Order) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "the frozen mistake of version 1")]
        let total = order.total.cents as f64 / 100.0;
        Self {
            id: order.id,
            status: order.status,
            total,
        }
    }
}
