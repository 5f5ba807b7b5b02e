use serde::{Deserialize, Serialize};

use crate::{
    Error, Invalid, Item, Money, OrderId, Page, PageRequest, Sku, Timestamp, check, money::POSITIVE,
    schema::named_schema,
};

/// Keeps the products, their prices and stock, and the reservations of orders.
#[seam::contract(name = "inventory")]
pub trait Inventory: Send + Sync {
    /// Sets the price and available stock of a product; creates it if it is new. Reserved and committed units stay
    /// as they are.
    #[write(key = product.sku)]
    async fn put_product(&self, product: ProductUpdate) -> Result<Product, InventoryError>;

    /// Returns the product in its present state.
    #[read(key = sku)]
    async fn get_product(&self, sku: Sku) -> Result<Product, InventoryError>;

    /// Lists all products, sorted by sku.
    #[read]
    async fn list_products(&self, page: PageRequest) -> Result<Page<Product>, InventoryError>;

    /// Reserves all items of an order, or none of them.
    ///
    /// The order is the key: repeating the call changes nothing, and other items for the same order are refused.
    #[write(key = request.order_id, idempotent)]
    async fn reserve(&self, request: ReservationRequest) -> Result<Reservation, InventoryError>;

    /// Returns an order's items to the stock, reserved or committed.
    ///
    /// Repeating it changes nothing. A released order can't reserve again.
    #[write(key = order_id, idempotent)]
    async fn release(&self, order_id: OrderId) -> Result<Reservation, InventoryError>;

    /// Takes an order's reserved items out of the stock for good. Repeating it changes nothing.
    #[write(key = order_id, idempotent)]
    async fn commit(&self, order_id: OrderId) -> Result<Reservation, InventoryError>;
}

/// Price and stock that a product is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductUpdate {
    /// Sku of the product.
    pub sku: Sku,
    /// Price of one unit: more than zero.
    pub price: Money,
    /// Number of units that can be ordered: 0 to 1,000,000,000.
    pub stock: i64,
}

impl ProductUpdate {
    const STOCK: check::Number = check::Number {
        least: 0,
        most: 1_000_000_000,
    };

    /// Refuses a price that is not positive, and a stock outside 0 to 1,000,000,000.
    pub fn validate(&self) -> Result<(), Invalid> {
        POSITIVE.check("price.cents", self.price.cents)?;
        Self::STOCK.check("stock", self.stock)
    }
}

named_schema!(Stock, ProductUpdate::STOCK.describe());

/// A product and its units, which are available, reserved or committed: their sum is all that was ever put in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Product {
    /// Sku of the product.
    pub sku: Sku,
    /// Price of one unit.
    pub price: Money,
    /// Number of units that can be ordered.
    pub stock: i64,
    /// Number of units reserved for orders.
    pub reserved: i64,
    /// Number of units that left the stock for good.
    pub committed: i64,
    /// 1 at creation, one more with each change.
    pub version: i64,
    /// Time of the last change.
    pub updated_at: Timestamp,
}

/// Request to reserve the items of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReservationRequest {
    /// Id of the order.
    pub order_id: OrderId,
    /// 1 to 100 items, each sku once.
    pub items: Vec<Item>,
}

impl ReservationRequest {
    /// Refuses a list that is empty or has more than 100 items, a quantity outside 1 to 1,000,000, and a sku that
    /// comes twice.
    pub fn validate(&self) -> Result<(), Invalid> {
        Item::validate_all(&self.items)
    }
}

/// Items reserved for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reservation {
    /// Id of the order.
    pub order_id: OrderId,
    /// Present state of the reservation.
    pub status: ReservationStatus,
    /// Items with their prices at the time of the reservation.
    pub lines: Vec<ReservedLine>,
    /// 1 at creation, one more with each change.
    pub version: i64,
    /// Time of the reservation.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
}

/// One product of a reservation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReservedLine {
    /// Sku of the product.
    pub sku: Sku,
    /// Number of units reserved.
    pub quantity: i64,
    /// Price of one unit at the time of the reservation.
    pub unit_price: Money,
}

/// State of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReservationStatus {
    /// Held for the order.
    Reserved,
    /// Out of the stock for good.
    Committed,
    /// Returned to the stock.
    Released,
}

impl ReservationStatus {
    /// Every status, in the order of the declaration.
    pub const ALL: [Self; 3] = [Self::Reserved, Self::Committed, Self::Released];

    /// Tells if a reservation in this status may move to `to`. Staying is not a transition, and `Released` is final.
    pub fn can_become(self, to: Self) -> bool {
        use ReservationStatus::{Committed, Released, Reserved};
        matches!((self, to), (Reserved, Committed | Released) | (Committed, Released))
    }
}

/// Error of every method of [`Inventory`].
pub type InventoryError = Error<InventoryConflict>;

/// The state of the stock that forbids a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InventoryConflict {
    /// The reservation names a product that does not exist.
    #[error("there is no product {sku}")]
    UnknownProduct {
        /// Sku of the product.
        sku: Sku,
    },
    /// The stock does not cover the quantity.
    #[error("{sku}: {wanted} wanted, {available} in stock")]
    InsufficientStock {
        /// Sku of the product.
        sku: Sku,
        /// Number of units asked for.
        wanted: i64,
        /// Number of units in stock.
        available: i64,
    },
    /// The reservation's state does not allow this transition.
    #[error("reservation can't go from {from:?} to {to:?}")]
    IllegalTransition {
        /// Present state of the reservation.
        from: ReservationStatus,
        /// State that was asked for.
        to: ReservationStatus,
    },
    /// The order has already reserved other items.
    #[error("order {order_id} has reserved other items")]
    OtherItems {
        /// Id of the order.
        order_id: OrderId,
    },
}
