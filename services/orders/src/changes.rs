//! Changes of an order, as a part of an open transaction, so that a command and an event with the same effect share
//! one function.
//!
//! An error rolls back everything the transaction did before it.

use commerce::{Error, Order, OrderError, OrderId, Timestamp};
use shared::{Tx, Worker, events};

use crate::{
    SOURCE,
    domain::Transition,
    store::{orders, refunds},
};

/// Applies what `decide` makes of the order: the change, its event and the refund that compensates it, in one write.
///
/// `refund_worker` is woken once a refund is committed.
pub(crate) async fn apply(
    tx: &mut Tx,
    order_id: OrderId,
    refund_worker: Worker,
    decide: impl FnOnce(&Order, Timestamp) -> Result<Transition, OrderError> + Send,
) -> Result<Order, OrderError> {
    let before = orders::find_in(tx, order_id)
        .await?
        .ok_or_else(|| not_found(order_id))?;
    let Transition { change, refund } = decide(&before, Timestamp::now())?;
    if let Some(refund) = refund {
        refunds::schedule(tx, &refund).await?;
        tx.on_commit(move || refund_worker.wake());
    }
    let Some((after, event)) = change else {
        return Ok(before);
    };
    if !orders::replace(tx, &before, &after).await? {
        return Err(overtaken(order_id));
    }
    events::append(tx, SOURCE, &event).await?;
    Ok(after)
}

/// Error for an order that does not exist.
pub(crate) fn not_found(order_id: OrderId) -> OrderError {
    Error::NotFound {
        what: "order".to_owned(),
        id: order_id.to_string(),
    }
}

/// Error for an order that another process changed between our read and our write, which is rolled back.
pub(crate) fn overtaken(order_id: OrderId) -> OrderError {
    Error::ServiceUnavailable {
        service: SOURCE.to_owned(),
        reason: format!("another process changed order {order_id} at the same time; try again"),
    }
}
