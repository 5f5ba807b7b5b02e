//! What changes an order, as part of an open transaction: a command and an event that do the same share it.
//!
//! An error undoes what was done before it.

use commerce::{Error, Order, OrderError, OrderId, Timestamp};
use shared::{Tx, Worker, events};

use crate::{
    SOURCE,
    domain::Step,
    store::{orders, refunds},
};

/// Lets `decide` look at the order and does what it says: the change, its event and the refund that falls due, together.
///
/// `refunder` is woken for a refund once it is durable.
pub(crate) async fn apply(
    tx: &mut Tx,
    order_id: OrderId,
    refunder: Worker,
    decide: impl FnOnce(&Order, Timestamp) -> Result<Step, OrderError> + Send,
) -> Result<Order, OrderError> {
    let before = orders::find_in(tx, order_id)
        .await?
        .ok_or_else(|| not_found(order_id))?;
    let Step { change, refund } = decide(&before, Timestamp::now())?;
    if let Some(refund) = refund {
        refunds::fall_due(tx, &refund).await?;
        tx.on_commit(move || refunder.wake());
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

/// There is no such order.
pub(crate) fn not_found(order_id: OrderId) -> OrderError {
    Error::NotFound {
        what: "order".to_owned(),
        id: order_id.to_string(),
    }
}

/// Another process changed the order between our look and our write; ours is undone.
pub(crate) fn overtaken(order_id: OrderId) -> OrderError {
    Error::ServiceUnavailable {
        service: SOURCE.to_owned(),
        reason: format!("order {order_id} was changed at the same moment"),
    }
}
