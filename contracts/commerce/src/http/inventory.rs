//! HTTP binding of [`Inventory`].

use std::sync::Arc;

use axum::Router;
use seam::http::Transport;
use serde::{Deserialize, Serialize};

use super::{
    client::{Outgoing, RestClient},
    failure::Failure,
    incoming::Incoming,
    operation::Operation,
    path::path,
    reply::Success,
    routes::Routes,
};
use crate::{
    ErrorCode, Inventory, InventoryConflict, InventoryError, Item, Money, OrderId, Page, PageRequest, Product,
    ProductUpdate, Reservation, ReservationRequest, Sku, inventory::Stock, money::PositiveMoney, orders::Items, whole,
};

/// Serves an implementation at `/v2/products...` and `/v2/reservations/...`.
pub fn router(inventory: Arc<dyn Inventory>) -> Router {
    routes().over(inventory)
}

/// Body of a request that sets a product. The sku stands in the path.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductState {
    /// Price of one unit: more than zero.
    #[schema(value_type = PositiveMoney)]
    price: Money,
    /// Number of units that can be ordered.
    #[schema(value_type = Stock)]
    #[serde(deserialize_with = "whole::deserialize")]
    stock: i64,
}

/// Body of a request for a reservation. The order's id stands in the path.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReservationItems {
    /// 1 to 100 items, each sku once.
    #[schema(value_type = Items)]
    items: Vec<Item>,
}

pub(crate) fn routes() -> Routes<dyn Inventory> {
    let known = &[ErrorCode::NotFound];
    let put = Operation::put(
        "/v2/products/{sku}",
        "put_product",
        "Sets the price and available stock of a product: 201 if that created it, else 200.",
    );
    let get = Operation::get(
        "/v2/products/{sku}",
        "get_product",
        "Returns the product in its present state.",
    );
    let list = Operation::get("/v2/products", "list_products", "Lists all products, sorted by sku.");
    let reserve = Operation::put(
        "/v2/reservations/{order_id}",
        "reserve",
        "Reserves all items of an order, or none of them.",
    );
    let release = Operation::post(
        "/v2/reservations/{order_id}/release",
        "release",
        "Returns an order's items to the stock.",
    );
    let commit = Operation::post(
        "/v2/reservations/{order_id}/commit",
        "commit",
        "Takes an order's reserved items out of the stock for good.",
    );
    let changes = |operation: Operation| operation.returns::<Reservation>().conflicts::<InventoryConflict>();
    Routes::new()
        .serve(
            put.takes::<ProductState>().returns::<Product>().creates(&[201, 200]),
            put_product,
        )
        .serve(get.returns::<Product>().fails(known), get_product)
        .serve(list.lists::<Product>(), list_products)
        .serve(changes(reserve).takes::<ReservationItems>(), reserve_items)
        .serve(changes(release).fails(known), release_items)
        .serve(changes(commit).fails(known), commit_items)
}

async fn put_product(inventory: Arc<dyn Inventory>, request: Incoming) -> Result<Success, Failure> {
    let sku: Sku = request.id("sku")?;
    let ProductState { price, stock } = request.json()?;
    let product = inventory.put_product(ProductUpdate { sku, price, stock }).await?;
    if product.version == 1 {
        return Success::created(path("/v2/products/{}", &product.sku), &product);
    }
    Success::ok(&product)
}

async fn get_product(inventory: Arc<dyn Inventory>, request: Incoming) -> Result<Success, Failure> {
    Success::ok(&inventory.get_product(request.id("sku")?).await?)
}

async fn list_products(inventory: Arc<dyn Inventory>, request: Incoming) -> Result<Success, Failure> {
    Success::ok(&inventory.list_products(request.query.page()?).await?)
}

async fn reserve_items(inventory: Arc<dyn Inventory>, request: Incoming) -> Result<Success, Failure> {
    let order_id = request.id("order_id")?;
    let ReservationItems { items } = request.json()?;
    Success::ok(&inventory.reserve(ReservationRequest { order_id, items }).await?)
}

async fn release_items(inventory: Arc<dyn Inventory>, request: Incoming) -> Result<Success, Failure> {
    request.no_body()?;
    Success::ok(&inventory.release(request.id("order_id")?).await?)
}

async fn commit_items(inventory: Arc<dyn Inventory>, request: Incoming) -> Result<Success, Failure> {
    request.no_body()?;
    Success::ok(&inventory.commit(request.id("order_id")?).await?)
}

/// Client that implements the contract: every call is a request to the [`router`] at the other end.
#[derive(Clone, Debug)]
pub struct Client<T> {
    rest: RestClient<T>,
}

impl<T: Transport> Client<T> {
    /// Makes a client that sends its requests through `transport`.
    pub fn new(transport: T) -> Self {
        Self {
            rest: RestClient::new("inventory", transport),
        }
    }
}

#[seam::async_trait]
impl<T: Transport> Inventory for Client<T> {
    async fn put_product(&self, product: ProductUpdate) -> Result<Product, InventoryError> {
        let ProductUpdate { sku, price, stock } = product;
        let request = Outgoing::put(path("/v2/products/{}", &sku));
        self.rest.call(request.json(&ProductState { price, stock })).await
    }

    async fn get_product(&self, sku: Sku) -> Result<Product, InventoryError> {
        self.rest.call(Outgoing::get(path("/v2/products/{}", &sku))).await
    }

    async fn list_products(&self, page: PageRequest) -> Result<Page<Product>, InventoryError> {
        let request = Outgoing::get("/v2/products".to_owned()).page(page);
        self.rest.call(request).await
    }

    async fn reserve(&self, request: ReservationRequest) -> Result<Reservation, InventoryError> {
        let ReservationRequest { order_id, items } = request;
        let request = Outgoing::put(path("/v2/reservations/{}", &order_id));
        self.rest.call(request.json(&ReservationItems { items })).await
    }

    async fn release(&self, order_id: OrderId) -> Result<Reservation, InventoryError> {
        let request = Outgoing::post(path("/v2/reservations/{}/release", &order_id));
        self.rest.call(request).await
    }

    async fn commit(&self, order_id: OrderId) -> Result<Reservation, InventoryError> {
        let request = Outgoing::post(path("/v2/reservations/{}/commit", &order_id));
        self.rest.call(request).await
    }
}
