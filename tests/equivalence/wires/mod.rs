//! Values that break wires: every value of a contract's types crosses in calls and in replies, however the
//! contract is reached.
//!
//! A scripted service records each call and returns a prepared reply. Each sample of `samples` is sent once for
//! each value of `extremes`, put wherever the types accept it. `DIFFERENCES.md` lists the differences between
//! in process and HTTP; excluded here are ids of dots alone, and transport failures, whose text is that of the
//! hop.

mod bodies;
mod extremes;
mod samples;
mod scripted;

use std::{collections::BTreeSet, sync::Arc};

use axum::Router;
use commerce::{Inventory, Notifications, Orders, Payments, http};
use seam::{Contract, http::Transport};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use self::{
    extremes::{Met, everywhere},
    samples::Samples,
    scripted::{Scripted, ways},
};

/// The server and the client of a contract over HTTP.
struct Binding<C: ?Sized> {
    router: fn(Arc<C>) -> Router,
    client: fn(Arc<dyn Transport>) -> Arc<C>,
}

const ORDERS: Binding<dyn Orders> = Binding {
    router: http::orders::router,
    client: |transport| Arc::new(http::orders::Client::new(transport)),
};
const PAYMENTS: Binding<dyn Payments> = Binding {
    router: http::payments::router,
    client: |transport| Arc::new(http::payments::Client::new(transport)),
};
const INVENTORY: Binding<dyn Inventory> = Binding {
    router: http::inventory::router,
    client: |transport| Arc::new(http::inventory::Client::new(transport)),
};
const NOTIFICATIONS: Binding<dyn Notifications> = Binding {
    router: http::notifications::router,
    client: |transport| Arc::new(http::notifications::Client::new(transport)),
};

#[tokio::test(flavor = "multi_thread")]
async fn whatever_orders_can_be_told_or_say_crosses_every_wire() {
    crosses(ORDERS, samples::orders()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_payments_can_be_told_or_say_crosses_every_wire() {
    crosses(PAYMENTS, samples::payments()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_inventory_can_be_told_or_say_crosses_every_wire() {
    crosses(INVENTORY, samples::inventory()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_notifications_can_be_told_or_say_crosses_every_wire() {
    crosses(NOTIFICATIONS, samples::notifications()).await;
}

/// Sends every sample with every extreme value through every wire. Fails if one arrives changed, or if a kind
/// of value was never sent.
async fn crosses<C: Contract + ?Sized>(binding: Binding<C>, samples: Samples) {
    let scripted = Scripted::<C>::new();
    let ways = ways(&scripted.service(), &binding).await;
    let (mut met, mut methods) = (Met::default(), BTreeSet::new());
    for (call, reply) in samples.exchanges() {
        for extreme in extremes::all() {
            let (call, reply): (C::Call, C::Reply) = (with(call, &extreme), with(reply, &extreme));
            met.count(&json(&call));
            met.count_lengths(&json(&call));
            met.count(&json(&reply));
            methods.insert(C::method(&call).name);
            for (way, service) in &ways {
                scripted.answer(reply.clone());
                let answer = service.dispatch(call.clone()).await;
                assert_eq!(scripted.heard(), std::slice::from_ref(&call), "heard over {way}");
                assert_eq!(answer, reply, "answered over {way}");
            }
        }
    }
    let all: BTreeSet<_> = C::METHODS.iter().map(|method| method.name).collect();
    assert_eq!(methods, all, "every method of {} is called", C::NAME);
    let missed = met.missed(samples.limits, samples.nowhere);
    assert!(missed.is_empty(), "{}: no call or reply had {missed:?}", C::NAME);
}

/// The sample with this value wherever its type accepts it.
fn with<T: Serialize + DeserializeOwned>(sample: &Value, extreme: &Value) -> T {
    let takes = |value: &Value| T::deserialize(value).is_ok();
    let value = everywhere(sample, extreme, &takes);
    T::deserialize(&value).unwrap_or_else(|error| panic!("{value} is no sample: {error}"))
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}
