//! Fakes of the other neighbours of a consumer, while one provider is tested.

use std::sync::Arc;

use bytes::Bytes;
use commerce::{EventFeed, Inventory, Orders, Payments, Timestamp, http::inventory, http::orders, http::payments};
use http::{Request, Response};
use seam::{BoxFuture, TransportFailure, http::Transport};
use serde_json::{Value, json};
use shared::testing::Log;

/// A neighbour that the pact is not about, and that never replies.
#[derive(Clone, Debug)]
struct Nobody;

impl Transport for Nobody {
    fn send(&self, _: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        Box::pin(async { Err(TransportFailure::new("a neighbour", "this pact is not about it")) })
    }
}

/// A neighbour that gives every call the same reply.
#[derive(Clone, Debug)]
struct Says(Value);

impl Transport for Says {
    fn send(&self, _: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        let body = json!({ "data": self.0, "request_id": "r", "timestamp": Timestamp::now() });
        Box::pin(async move { Ok(Response::new(Bytes::from(body.to_string()))) })
    }
}

/// A log that stays empty.
pub(crate) fn silence() -> Arc<dyn EventFeed> {
    Arc::new(Log::default())
}

/// An inventory that replies with this reservation to every caller.
pub(crate) fn inventory_with(reservation: Value) -> Arc<dyn Inventory> {
    Arc::new(inventory::Client::new(Says(reservation)))
}

pub(crate) fn no_payments() -> Arc<dyn Payments> {
    Arc::new(payments::Client::new(Nobody))
}

/// A fake of Orders that replies with this order, whatever id is requested.
pub(crate) fn orders_with(order: Value) -> Arc<dyn Orders> {
    Arc::new(orders::Client::new(Says(order)))
}
