//! Where a call in process and over HTTP may differ: each row of `DIFFERENCES.md` is hit here.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use commerce::{
    Error, Inventory, NewOrder, Order, OrderError, OrderId, OrderStatus, Orders, OrdersCall, OrdersReply,
    ProductUpdate, http,
};
use futures::FutureExt;
use seam::{
    BoxFuture, Carrier, Context, Contract, TransportFailure,
    equivalence::Modelled,
    http::{InProcess, Socket, SocketLimits, Transport},
};
use shared::{Environment, Mounted, Settings, server};
use tests::equivalence::{
    Ground, Reach, Reqwest,
    models::{InventoryModel, OrdersModel},
    suites::open_orders,
};
use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::asking::{answered, order_for};

/// Orders that does what it is told to at every call.
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

#[tokio::test]
async fn a_body_over_the_limit_is_invalid_input_on_both_sides() {
    let direct = Modelled::begin(OrdersModel::begin());
    let reason = "x".repeat(3 << 20);

    let here = direct.cancel_order(id(), reason.clone()).await;
    let there = over_http(Arc::clone(&direct)).cancel_order(id(), reason).await;

    let field = |answer: Result<Order, OrderError>| match answer {
        Err(Error::InvalidInput(invalid)) => invalid.field,
        other => panic!("{other:?}"),
    };
    assert_eq!((field(here).as_str(), field(there).as_str()), ("reason", "body"));
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
async fn silence_is_unknown_over_http() {
    let silent = does(|_| Box::pin(std::future::pending()));
    let soon = Context::root("ada").within(Duration::from_millis(20));

    let there = soon.scope(over_http(silent).get_order(id())).await;

    assert!(matches!(there, Err(Error::Transport(_))), "{there:?}");
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
async fn a_caller_that_goes_away_leaves_a_command_that_its_key_finishes() {
    for reach in [Reach::Direct, Reach::Router, Reach::Tcp] {
        let instance = open_orders(Ground::Sqlite, reach).await.unwrap();
        let orders = instance.service();

        let gone = tokio::time::timeout(Duration::from_micros(300), orders.create_order(tea())).await;
        let finished = answered(&*orders, &tea()).await.unwrap();

        assert_eq!(
            (finished.id, finished.status),
            (id(), OrderStatus::Pending),
            "{reach:?}, {gone:?}"
        );
        instance.close().await;
    }
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
    let direct = Modelled::begin(InventoryModel::default());
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

/// What the router says to a body that no typed client writes.
async fn raw(path: &str, body: &str) -> (u16, serde_json::Value) {
    let transport = InProcess::new(http::orders::router(Modelled::begin(OrdersModel::begin())));
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
    let transport = InProcess::new(http::orders::router(Modelled::begin(OrdersModel::begin())));
    for page in ["4294967296", "-1", "1.5", "one", ""] {
        let uri = format!("/v2/customers/ada/orders?page={page}");
        let reply = transport
            .send(::http::Request::get(uri).body(Bytes::new()).unwrap())
            .await
            .unwrap();

        assert_eq!(reply.status().as_u16(), 400, "page={page}");
    }
}

#[test]
fn every_row_of_the_table_names_a_test_of_this_file() {
    let (table, tests) = (include_str!("DIFFERENCES.md"), include_str!("differences.rs"));
    let rows = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| what"));
    let named: Vec<&str> = rows.filter_map(|row| row.rsplit('`').nth(1)).collect();

    assert_eq!(named.len(), 10);
    for name in named {
        assert!(tests.contains(&format!("fn {name}()")), "there is no test {name}");
    }
}
