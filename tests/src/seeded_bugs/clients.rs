//! Bugs between a caller and a module: in clients and in routers.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use bytes::Bytes;
use http::{HeaderValue, StatusCode, Uri};
use seam::equivalence::{Failure, Fake, Instance};
use serde_json::{Value, json};

use super::{
    Bug, Layer, Plant,
    tamper::{Tamper, Tampered, each, each_datum, edit},
};
use crate::equivalence::{
    models::{InventoryModel, OrdersModel},
    suites::{self, cases},
};

pub(super) const BUGS: &[Bug] = &[
    client("numbers are read through a double", |seed| {
        orders(
            seed,
            &Tamper {
                reply: |_, reply| edit(reply.body_mut(), |json| each(json, &through_double)),
                ..Tamper::NOTHING
            },
        )
    }),
    client("what lies beyond the basic plane is replaced", |seed| {
        orders(
            seed,
            &Tamper {
                request: |request| edit(request.body_mut(), |json| each(json, &basic_plane_only)),
                ..Tamper::NOTHING
            },
        )
    }),
    client("text is trimmed", |seed| {
        orders(
            seed,
            &Tamper {
                request: |request| edit(request.body_mut(), |json| each(json, &trimmed)),
                ..Tamper::NOTHING
            },
        )
    }),
    client("line breaks are made uniform", |seed| {
        orders(
            seed,
            &Tamper {
                request: |request| edit(request.body_mut(), |json| each(json, &uniform_breaks)),
                ..Tamper::NOTHING
            },
        )
    }),
    client("the push token is not sent", |seed| {
        orders(
            seed,
            &Tamper {
                request: |request| without(request.body_mut(), "/contact", "push_token"),
                ..Tamper::NOTHING
            },
        )
    }),
    client("an item that comes twice is added up", |seed| {
        orders(
            seed,
            &Tamper {
                request: |request| edit(request.body_mut(), added_up),
                ..Tamper::NOTHING
            },
        )
    }),
    client("a fresh key is minted for each request", |seed| {
        orders(
            seed,
            &Tamper {
                request: fresh_key,
                ..Tamper::NOTHING
            },
        )
    }),
    client("the key is cut at a reserved character", |seed| {
        orders(
            seed,
            &Tamper {
                request: cut_key,
                ..Tamper::NOTHING
            },
        )
    }),
    client("the page is not asked for", |seed| {
        orders(
            seed,
            &Tamper {
                request: |request| rewrite(request, |uri| uri.split('?').next().unwrap_or(uri).to_owned()),
                ..Tamper::NOTHING
            },
        )
    }),
    client("pages are counted from 0", |seed| {
        orders(
            seed,
            &Tamper {
                request: |request| rewrite(request, |uri| uri.replace("?page=2&", "?page=1&")),
                ..Tamper::NOTHING
            },
        )
    }),
    client("paths are decoded once too often", |seed| {
        orders(
            seed,
            &Tamper {
                request: |request| rewrite(request, |uri| uri.replace("%25", "")),
                ..Tamper::NOTHING
            },
        )
    }),
    client("replies to reads are kept", |seed| {
        orders(
            seed,
            &Tamper {
                caches_reads: true,
                ..Tamper::NOTHING
            },
        )
    }),
    client("the reason of a cancellation is not read", |seed| {
        orders(
            seed,
            &Tamper {
                reply: |_, reply| each_datum(reply.body_mut(), |order| order["cancel_reason"] = Value::Null),
                ..Tamper::NOTHING
            },
        )
    }),
    client("the shipment is not read", |seed| {
        orders(
            seed,
            &Tamper {
                reply: |_, reply| each_datum(reply.body_mut(), |order| order["shipment"] = Value::Null),
                ..Tamper::NOTHING
            },
        )
    }),
    client("the payment is not read", |seed| {
        orders(
            seed,
            &Tamper {
                reply: |_, reply| each_datum(reply.body_mut(), |order| order["payment_id"] = Value::Null),
                ..Tamper::NOTHING
            },
        )
    }),
    at(Layer::Client, "writes are sent twice", "inventory", |seed| {
        inventory(
            seed,
            &Tamper {
                repeats_writes: true,
                ..Tamper::NOTHING
            },
        )
    }),
    router("what is not there is an internal error", |seed| {
        orders(
            seed,
            &Tamper {
                reply: |_, reply| not_found_is_internal(reply),
                ..Tamper::NOTHING
            },
        )
    }),
    router("from and to of an illegal transition are swapped", |seed| {
        orders(
            seed,
            &Tamper {
                reply: |_, reply| edit(reply.body_mut(), swapped_transition),
                ..Tamper::NOTHING
            },
        )
    }),
    router("a list begins with the oldest", |seed| {
        orders(
            seed,
            &Tamper {
                reply: |_, reply| edit(reply.body_mut(), |json| items(json, |items| items.reverse())),
                ..Tamper::NOTHING
            },
        )
    }),
    router("the last item of a page is left out", |seed| {
        orders(
            seed,
            &Tamper {
                reply: |_, reply| edit(reply.body_mut(), |json| items(json, |items| drop(items.pop()))),
                ..Tamper::NOTHING
            },
        )
    }),
    router("the total of a list is that of its page", |seed| {
        orders(
            seed,
            &Tamper {
                reply: |_, reply| edit(reply.body_mut(), total_of_page),
                ..Tamper::NOTHING
            },
        )
    }),
    router("the version is always the first", |seed| {
        orders(
            seed,
            &Tamper {
                reply: |_, reply| each_datum(reply.body_mut(), |order| order["version"] = json!(1)),
                ..Tamper::NOTHING
            },
        )
    }),
    router("a change is shown with the time of creation", |seed| {
        orders(
            seed,
            &Tamper {
                reply: |_, reply| {
                    each_datum(reply.body_mut(), |order| {
                        order["updated_at"] = order["created_at"].clone()
                    })
                },
                ..Tamper::NOTHING
            },
        )
    }),
    at(Layer::Router, "what is reserved is not shown", "inventory", |seed| {
        inventory(
            seed,
            &Tamper {
                reply: |_, reply| each_datum(reply.body_mut(), |product| blank(product, "reserved")),
                ..Tamper::NOTHING
            },
        )
    }),
];

const fn client(name: &'static str, run: fn(u64) -> Option<Failure>) -> Bug {
    at(Layer::Client, name, "orders", run)
}

const fn router(name: &'static str, run: fn(u64) -> Option<Failure>) -> Bug {
    at(Layer::Router, name, "orders", run)
}

const fn at(layer: Layer, name: &'static str, suite: &'static str, run: fn(u64) -> Option<Failure>) -> Bug {
    Bug {
        name,
        layer,
        suite,
        plant: Plant::Wrapped(run),
    }
}

/// Runs the suite of Orders on its model behind router and client, with a bug between them.
fn orders(seed: u64, tamper: &'static Tamper) -> Option<Failure> {
    let suite = suites::suite_of_orders("orders").subject("with a bug", move || async move {
        let router = commerce::http::orders::router(Fake::begin(OrdersModel::begin()));
        let client = commerce::http::orders::Client::new(Tampered::new(router, tamper));
        Ok::<_, String>(Instance::new(Arc::new(client) as _))
    });
    suite.at_most(cases::ORDERS).seed(seed).without_shrinking().run().err()
}

/// Runs the suite of Inventory in the same way.
fn inventory(seed: u64, tamper: &'static Tamper) -> Option<Failure> {
    let suite = suites::suite_of_inventory("inventory").subject("with a bug", move || async move {
        let router = commerce::http::inventory::router(Fake::begin(InventoryModel::default()));
        let client = commerce::http::inventory::Client::new(Tampered::new(router, tamper));
        Ok::<_, String>(Instance::new(Arc::new(client) as _))
    });
    suite
        .at_most(cases::INVENTORY)
        .seed(seed)
        .without_shrinking()
        .run()
        .err()
}

#[expect(clippy::cast_possible_truncation, reason = "the bug")]
fn through_double(value: &mut Value) {
    if value.is_i64()
        && let Some(number) = value.as_f64()
    {
        *value = json!(number as i64);
    }
}

fn basic_plane_only(value: &mut Value) {
    if let Value::String(text) = value {
        *text = text
            .chars()
            .map(|c| if u32::from(c) > 0xffff { '\u{fffd}' } else { c })
            .collect();
    }
}

fn trimmed(value: &mut Value) {
    if let Value::String(text) = value {
        *text = text.trim().to_owned();
    }
}

fn uniform_breaks(value: &mut Value) {
    if let Value::String(text) = value {
        *text = text.replace("\r\n", "\n");
    }
}

fn without(body: &mut Bytes, pointer: &str, field: &str) {
    edit(body, |json| {
        if let Some(Value::Object(fields)) = json.pointer_mut(pointer) {
            fields.remove(field);
        }
    });
}

fn added_up(json: &mut Value) {
    if let Some(Value::Array(items)) = json.pointer_mut("/items") {
        let [first, second] = &items[..] else { return };
        if first["sku"] == second["sku"] {
            let quantity = |item: &Value| item["quantity"].as_i64().unwrap_or(0);
            let sum = quantity(first) + quantity(second);
            items.truncate(1);
            items[0]["quantity"] = json!(sum);
        }
    }
}

fn fresh_key(request: &mut http::Request<Bytes>) {
    static MINTED: AtomicU64 = AtomicU64::new(0);
    if let Some(key) = request.headers_mut().get_mut("idempotency-key") {
        *key = HeaderValue::from(MINTED.fetch_add(1, Relaxed));
    }
}

fn cut_key(request: &mut http::Request<Bytes>) {
    if let Some(key) = request.headers_mut().get_mut("idempotency-key") {
        let text = String::from_utf8_lossy(key.as_bytes()).trim_matches('"').to_owned();
        let cut = text.split(',').next().unwrap_or_default();
        *key = HeaderValue::from_str(cut).unwrap_or_else(|_| HeaderValue::from_static("k"));
    }
}

fn rewrite(request: &mut http::Request<Bytes>, change: impl FnOnce(&str) -> String) {
    if let Ok(uri) = change(&request.uri().to_string()).parse::<Uri>() {
        *request.uri_mut() = uri;
    }
}

fn not_found_is_internal(reply: &mut http::Response<Bytes>) {
    if reply.status() == StatusCode::NOT_FOUND {
        *reply.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        edit(reply.body_mut(), |json| {
            json["error"]["code"] = json!("INTERNAL");
            json["error"]["details"] = Value::Null;
        });
    }
}

fn swapped_transition(json: &mut Value) {
    if let Some(details) = json.pointer_mut("/error/details")
        && details["kind"] == "illegal_transition"
    {
        let (from, to) = (details["from"].take(), details["to"].take());
        details["from"] = to;
        details["to"] = from;
    }
}

fn items(json: &mut Value, change: impl FnOnce(&mut Vec<Value>)) {
    if let Some(Value::Array(items)) = json.pointer_mut("/data/items") {
        change(items);
    }
}

fn total_of_page(json: &mut Value) {
    let length = json.pointer("/data/items").and_then(Value::as_array).map(Vec::len);
    if let Some(length) = length {
        json["data"]["total"] = json!(length);
    }
}

fn blank(datum: &mut Value, field: &str) {
    if let Some(field) = datum.get_mut(field) {
        *field = json!(0);
    }
}
