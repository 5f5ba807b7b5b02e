use std::{sync::Arc, time::Duration};

use commerce::{
    Error, Inventory, NewOrder, Order, OrderConflict, OrderError, OrderEvent, OrderId, ReservationRequest, Timestamp,
};
use shared::{
    Tx, Worker, events,
    idempotency::{Decide, Decision, Scope},
};

use crate::{
    SOURCE,
    ask::ask,
    changes,
    domain::{self, Refusal},
    store::{orders, releases},
};

/// Makes orders.
///
/// A request is claimed first, under an order id that derives from its caller and key. Then its stock is reserved under that id, and
/// then one write decides for ever: the order and its answer, or the refusal and the duty to give the stock back. Whoever dies in
/// between leaves a claim that somebody resumes, forward, with the same id. So no stock is ever held for an order that will not exist.
///
/// # Why the stock is not given back before the refusal is written
///
/// Only the holder of the claim may decide, and only the write can tell who that is. A holder that was too slow, and released first,
/// could take the stock from under the order that its successor has just written.
pub(crate) struct Creation {
    pub(crate) inventory: Arc<dyn Inventory>,
    /// How long Inventory may take to answer.
    pub(crate) patience: Duration,
    /// Woken when stock is to be given back.
    pub(crate) releaser: Worker,
}

#[seam::async_trait]
impl Decide for Creation {
    const OPERATION: &'static str = "create_order";
    type Request = NewOrder;
    type Value = Order;
    type Conflict = OrderConflict;

    async fn decide(&self, scope: &Scope, order: NewOrder) -> Result<Decision<Self>, OrderError> {
        let order_id = order_id(scope);
        let request = ReservationRequest {
            order_id,
            items: order.items.clone(),
        };
        let accepted = match ask("inventory", self.patience, self.inventory.reserve(request)).await {
            Ok(reserved) => domain::accept(order, order_id, reserved, Timestamp::now()),
            Err(error) => match domain::not_reserved(error, &order) {
                Refusal::Final(error) => Err(error),
                Refusal::Open(error) => return Err(error),
            },
        };
        Ok(match accepted {
            Ok((order, event)) => made(order, event),
            Err(refusal) => self.refused(order_id, refusal),
        })
    }

    /// A key whose answer was forgotten must still not make a second order: the order itself says what was asked then.
    async fn known(tx: &mut Tx, scope: &Scope, request: &NewOrder) -> Result<Option<Order>, OrderError> {
        let known = orders::find_in(tx, order_id(scope)).await?;
        if known.as_ref().is_some_and(|order| !domain::is_from(order, request)) {
            let key = scope.key.clone();
            return Err(Error::KeyReused { key });
        }
        Ok(known)
    }
}

impl Creation {
    fn refused(&self, order_id: OrderId, refusal: OrderError) -> Decision<Self> {
        let releaser = self.releaser.clone();
        Decision::new(Err(refusal), move |tx| {
            Box::pin(async move {
                releases::fall_due(tx, order_id).await?;
                tx.on_commit(move || releaser.wake());
                Ok(())
            })
        })
    }
}

fn made(order: Order, event: OrderEvent) -> Decision<Creation> {
    Decision::new(Ok(order.clone()), move |tx| {
        Box::pin(async move {
            if !orders::insert(tx, &order).await? {
                return Err(changes::overtaken(order.id));
            }
            events::append(tx, SOURCE, &event).await?;
            Ok(())
        })
    })
}

fn order_id(scope: &Scope) -> OrderId {
    OrderId::derive(&[&scope.caller, &scope.key])
}
