//! Bodies that no typed client writes: a field that is doubled, missing or null.

use std::sync::{Arc, Mutex};

use ::http::{Request, Response};
use bytes::Bytes;
use commerce::{Inventory, Notifications, Orders, Payments};
use seam::{
    BoxFuture, Contract, TransportFailure,
    http::{InProcess, Transport},
};
use serde_json::{Map, Value};

use super::{Binding, INVENTORY, NOTIFICATIONS, ORDERS, PAYMENTS, samples, samples::Samples, scripted::Scripted};

/// Numbers of required and of optional fields in a contract's bodies.
#[derive(Debug, Default, PartialEq)]
struct Fields {
    required: usize,
    optional: usize,
}

#[tokio::test]
async fn a_field_that_is_null_is_as_one_that_is_left_out_and_one_that_comes_twice_is_refused() {
    let fields = |required, optional| Fields { required, optional };

    assert_eq!(edited::<dyn Orders>(ORDERS, samples::orders()).await, fields(10, 1));
    assert_eq!(
        edited::<dyn Payments>(PAYMENTS, samples::payments()).await,
        fields(3, 0)
    );
    assert_eq!(
        edited::<dyn Inventory>(INVENTORY, samples::inventory()).await,
        fields(7, 0)
    );
    assert_eq!(
        edited::<dyn Notifications>(NOTIFICATIONS, samples::notifications()).await,
        fields(4, 2)
    );
}

/// Sends each sample's body with each field edited, and checks the call that the service receives.
async fn edited<C: Contract + ?Sized>(binding: Binding<C>, samples: Samples) -> Fields {
    let scripted = Scripted::<C>::new();
    let router = InProcess::new((binding.router)(scripted.service()));
    let tap = Arc::new(Tap(Mutex::default(), router));
    let client = (binding.client)(Arc::clone(&tap) as _);
    let mut fields = Fields::default();
    for (call, reply) in samples.calls() {
        scripted.answer(serde_json::from_value(reply.clone()).unwrap());
        client.dispatch(serde_json::from_value(call.clone()).unwrap()).await;
        let sent = tap.0.lock().unwrap().take().unwrap();
        let Ok(body @ Value::Object(_)) = serde_json::from_slice::<Value>(sent.body()) else {
            continue;
        };
        scripted.heard();
        for (object, name) in named(&body) {
            let hear = async |text: String| {
                let status = tap
                    .1
                    .send(sent.clone().map(|_| text.into()))
                    .await
                    .unwrap()
                    .status()
                    .as_u16();
                let heard = scripted.heard();
                assert!(status == 400 && heard.is_empty() || status < 300, "{status} {heard:?}");
                heard
            };
            let without = edit(&body, &object, |fields| drop(fields.remove(&name)));
            let null = edit(&body, &object, |fields| drop(fields.insert(name.clone(), Value::Null)));
            let absent = hear(without.to_string()).await;
            assert_eq!(
                absent,
                hear(null.to_string()).await,
                "{object}/{name}, left out and null"
            );
            assert!(
                hear(doubled(&body, &object, &name)).await.is_empty(),
                "{object}/{name} comes twice"
            );
            match absent[..] {
                [] => fields.required += 1,
                _ => fields.optional += 1,
            }
        }
    }
    fields
}

/// Every field of every object inside, as a JSON pointer to the object and a name.
fn named(body: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), body)];
    while let Some((place, value)) = open.pop() {
        match value {
            Value::Object(fields) => {
                found.extend(fields.keys().map(|name| (place.clone(), name.clone())));
                open.extend(fields.iter().map(|(name, field)| (format!("{place}/{name}"), field)));
            }
            // The first item stands for all.
            Value::Array(items) => open.extend(items.first().map(|item| (format!("{place}/0"), item))),
            _ => {}
        }
    }
    found
}

fn edit(body: &Value, object: &str, change: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let mut body = body.clone();
    change(body.pointer_mut(object).unwrap().as_object_mut().unwrap());
    body
}

/// The body with this field of this object twice, with the same value.
fn doubled(body: &Value, object: &str, name: &str) -> String {
    const TWIN: &str = "\u{1f46f}";
    let value = body.pointer(object).unwrap()[name].clone();
    let twin = edit(body, object, |fields| drop(fields.insert(TWIN.to_owned(), value)));
    twin.to_string().replace(TWIN, name)
}

/// Keeps the last request.
struct Tap<T>(Mutex<Option<Request<Bytes>>>, T);

impl<T: Transport> Transport for Tap<T> {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        *self.0.lock().unwrap() = Some(request.clone());
        self.1.send(request)
    }
}
