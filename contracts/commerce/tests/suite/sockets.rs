//! Crossing over real sockets: neither URLs nor connections change a call or its reply.

use std::{future::IntoFuture, sync::Arc, time::Duration};

use axum::Router;
use commerce::{
    EventFeed, Inventory, InventoryCall, InventoryReply, Orders, OrdersCall, OrdersReply, PageRequest, http,
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use seam::{
    Contract,
    http::{Socket, SocketLimits},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    calls,
    recorded::Recorded,
    samples::{order, product},
};

async fn serve(router: Router) -> Socket {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, router).into_future());
    Socket::new(&format!("http://{address}"), SocketLimits::default()).unwrap()
}

async fn cross<C: Contract + ?Sized>(
    strategy: impl Strategy<Value = (C::Call, C::Reply)>,
    router: fn(Arc<C>) -> Router,
    client: fn(Socket) -> Arc<C>,
) {
    let recorded = Recorded::<C>::new();
    let client = client(serve(router(recorded.service())).await);
    let mut runner = TestRunner::new(Config::default());
    for _ in 0..64 {
        let (call, reply) = strategy.new_tree(&mut runner).unwrap().current();
        recorded.answer(reply.clone());
        let answered = client.dispatch(call.clone()).await;
        assert_eq!((recorded.heard(), answered), (vec![call], reply));
    }
}

#[tokio::test]
async fn every_contract_is_the_same_across_tcp() {
    cross::<dyn Orders>(calls::orders(), http::orders::router, |t| {
        Arc::new(http::orders::Client::new(t))
    })
    .await;
    cross::<dyn commerce::Payments>(calls::payments(), http::payments::router, |t| {
        Arc::new(http::payments::Client::new(t))
    })
    .await;
    cross::<dyn Inventory>(calls::inventory(), http::inventory::router, |t| {
        Arc::new(http::inventory::Client::new(t))
    })
    .await;
    cross::<dyn commerce::Notifications>(calls::notifications(), http::notifications::router, |t| {
        Arc::new(http::notifications::Client::new(t))
    })
    .await;
    cross::<dyn EventFeed>(
        calls::feeds(),
        |feed| http::feed::router("orders", feed),
        |t| Arc::new(http::feed::Client::new("orders", t)),
    )
    .await;
}

#[tokio::test]
async fn ids_that_mean_something_in_a_path_arrive_as_they_are() {
    let products = Recorded::<dyn Inventory>::answering(InventoryReply::GetProduct(Ok(product(1))));
    let inventory = http::inventory::Client::new(serve(http::inventory::router(products.service())).await);
    let orders = Recorded::<dyn Orders>::answering(OrdersReply::GetOrder(Ok(order())));
    let customers = http::orders::Client::new(serve(http::orders::router(orders.service())).await);
    let page = PageRequest::default();
    for id in [
        "a/b%",
        ".",
        "..",
        "...",
        "%2E%2E",
        "%2f",
        "a?b#c",
        "a+b",
        "&=;",
        "\"<>\\^`{|}",
        "~",
    ] {
        let _ = inventory.get_product(id.parse().unwrap()).await;
        let sku = id.parse().unwrap();
        assert_eq!(products.heard(), vec![InventoryCall::GetProduct { sku }], "{id}");

        let _ = customers.list_orders_for_customer(id.parse().unwrap(), page).await;
        let customer_id = id.parse().unwrap();
        assert_eq!(
            orders.heard(),
            vec![OrdersCall::ListOrdersForCustomer { customer_id, page }],
            "{id}"
        );
    }
}

#[tokio::test]
async fn whoever_sends_a_body_far_too_large_to_its_end_still_hears_why() {
    let recorded = Recorded::<dyn Orders>::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    tokio::spawn(axum::serve(listener, http::orders::router(recorded.service())).into_future());
    let body = vec![b'x'; 12 << 20];
    let head = "POST /v2/orders HTTP/1.1\r\nhost: a\r\nidempotency-key: k\r\ncontent-type: application/json\r\n";
    let head = format!("{head}content-length: {}\r\nconnection: close\r\n\r\n", body.len());

    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.expect("all of it is taken");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");

    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("BODY_TOO_LARGE"), "{answer}");
}

/// A log without events: a read returns after the reader's full wait.
struct Quiet;

#[seam::async_trait]
impl EventFeed for Quiet {
    async fn read_events(&self, _: i64, _: u32, wait: Duration) -> Result<commerce::Batch, commerce::FeedError> {
        let an_event = std::future::pending::<()>();
        let none_in_time = tokio::time::timeout(wait, an_event).await;
        assert!(none_in_time.is_err());
        Ok(none())
    }
}

fn none() -> commerce::Batch {
    commerce::Batch {
        log: uuid::Uuid::nil(),
        events: Vec::new(),
    }
}

#[tokio::test]
async fn a_reader_outwaits_the_limit_of_its_transport() {
    let limits = SocketLimits {
        answer: Duration::from_millis(50),
        ..SocketLimits::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, http::feed::router("orders", Arc::new(Quiet))).into_future());
    let socket = Socket::new(&format!("http://{address}"), limits).unwrap();

    let read = http::feed::Client::new("orders", socket)
        .read_events(0, 1, Duration::from_millis(200))
        .await;

    assert_eq!(read, Ok(none()));
}
