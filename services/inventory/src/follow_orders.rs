use commerce::{InventoryError, OrderEvent, OrderId};
use shared::{
    Database,
    events::{Delivery, Handler, HandlerError},
};

use crate::changes;

/// Handles the events of Orders: commits the stock of a confirmed order and releases that of a cancelled one.
#[derive(Debug)]
pub(crate) struct FollowOrders {
    pub(crate) db: Database,
}

/// The effect of an order's event on its stock.
#[derive(Clone, Copy, Debug)]
enum Effect {
    Commit(OrderId),
    Release(OrderId),
}

#[seam::async_trait]
impl Handler for FollowOrders {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let event = delivery.parse()?;
        let effect = match event {
            OrderEvent::OrderConfirmed { order_id, .. } => Effect::Commit(order_id),
            OrderEvent::OrderCancelled { order_id, .. } => Effect::Release(order_id),
            OrderEvent::OrderCreated { .. } | OrderEvent::OrderShipped { .. } | OrderEvent::OrderDelivered { .. } => {
                return Ok(());
            }
        };
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if !delivery.record(tx).await? {
                        return Ok(());
                    }
                    let done = match effect {
                        Effect::Commit(order_id) => changes::commit(tx, order_id).await,
                        Effect::Release(order_id) => changes::release(tx, order_id).await,
                    };
                    done.map(drop).map_err(handler_error)
                })
            })
            .await
    }
}

/// Sorts an error by the help that another attempt can be: `Unavailable` is retried for ever, `Poison` never.
fn handler_error(error: InventoryError) -> HandlerError {
    match error {
        InventoryError::ServiceUnavailable { .. } | InventoryError::Transport(_) => {
            HandlerError::Unavailable(error.to_string())
        }
        InventoryError::Conflict(_) | InventoryError::NotFound { .. } => HandlerError::Poison(error.to_string()),
        _ => HandlerError::Failed(error.to_string()),
    }
}
