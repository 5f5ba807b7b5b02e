use std::sync::Arc;

use commerce::{OrderError, OrderEvent, OrderStatus, Orders};
use seam::replay;
use shared::{
    Database, DatabaseError,
    events::{Delivery, Handler, HandlerError},
};

use crate::{
    charging::{current_origin, is_passing},
    dispatch::Dispatch,
    domain::payment_id,
    store::{self, Work},
};

/// Writes down the intent to charge every order that is created.
pub(crate) struct OrderCreated {
    db: Database,
    orders: Arc<dyn Orders>,
    dispatch: Dispatch,
}

impl OrderCreated {
    pub(crate) fn new(db: Database, orders: Arc<dyn Orders>, dispatch: Dispatch) -> Self {
        Self { db, orders, dispatch }
    }
}

#[seam::async_trait]
impl Handler for OrderCreated {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let event = delivery.parse()?;
        let OrderEvent::OrderCreated { order_id, .. } = event else {
            return Ok(());
        };
        // The event does not say how the customer pays.
        let order = replay::shield(self.orders.get_order(order_id))
            .await
            .map_err(not_given)?;
        let origin = current_origin();
        let dispatch = self.dispatch.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if !delivery.record(tx).await? {
                        return Ok(());
                    }
                    let inserted = store::insert(tx, &order, &origin).await?;
                    let work = Work::Charge(payment_id(order_id));
                    match (inserted, order.status) {
                        (true, OrderStatus::Pending) => dispatch.hand_in(tx, work),
                        // It has changed already: it is looked at again before it is charged.
                        _ => tx.on_commit(move || dispatch.wake()),
                    }
                    Ok::<_, DatabaseError>(())
                })
            })
            .await?;
        Ok(())
    }
}

fn not_given(error: OrderError) -> HandlerError {
    if is_passing(&error) {
        HandlerError::Unavailable(format!("orders: {error}"))
    } else {
        HandlerError::Failed(format!("orders: {error}"))
    }
}
