use serde::{Deserialize, Serialize};

use crate::{Order, OrderId, OrderStatus};

/// An order as version 1 of the API shows it: retired, kept for its consumers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderV1 {
    /// Which order.
    pub id: OrderId,
    /// Where it stands.
    pub status: OrderStatus,
    /// The sum in major units, as a float: not exact beyond 2^53 cents, and silent about its currency. Use version 2.
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
