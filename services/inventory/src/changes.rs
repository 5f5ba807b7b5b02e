//! What can happen to stock, each as part of an open transaction: a command and an event that do the same share it.
//!
//! An error undoes what was done before it.

use commerce::{
    InventoryConflict, InventoryError, InventoryEvent, Item, OrderId, Product, ProductUpdate, Reservation,
    ReservationRequest, ReservationStatus, ReservedLine, Timestamp,
};
use shared::{Tx, events};

use crate::{
    SOURCE,
    domain::{self, Shift, Step},
    store::{products, reservations},
};

/// Sets price and available stock of a product.
pub(crate) async fn put_product(tx: &mut Tx, update: &ProductUpdate) -> Result<Product, InventoryError> {
    let product = products::put(tx, update, Timestamp::now()).await?;
    let event = InventoryEvent::ProductPut {
        sku: product.sku.clone(),
        price: product.price,
        stock: product.stock,
    };
    events::append(tx, SOURCE, &event).await?;
    Ok(product)
}

/// Sets all items aside, or none.
pub(crate) async fn reserve(tx: &mut Tx, request: &ReservationRequest) -> Result<Reservation, InventoryError> {
    let order_id = request.order_id;
    if let Some(existing) = reservations::find(tx, order_id).await? {
        return domain::reserve_again(existing, &request.items);
    }
    let now = Timestamp::now();
    let mut lines = Vec::with_capacity(request.items.len());
    // Rows are always taken in the same order: two reservations that need the same never wait for each other in a ring.
    let mut items: Vec<&Item> = request.items.iter().collect();
    items.sort_by(|a, b| a.sku.cmp(&b.sku));
    for item in items {
        lines.push(set_aside(tx, item, now).await?);
    }
    lines.sort_by_key(|line| request.items.iter().position(|item| item.sku == line.sku));
    let reservation = Reservation {
        order_id,
        status: ReservationStatus::Reserved,
        lines: lines.clone(),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    if !reservations::insert(tx, &reservation).await? {
        return Err(overtaken(order_id));
    }
    events::append(tx, SOURCE, &InventoryEvent::StockReserved { order_id, lines }).await?;
    Ok(reservation)
}

/// Puts an order's items back. An order that has reserved nothing is noted as released, so that a reservation that is still on
/// its way is refused.
pub(crate) async fn release(tx: &mut Tx, order_id: OrderId) -> Result<Reservation, InventoryError> {
    if let Some(existing) = reservations::find(tx, order_id).await? {
        return advance(tx, existing, ReservationStatus::Released).await;
    }
    let now = Timestamp::now();
    let tombstone = Reservation {
        order_id,
        status: ReservationStatus::Released,
        lines: Vec::new(),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    if !reservations::insert(tx, &tombstone).await? {
        return Err(overtaken(order_id));
    }
    events::append(tx, SOURCE, &InventoryEvent::StockReleased { order_id }).await?;
    Ok(tombstone)
}

/// Takes an order's reserved items out of stock for good.
pub(crate) async fn commit(tx: &mut Tx, order_id: OrderId) -> Result<Reservation, InventoryError> {
    let existing = reservations::find(tx, order_id).await?;
    let missing = || InventoryError::NotFound {
        what: "reservation".to_owned(),
        id: order_id.to_string(),
    };
    advance(tx, existing.ok_or_else(missing)?, ReservationStatus::Committed).await
}

async fn set_aside(tx: &mut Tx, item: &Item, now: Timestamp) -> Result<ReservedLine, InventoryError> {
    let (sku, quantity) = (item.sku.clone(), item.quantity);
    if let Some(unit_price) = products::shift(tx, &sku, Shift::reserve(quantity), now).await? {
        return Ok(ReservedLine {
            sku,
            quantity,
            unit_price,
        });
    }
    Err(InventoryError::Conflict(match products::available(tx, &sku).await? {
        None => InventoryConflict::UnknownProduct { sku },
        Some(available) => InventoryConflict::InsufficientStock {
            sku,
            wanted: quantity,
            available,
        },
    }))
}

async fn advance(tx: &mut Tx, before: Reservation, to: ReservationStatus) -> Result<Reservation, InventoryError> {
    if domain::step(before.status, to)? == Step::Done {
        return Ok(before);
    }
    let now = Timestamp::now().max(before.updated_at);
    let after = Reservation {
        status: to,
        version: before.version + 1,
        updated_at: now,
        ..before.clone()
    };
    if !reservations::replace(tx, &before, &after).await? {
        return Err(overtaken(before.order_id));
    }
    for line in &after.lines {
        let shift = Shift::of(before.status, to, line.quantity);
        if products::shift(tx, &line.sku, shift, now).await?.is_none() {
            tracing::error!(order_id = %after.order_id, sku = %line.sku, "reserved product is gone");
            return Err(InventoryError::Internal);
        }
    }
    let order_id = after.order_id;
    let event = match to {
        ReservationStatus::Reserved => InventoryEvent::StockReserved {
            order_id,
            lines: after.lines.clone(),
        },
        ReservationStatus::Committed => InventoryEvent::StockCommitted { order_id },
        ReservationStatus::Released => InventoryEvent::StockReleased { order_id },
    };
    events::append(tx, SOURCE, &event).await?;
    Ok(after)
}

/// Another process changed the reservation between our look and our write; ours is undone.
fn overtaken(order_id: OrderId) -> InventoryError {
    InventoryError::ServiceUnavailable {
        service: SOURCE.to_owned(),
        reason: format!("the reservation of order {order_id} was changed at the same moment"),
    }
}
