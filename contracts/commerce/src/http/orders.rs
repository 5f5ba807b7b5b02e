//! HTTP binding of [`Orders`].

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
    retirement,
    routes::Routes,
};
use crate::{
    CustomerId, ErrorCode, NewOrder, NewOrderV2, Order, OrderConflict, OrderError, OrderId, OrderV1, OrderV2, Orders,
    Page, PageRequest, Shipment, orders::Reason,
};

/// Serves an implementation at `/v1/orders/...`, `/v2/orders/...` and `/v2/customers/{customer_id}/orders`.
pub fn router(orders: Arc<dyn Orders>) -> Router {
    routes().over(orders)
}

/// Body of a request to cancel an order.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancellation {
    /// Reason of the cancellation: 1 to 500 characters.
    #[schema(value_type = Reason)]
    reason: String,
}

const KNOWN: &[ErrorCode] = &[ErrorCode::NotFound];

pub(crate) fn routes() -> Routes<dyn Orders> {
    let create = Operation::post(
        "/v2/orders",
        "create_order",
        "Reserves the stock and accepts the order as pending. The inventory sets the prices.",
    );
    let routes = Routes::new().serve(
        create
            .keyed()
            .takes::<NewOrderV2>()
            .returns::<OrderV2>()
            .creates(&[201])
            .conflicts::<OrderConflict>(),
        create_order,
    );
    commands(reads(routes))
}

fn reads(routes: Routes<dyn Orders>) -> Routes<dyn Orders> {
    let get = Operation::get(
        "/v2/orders/{order_id}",
        "get_order",
        "Returns the order in its present state.",
    );
    let get_v1 = Operation::get(
        "/v1/orders/{order_id}",
        "get_order_v1",
        "Returns the order in the form of version 1.",
    );
    let list = Operation::get(
        "/v2/customers/{customer_id}/orders",
        "list_orders_for_customer",
        "Lists a customer's orders, newest first.",
    );
    routes
        .serve(get.returns::<OrderV2>().fails(KNOWN), get_order)
        .serve(
            get_v1.returns::<OrderV1>().fails(KNOWN).retired(&retirement::V1),
            get_order_v1,
        )
        .serve(list.lists::<OrderV2>(), list_orders_for_customer)
}

fn commands(routes: Routes<dyn Orders>) -> Routes<dyn Orders> {
    let command = |path, name, summary| {
        Operation::post(path, name, summary)
            .returns::<OrderV2>()
            .fails(KNOWN)
            .conflicts::<OrderConflict>()
    };
    let confirm = command(
        "/v2/orders/{order_id}/confirm",
        "confirm_order",
        "Moves a pending order to confirmed, if a captured payment covers the total.",
    );
    let cancel = command(
        "/v2/orders/{order_id}/cancel",
        "cancel_order",
        "Moves a pending or confirmed order to cancelled: stock goes back, captured money is refunded.",
    );
    let ship = command(
        "/v2/orders/{order_id}/ship",
        "ship_order",
        "Moves a confirmed order to shipped.",
    );
    let deliver = command(
        "/v2/orders/{order_id}/deliver",
        "deliver_order",
        "Moves a shipped order to delivered.",
    );
    routes
        .serve(confirm, confirm_order)
        .serve(cancel.takes::<Cancellation>(), cancel_order)
        .serve(ship.takes::<Shipment>(), ship_order)
        .serve(deliver, deliver_order)
}

async fn create_order(orders: Arc<dyn Orders>, request: Incoming) -> Result<Success, Failure> {
    let key = request.key()?;
    let order = request.json::<NewOrderV2>()?.keyed(key);
    let order = orders.create_order(order).await?;
    Success::created(path("/v2/orders/{}", &order.id), &OrderV2::from(order))
}

async fn get_order(orders: Arc<dyn Orders>, request: Incoming) -> Result<Success, Failure> {
    shown(orders.get_order(request.id("order_id")?).await?)
}

async fn get_order_v1(orders: Arc<dyn Orders>, request: Incoming) -> Result<Success, Failure> {
    let order = orders.get_order(request.id("order_id")?).await?;
    Success::ok(&OrderV1::from(&order))
}

async fn list_orders_for_customer(orders: Arc<dyn Orders>, request: Incoming) -> Result<Success, Failure> {
    let (customer_id, page) = (request.id("customer_id")?, request.query.page()?);
    let page = orders.list_orders_for_customer(customer_id, page).await?;
    Success::ok(&page.map(OrderV2::from))
}

async fn confirm_order(orders: Arc<dyn Orders>, request: Incoming) -> Result<Success, Failure> {
    request.no_body()?;
    shown(orders.confirm_order(request.id("order_id")?).await?)
}

async fn cancel_order(orders: Arc<dyn Orders>, request: Incoming) -> Result<Success, Failure> {
    let Cancellation { reason } = request.json()?;
    shown(orders.cancel_order(request.id("order_id")?, reason).await?)
}

async fn ship_order(orders: Arc<dyn Orders>, request: Incoming) -> Result<Success, Failure> {
    let shipment = request.json()?;
    shown(orders.ship_order(request.id("order_id")?, shipment).await?)
}

async fn deliver_order(orders: Arc<dyn Orders>, request: Incoming) -> Result<Success, Failure> {
    request.no_body()?;
    shown(orders.deliver_order(request.id("order_id")?).await?)
}

fn shown(order: Order) -> Result<Success, Failure> {
    Success::ok(&OrderV2::from(order))
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
            rest: RestClient::new("orders", transport),
        }
    }

    async fn one(&self, request: Outgoing) -> Result<Order, OrderError> {
        self.rest.call::<OrderV2, _>(request).await.map(Order::from)
    }
}

#[seam::async_trait]
impl<T: Transport> Orders for Client<T> {
    async fn create_order(&self, order: NewOrder) -> Result<Order, OrderError> {
        let request = Outgoing::post("/v2/orders".to_owned()).key(&order.key);
        self.one(request.json(&NewOrderV2::from(order))).await
    }

    async fn get_order(&self, order_id: OrderId) -> Result<Order, OrderError> {
        self.one(Outgoing::get(path("/v2/orders/{}", &order_id))).await
    }

    async fn list_orders_for_customer(
        &self,
        customer_id: CustomerId,
        page: PageRequest,
    ) -> Result<Page<Order>, OrderError> {
        let request = Outgoing::get(path("/v2/customers/{}/orders", &customer_id)).page(page);
        let page: Page<OrderV2> = self.rest.call(request).await?;
        Ok(page.map(Order::from))
    }

    async fn confirm_order(&self, order_id: OrderId) -> Result<Order, OrderError> {
        self.one(Outgoing::post(path("/v2/orders/{}/confirm", &order_id))).await
    }

    async fn cancel_order(&self, order_id: OrderId, reason: String) -> Result<Order, OrderError> {
        let request = Outgoing::post(path("/v2/orders/{}/cancel", &order_id));
        self.one(request.json(&Cancellation { reason })).await
    }

    async fn ship_order(&self, order_id: OrderId, shipment: Shipment) -> Result<Order, OrderError> {
        let request = Outgoing::post(path("/v2/orders/{}/ship", &order_id));
        self.one(request.json(&shipment)).await
    }

    async fn deliver_order(&self, order_id: OrderId) -> Result<Order, OrderError> {
        self.one(Outgoing::post(path("/v2/orders/{}/deliver", &order_id))).await
    }
}
