//! Properties of a call that cross with it or end it early: deadlines, callers, replies that are too long.

use std::sync::{Mutex, PoisonError};

use super::*;

#[tokio::test]
async fn a_call_after_its_deadline_is_done_in_process_and_not_sent_over_http() {
    let (direct, behind) = (Fake::begin(OrdersModel::begin()), Fake::begin(OrdersModel::begin()));
    let late = Context::root(Context::ANONYMOUS).within(Duration::ZERO);

    let here = late.clone().scope(direct.create_order(tea())).await;
    let there = late.scope(over_http(Arc::clone(&behind)).create_order(tea())).await;

    assert!(here.is_ok(), "{here:?}");
    assert!(
        matches!(&there, Err(Error::Transport(failure)) if failure.to_string().contains("it was not sent")),
        "{there:?}"
    );
    assert!(matches!(behind.get_order(id()).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn a_caller_whose_id_no_header_carries_is_anonymous_over_http() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    let direct = does(move |call| {
        let caller = Context::current().caller;
        hears.lock().unwrap_or_else(PoisonError::into_inner).push(caller);
        let reply = <dyn Orders>::failed(&call, TransportFailure::new("nobody", "it only listens"));
        Box::pin(std::future::ready(reply))
    });
    let remote = over_http(Arc::clone(&direct));
    let whole = prop_oneof!["[!-~]{1,128}", Just("~".repeat(128))].prop_map(|id| (id, true));
    let none = prop_oneof![
        "[!-~]{0,9}[ \u{7f}\u{e9}\u{1f600}\n][!-~]{0,9}",
        "[!-~]{129,200}",
        Just(String::new())
    ];
    for (caller, crosses) in drawn(60, prop_oneof![whole, none.prop_map(|id| (id, false))]) {
        for orders in [&direct, &remote] {
            let asked = Context::root(&caller).scope(orders.get_order(id())).await;
            assert!(asked.is_err(), "it only listens");
        }

        let heard = std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner));

        let there = if crosses { &*caller } else { Context::ANONYMOUS };
        assert_eq!(heard, [&*caller, there]);
    }
}

#[tokio::test]
async fn a_reply_over_the_limit_of_the_socket_is_unknown() {
    let order = Fake::begin(OrdersModel::begin()).create_order(tea()).await.unwrap();
    for (limit, length) in drawn(30, (1_000..4_000_usize, 0..4_000_usize)) {
        let long = Order {
            cancel_reason: Some("x".repeat(length)),
            ..order.clone()
        };
        let direct = does(move |_| Box::pin(std::future::ready(OrdersReply::GetOrder(Ok(long.clone())))));
        let router = http::orders::router(Arc::clone(&direct));
        let request = ::http::Request::get(format!("/v2/orders/{}", id())).body(Bytes::new());
        let reply = InProcess::new(router.clone()).send(request.unwrap()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        let limits = SocketLimits {
            body: limit,
            ..SocketLimits::default()
        };
        let remote = http::orders::Client::new(Socket::new(&base, limits).unwrap());

        let (here, there) = (direct.get_order(id()).await, remote.get_order(id()).await);

        // Each reply contains one or two request ids, which are always equally long.
        let fits = reply.body().len() <= limit;
        assert!(here.is_ok());
        assert_eq!(
            there.is_ok(),
            fits,
            "{} bytes of {limit}: {there:?}",
            reply.body().len()
        );
        assert!(fits || matches!(there, Err(Error::Transport(_))), "{there:?}");
        serving.abort();
    }
}
