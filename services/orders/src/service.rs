use std::sync::Arc;

use commerce::{
    CustomerId, Error, NewOrder, Order, OrderConflict, OrderError, OrderId, OrderStatus, Orders, Page, PageRequest,
    PaymentId, Payments, Shipment, Timestamp,
};
use shared::{Database, Worker, idempotency::Command};

use crate::{
    changes,
    creation::Creation,
    domain::{self, Transition},
    store::orders,
};

/// The `Orders` contract on the module's own database.
pub(crate) struct Service {
    pub(crate) db: Database,
    pub(crate) creation: Arc<Command<Creation>>,
    pub(crate) payments: Arc<dyn Payments>,
    /// Woken when a refund is scheduled.
    pub(crate) refund_worker: Worker,
}

#[seam::async_trait]
impl Orders for Service {
    async fn create_order(&self, order: NewOrder) -> Result<Order, OrderError> {
        order.validate()?;
        self.creation.run(order.key.clone(), order).await
    }

    async fn get_order(&self, order_id: OrderId) -> Result<Order, OrderError> {
        orders::find(&self.db, order_id)
            .await?
            .ok_or_else(|| changes::not_found(order_id))
    }

    async fn list_orders_for_customer(
        &self,
        customer_id: CustomerId,
        page: PageRequest,
    ) -> Result<Page<Order>, OrderError> {
        Ok(orders::page(&self.db, &customer_id, page.validate()?).await?)
    }

    async fn confirm_order(&self, order_id: OrderId) -> Result<Order, OrderError> {
        let order = self.get_order(order_id).await?;
        match order.status {
            OrderStatus::Pending => {}
            OrderStatus::Confirmed => return Ok(order),
            from => return Err(domain::illegal(from, OrderStatus::Confirmed)),
        }
        let payment_id = self.paid_by(&order).await?;
        self.apply(order_id, move |order, now| domain::confirm(order, payment_id, now))
            .await
    }

    async fn cancel_order(&self, order_id: OrderId, reason: String) -> Result<Order, OrderError> {
        Order::validate_cancel_reason(&reason)?;
        self.apply(order_id, move |order, now| domain::cancel(order, &reason, now))
            .await
    }

    async fn ship_order(&self, order_id: OrderId, shipment: Shipment) -> Result<Order, OrderError> {
        shipment.validate()?;
        self.apply(order_id, move |order, now| domain::ship(order, &shipment, now))
            .await
    }

    async fn deliver_order(&self, order_id: OrderId) -> Result<Order, OrderError> {
        self.apply(order_id, domain::deliver).await
    }
}

impl Service {
    async fn apply(
        &self,
        order_id: OrderId,
        decide: impl FnOnce(&Order, Timestamp) -> Result<Transition, OrderError> + Send + 'static,
    ) -> Result<Order, OrderError> {
        let refund_worker = self.refund_worker.clone();
        self.db
            .write(move |tx| Box::pin(changes::apply(tx, order_id, refund_worker, decide)))
            .await
    }

    /// Finds the captured payment of the order's total at Payments.
    async fn paid_by(&self, order: &Order) -> Result<PaymentId, OrderError> {
        let mut page = PageRequest {
            page: 1,
            page_size: PageRequest::MAX_SIZE,
        };
        loop {
            let listed = self.payments.list_payments_for_order(order.id, page).await;
            let payments = listed.map_err(|error| domain::payments_unknown(&error))?.items;
            if let Some(payment_id) = domain::paid_by(order, &payments) {
                return Ok(payment_id);
            }
            if payments.is_empty() {
                return Err(Error::Conflict(OrderConflict::NotPaid { order_id: order.id }));
            }
            page.page = page.page.saturating_add(1);
        }
    }
}
