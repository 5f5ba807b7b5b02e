use std::sync::Arc;

use commerce::{
    Error, Inventory, NewOrder, Order, OrderConflict, OrderError, OrderEvent, OrderId, ReservationRequest, Timestamp,
};
use shared::{
    Tx, Worker, events,
    idempotency::{Decide, Decision, Scope},
};

use crate::{
    SOURCE, changes,
    domain::{self, Refusal},
    store::{orders, releases},
};

/// The `create_order` command.
///
/// A request is claimed first, under an order id that derives from its caller and key. Then its stock is reserved
/// under that id. Then one write decides for good: it stores the order and its reply, or the refusal and the
/// release that compensates the reservation. A process that dies in between leaves a claim that is resumed,
/// forward, with the same id. So no stock is ever reserved for an order that will not exist.
///
/// # Why the stock is not released before the refusal is stored
///
/// Only the holder of the claim may decide, and only the write can tell who that is. A slow holder that released
/// first could take the stock away from the order that its successor has just stored.
pub(crate) struct Creation {
    pub(crate) inventory: Arc<dyn Inventory>,
    /// Woken when a release is scheduled.
    pub(crate) release_worker: Worker,
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
        let decided = match self.inventory.reserve(request).await {
            Ok(reserved) => domain::accept(order, order_id, reserved, Timestamp::now()),
            Err(error) => match domain::not_reserved(error, &order) {
                Refusal::Final(error) => Err(error),
                Refusal::Open(error) => return Err(error),
            },
        };
        Ok(match decided {
            Ok((order, event)) => accepted(order, event),
            Err(refusal) => self.refused(order_id, refusal),
        })
    }

    /// Finds the order of a key whose stored reply has expired, so that a reused key can't create a second one. The
    /// order itself tells the request it was created by.
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
        let release_worker = self.release_worker.clone();
        Decision::new(Err(refusal), move |tx| {
            Box::pin(async move {
                releases::schedule(tx, order_id).await?;
                tx.on_commit(move || release_worker.wake());
                Ok(())
            })
        })
    }
}

fn accepted(order: Order, event: OrderEvent) -> Decision<Creation> {
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
