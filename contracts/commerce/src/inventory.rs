use serde::{Deserialize, Serialize};

use crate::{Error, Item, Money, OrderId, Page, PageRequest, Sku, Timestamp};

/// Knows what there is, what it costs, and who has it set aside.
#[seam::contract(name = "inventory")]
pub trait Inventory: Send + Sync {
    /// Sets price and available stock of a product, creating it if need be. What is reserved or committed stays so.
    #[write(key = product.sku)]
    async fn put_product(&self, product: ProductUpdate) -> Result<Product, InventoryError>;

    /// The product as it is now.
    #[read(key = sku)]
    async fn get_product(&self, sku: Sku) -> Result<Product, InventoryError>;

    /// All products, by sku.
    #[read]
    async fn list_products(&self, page: PageRequest) -> Result<Page<Product>, InventoryError>;

    /// Sets all items of an order aside, or none. The order is the key: repeating it changes nothing, with other items it is refused.
    #[write(key = request.order_id)]
    async fn reserve(&self, request: ReservationRequest) -> Result<Reservation, InventoryError>;

    /// Puts an order's items back, reserved or committed. Repeating it changes nothing; released, an order can't reserve again.
    #[write(key = order_id)]
    async fn release(&self, order_id: OrderId) -> Result<Reservation, InventoryError>;

    /// Takes an order's reserved items out of stock for good. Repeating it changes nothing.
    #[write(key = order_id)]
    async fn commit(&self, order_id: OrderId) -> Result<Reservation, InventoryError>;
}

/// What a product is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductUpdate {
    /// Which product.
    pub sku: Sku,
    /// Price of one: more than nothing.
    pub price: Money,
    /// How many can be ordered: 0 to 1,000,000,000.
    pub stock: i64,
}

/// A product and where its stock is. What came in is `stock + reserved + committed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Product {
    /// Which product.
    pub sku: Sku,
    /// Price of one.
    pub price: Money,
    /// How many can be ordered.
    pub stock: i64,
    /// How many are set aside for orders.
    pub reserved: i64,
    /// How many are gone.
    pub committed: i64,
    /// 1 at creation, one more with each change.
    pub version: i64,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What an order needs set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReservationRequest {
    /// For which order.
    pub order_id: OrderId,
    /// 1 to 100 items, each sku once.
    pub items: Vec<Item>,
}

/// What is set aside for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reservation {
    /// For which order.
    pub order_id: OrderId,
    /// Where it stands.
    pub status: ReservationStatus,
    /// The items, with the prices at reservation.
    pub lines: Vec<ReservedLine>,
    /// 1 at creation, one more with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// One product of a reservation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReservedLine {
    /// Which product.
    pub sku: Sku,
    /// How many.
    pub quantity: i64,
    /// Price of one, at reservation.
    pub unit_price: Money,
}

/// Where a reservation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReservationStatus {
    /// Set aside.
    Reserved,
    /// Gone for good.
    Committed,
    /// Back in stock.
    Released,
}

impl ReservationStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Reserved, Self::Committed, Self::Released];

    /// Whether a reservation may go there from here. Staying is no transition; what is released stays released.
    pub fn can_become(self, to: Self) -> bool {
        use ReservationStatus::{Committed, Released, Reserved};
        matches!((self, to), (Reserved, Committed | Released) | (Committed, Released))
    }
}

/// What a call of [`Inventory`] fails with.
pub type InventoryError = Error<InventoryConflict>;

/// Why the stock forbids a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InventoryConflict {
    /// A reservation names a product that does not exist.
    #[error("there is no product {sku}")]
    UnknownProduct {
        /// The product.
        sku: Sku,
    },
    /// Not enough in stock.
    #[error("{sku}: {wanted} wanted, {available} in stock")]
    InsufficientStock {
        /// The product.
        sku: Sku,
        /// How many were asked for.
        wanted: i64,
        /// How many there are.
        available: i64,
    },
    /// The reservation can't go there from here.
    #[error("reservation can't go from {from:?} to {to:?}")]
    IllegalTransition {
        /// Where it is.
        from: ReservationStatus,
        /// Where it was to go.
        to: ReservationStatus,
    },
    /// The order has reserved other items before.
    #[error("order {order_id} has reserved other items")]
    OtherItems {
        /// The order.
        order_id: OrderId,
    },
}
