//! Changes of stock, each a part of an open transaction, so that a command and an event with the same effect share
//! one function.
//!
//! An error rolls back everything the transaction did before it.

use commerce::{
    InventoryConflict, InventoryError, InventoryEvent, Item, OrderId, Product, ProductUpdate, Reservation,
    ReservationRequest, ReservationStatus, ReservedLine, Timestamp,
};
use shared::{Tx, events};

use crate::{
    SOURCE,
    domain::{self, Shift, Transition},
    store::{products, reservations},
};

/// Sets price and available stock of a product, and creates the product if it is new.
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

/// Reserves all items of an order, or none of them. Repeated for the same items, it returns the reservation that
/// exists.
pub(crate) async fn reserve(tx: &mut Tx, request: &ReservationRequest) -> Result<Reservation, InventoryError> {
    let order_id = request.order_id;
    if let Some(existing) = reservations::find_in(tx, order_id).await? {
        return domain::reserve_again(existing, &request.items);
    }
    let now = Timestamp::now();
    let mut lines = Vec::with_capacity(request.items.len());
    // Rows are locked in the order of their skus, so that two reservations of the same products can't deadlock.
    let mut items: Vec<&Item> = request.items.iter().collect();
    items.sort_by(|a, b| a.sku.cmp(&b.sku));
    for item in items {
        lines.push(reserve_item(tx, item, now).await?);
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

/// Returns an order's items to stock. An order without a reservation is recorded as released, so that a reservation
/// request that arrives later is refused.
pub(crate) async fn release(tx: &mut Tx, order_id: OrderId) -> Result<Reservation, InventoryError> {
    if let Some(existing) = reservations::find_in(tx, order_id).await? {
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

/// Takes an order's reserved items out of stock for good. An order without a reservation is not found.
pub(crate) async fn commit(tx: &mut Tx, order_id: OrderId) -> Result<Reservation, InventoryError> {
    let existing = reservations::find_in(tx, order_id).await?;
    let missing = || InventoryError::NotFound {
        what: "reservation".to_owned(),
        id: order_id.to_string(),
    };
    advance(tx, existing.ok_or_else(missing)?, ReservationStatus::Committed).await
}

async fn reserve_item(tx: &mut Tx, item: &Item, now: Timestamp) -> Result<ReservedLine, InventoryError> {
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
    if domain::transition(before.status, to)? == Transition::Done {
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
            tracing::error!(order_id = %after.order_id, sku = %line.sku, "a reserved product is missing");
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

/// Error for a reservation that another process changed between our read and our write, which is rolled back.
fn overtaken(order_id: OrderId) -> InventoryError {
    InventoryError::ServiceUnavailable {
        service: SOURCE.to_owned(),
        reason: format!("another process changed the reservation of order {order_id} at the same time; try again"),
    }
}
