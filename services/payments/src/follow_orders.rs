use std::sync::Arc;

use commerce::{OrderError, OrderEvent, OrderStatus, Orders};
use shared::{
    Database, DatabaseError,
    events::{Delivery, Handler, HandlerError},
};

use crate::{
    dispatch::Dispatch,
    domain::{is_passing, payment_id},
    store::payments,
    work::{Origin, Work},
};

/// Handles the events of Orders: stores the intent to charge every order that is created.
pub(crate) struct FollowOrders {
    pub(crate) db: Database,
    pub(crate) orders: Arc<dyn Orders>,
    pub(crate) dispatch: Dispatch,
}

#[seam::async_trait]
impl Handler for FollowOrders {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let event = delivery.parse()?;
        let OrderEvent::OrderCreated { order_id, .. } = event else {
            return Ok(());
        };
        // The event does not contain the payment method.
        let order = self.orders.get_order(order_id).await.map_err(handler_error)?;
        let origin = Origin::current();
        let dispatch = self.dispatch.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if !delivery.record(tx).await? {
                        return Ok(());
                    }
                    let inserted = payments::insert(tx, &order, &origin).await?;
                    let work = Work::Charge(payment_id(order_id));
                    match (inserted, order.status) {
                        (true, OrderStatus::Pending) => dispatch.hand_in(tx, work),
                        // The order changed since the event: its work is stale, so the order is read again before
                        // the charge.
                        _ => tx.on_commit(move || dispatch.wake()),
                    }
                    Ok::<_, DatabaseError>(())
                })
            })
            .await?;
        Ok(())
    }
}

/// Sorts an error of Orders by the help that another attempt can be: `Unavailable` is retried for ever.
fn handler_error(error: OrderError) -> HandlerError {
    if is_passing(&error) {
        HandlerError::Unavailable(format!("orders: {error}"))
    } else {
        HandlerError::Failed(format!("orders: {error}"))
    }
}
