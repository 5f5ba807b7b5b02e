//! Every row of `DIFFERENCES.md`, the differences allowed between a call in process and a call over HTTP, is
//! met by a test.

mod context;
mod gone;

use std::{fmt::Debug, sync::Arc, time::Duration};

use bytes::Bytes;
use commerce::{
    Error, Inventory, NewOrder, Order, OrderError, OrderId, Orders, OrdersCall, OrdersReply, ProductUpdate, http,
};
use futures::FutureExt;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use seam::{
    BoxFuture, Carrier, Context, Contract, TransportFailure,
    equivalence::Fake,
    http::{InProcess, Socket, SocketLimits, Transport},
};
use shared::{Environment, Mounted, Neighbour, Settings, server};
use tests::equivalence::{
    Reqwest,
    models::{InventoryModel, OrdersModel},
};
use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::asking::order_for;

/// A fake of Orders that runs the given function at every call.
struct Does<F>(F);

impl<F: Fn(OrdersCall) -> BoxFuture<'static, OrdersReply> + Send + Sync> Carrier<dyn Orders> for Does<F> {
    fn carry(&self, call: OrdersCall) -> BoxFuture<'_, OrdersReply> {
        (self.0)(call)
    }
}

fn does(what: impl Fn(OrdersCall) -> BoxFuture<'static, OrdersReply> + Send + Sync + 'static) -> Arc<dyn Orders> {
    <dyn Orders>::via(Arc::new(Does(what)))
}

fn over_http(orders: Arc<dyn Orders>) -> Arc<dyn Orders> {
    Arc::new(http::orders::Client::new(InProcess::new(http::orders::router(orders))))
}

fn id() -> OrderId {
    OrderId::derive(&[Context::ANONYMOUS, "k"])
}

fn tea() -> NewOrder {
    order_for("k", "tea", 1)
}

/// `count` values of a strategy, the same in every run.
fn drawn<T: Debug>(count: usize, values: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    let mut one = || values.new_tree(&mut runner).unwrap().current();
    (0..count).map(|_| one()).collect()
}

#[tokio::test]
async fn a_body_over_the_limit_is_invalid_input_on_both_sides() {
    const LIMIT: usize = 2 << 20;
    let direct = Fake::begin(OrdersModel::begin());
    let over = prop_oneof![Just(LIMIT), LIMIT..LIMIT + 100, LIMIT..2 * LIMIT];
    let letter = prop::sample::select(vec!["x", "\u{e9}", "\u{1f600}", "\""]);
    for (bytes, letter) in drawn(12, (over, letter)) {
        let reason = letter.repeat(bytes.div_ceil(letter.len()));

        let here = direct.cancel_order(id(), reason.clone()).await;
        let there = over_http(Arc::clone(&direct)).cancel_order(id(), reason).await;

        let field = |answer: Result<Order, OrderError>| match answer {
            Err(Error::InvalidInput(invalid)) => invalid.field,
            other => panic!("{other:?}"),
        };
        let fields = (field(here), field(there));
        assert_eq!(
            (&*fields.0, &*fields.1),
            ("reason", "body"),
            "{bytes} bytes of {letter:?}"
        );
    }
}

#[tokio::test]
async fn a_panic_is_an_internal_error_over_http_and_tells_nothing() {
    let broken = does(|_| Box::pin(async { panic!("the card 4111") }));

    let here = std::panic::AssertUnwindSafe(broken.get_order(id()))
        .catch_unwind()
        .await;
    let environment = Environment::new(Settings::from_pairs(&[], []).unwrap());
    let mounted = Mounted::routes("orders", http::orders::router(broken));
    let served = InProcess::new(server::router(&environment, &vec![mounted].into()));
    let there = http::orders::Client::new(served).get_order(id()).await;

    assert!(here.is_err());
    assert_eq!(there, Err(Error::Internal));
}

#[tokio::test]
async fn silence_is_unknown_over_http_and_in_process_as_long_as_the_caller_waits() {
    let silent = does(|_| Box::pin(std::future::pending()));
    let soon = Context::root("ada").within(Duration::from_millis(20));

    let here = soon.clone().scope(silent.get_order(id()));
    let here = tokio::time::timeout(Duration::from_millis(100), here).await;
    let there = soon.scope(over_http(Arc::clone(&silent)).get_order(id())).await;
    let neighbour = Neighbour::of(silent, Duration::from_millis(20)).into_service();
    let of_a_module = neighbour.get_order(id()).await;

    assert!(here.is_err(), "the deadline ends nothing in process: {here:?}");
    assert!(matches!(there, Err(Error::Transport(_))), "{there:?}");
    assert!(matches!(of_a_module, Err(Error::Transport(_))), "{of_a_module:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_unknown_never_failed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut some = [0; 10];
            let _ = stream.read_exact(&mut some).await;
        }
    });
    let client = http::orders::Client::new(Socket::new(&base, SocketLimits::default()).unwrap());

    let answer = client.create_order(tea()).await;

    assert!(matches!(answer, Err(Error::Transport(_))), "{answer:?}");
}

#[tokio::test]
async fn a_failure_behind_a_module_stays_unknown_over_http() {
    let failing = does(|call| {
        let reply = <dyn Orders>::failed(&call, TransportFailure::new("inventory", "reset"));
        Box::pin(std::future::ready(reply))
    });

    let here = failing.get_order(id()).await;
    let there = over_http(failing).get_order(id()).await;

    assert!(
        matches!(&here, Err(Error::Transport(failure)) if failure.to_string().contains("inventory")),
        "{here:?}"
    );
    assert!(matches!(&there, Err(Error::Transport(_))), "{there:?}");
}

#[tokio::test]
async fn ids_of_dots_cross_with_our_client_and_not_with_one_that_tidies_urls() {
    let direct = Fake::begin(InventoryModel::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = http::inventory::router(Arc::clone(&direct));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let ours = http::inventory::Client::new(Socket::new(&base, SocketLimits::default()).unwrap());
    let tidy = http::inventory::Client::new(Reqwest::to(base));
    let dots = ProductUpdate {
        sku: "..".parse().unwrap(),
        price: commerce::Money::new(1, commerce::Currency::EUR),
        stock: 1,
    };

    let put = ours.put_product(dots.clone()).await;

    assert_eq!(put, direct.get_product(dots.sku.clone()).await);
    assert_eq!(ours.get_product(dots.sku.clone()).await, put);
    let lost = tidy.get_product(dots.sku.clone()).await;
    assert!(lost.is_err(), "{lost:?}");
}

/// Sends a body that no typed client writes, through the router; returns status and reply.
async fn raw(path: &str, body: &str) -> (u16, serde_json::Value) {
    let transport = InProcess::new(http::orders::router(Fake::begin(OrdersModel::begin())));
    let request = ::http::Request::post(path)
        .header("content-type", "application/json")
        .header("idempotency-key", "k")
        .body(Bytes::from(body.to_owned()));
    let reply = transport.send(request.unwrap()).await.unwrap();
    (reply.status().as_u16(), serde_json::from_slice(reply.body()).unwrap())
}

fn order_with(contact: &str) -> String {
    format!(
        r#"{{"customer_id":"ada","contact":{contact},"payment_method":"tok","items":[{{"sku":"tea","quantity":1}}]}}"#
    )
}

#[tokio::test]
async fn absent_and_null_are_the_same_none() {
    let (absent, first) = raw("/v2/orders", &order_with(r#"{"email":"a@b.c"}"#)).await;
    let (null, second) = raw("/v2/orders", &order_with(r#"{"email":"a@b.c","push_token":null}"#)).await;

    assert_eq!((absent, null), (201, 201), "{first} {second}");
    assert_eq!(first["data"], second["data"]);
    assert_eq!(
        first.pointer("/data/contact"),
        Some(&serde_json::json!({ "email": "a@b.c" }))
    );
}

#[tokio::test]
async fn doubled_and_unknown_fields_are_refused_over_http() {
    for contact in [r#"{"email":"a@b.c","email":"a@b.c"}"#, r#"{"email":"a@b.c","fax":"1"}"#] {
        let (status, body) = raw("/v2/orders", &order_with(contact)).await;

        assert_eq!(
            (status, &body["error"]["code"]),
            (400, &"INVALID_INPUT".into()),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_page_that_no_caller_in_process_can_name_is_refused_over_http() {
    let transport = InProcess::new(http::orders::router(Fake::begin(OrdersModel::begin())));
    let beyond = (u64::from(u32::MAX) + 1..).prop_map(|page| page.to_string());
    let negative = (i64::MIN..0).prop_map(|page| page.to_string());
    let broken = (0..9_u32, 0..9_u32).prop_map(|(whole, part)| format!("{whole}.{part}"));
    let pages = prop_oneof![beyond, negative, broken, "[a-z]{0,6}", Just("4294967296".to_owned())];
    for page in drawn(60, pages) {
        let uri = format!("/v2/customers/ada/orders?page={page}");
        let reply = transport
            .send(::http::Request::get(uri).body(Bytes::new()).unwrap())
            .await
            .unwrap();

        assert_eq!(reply.status().as_u16(), 400, "page={page}");
    }
}

#[test]
fn every_row_of_the_table_names_a_test_of_this_file_or_its_folder() {
    let table = include_str!("DIFFERENCES.md");
    let tests = [
        include_str!("differences.rs"),
        include_str!("differences/context.rs"),
        include_str!("differences/gone.rs"),
    ];
    let rows = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| what"));
    let named: Vec<&str> = rows.filter_map(|row| row.rsplit('`').nth(1)).collect();

    assert_eq!(named.len(), 13);
    for name in named {
        let is_there = tests.iter().any(|file| file.contains(&format!("fn {name}()")));
        assert!(is_there, "there is no test {name}");
    }
}
