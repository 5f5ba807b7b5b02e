//! Versions 1 and 2 of the API show the same order, for any order.

use std::sync::Arc;

use commerce::{
    Contact, Currency, Error, Money, Order, OrderId, OrderLine, OrderStatus, OrderV1, OrderV2, Orders, OrdersCall,
    OrdersReply, PaymentId, PaymentMethod, Shipment, Timestamp, http,
};
use proptest::{prelude::*, sample::select, test_runner::TestRunner};
use seam::{
    BoxFuture, Carrier, Contract,
    http::{InProcess, Transport},
};
use serde_json::Value;

/// A fake of Orders that has one order.
struct Knows(Order);

impl Carrier<dyn Orders> for Knows {
    fn carry(&self, call: OrdersCall) -> BoxFuture<'_, OrdersReply> {
        let reply = match call {
            OrdersCall::GetOrder { .. } => OrdersReply::GetOrder(Ok(self.0.clone())),
            other => <dyn Orders>::failed(&other, seam::TransportFailure::new("orders", "not asked here")),
        };
        Box::pin(std::future::ready(reply))
    }
}

#[test]
fn both_versions_are_projections_of_one_order_for_every_order_that_can_exist() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&order(), |order| {
        let (v1, v2) = runtime.block_on(shown(&order));
        let first: OrderV1 =
            serde_json::from_value(v1.clone()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let second: OrderV2 =
            serde_json::from_value(v2.clone()).map_err(|error| TestCaseError::fail(error.to_string()))?;

        prop_assert_eq!(&first, &OrderV1::from(&order));
        prop_assert_eq!(&second, &OrderV2::from(order.clone()));
        // Both versions show identical text; version 1 adds only its frozen total.
        prop_assert_eq!(&v1["id"], &v2["id"]);
        prop_assert_eq!(&v1["status"], &v2["status"]);
        prop_assert_eq!(v1.as_object().map(|shown| shown.len()), Some(3));
        #[expect(clippy::cast_precision_loss, reason = "the frozen mistake of version 1")]
        let total = second.total_cents as f64 / 100.0;
        prop_assert_eq!(v1["total"].as_f64(), Some(total));
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}\n{runner}"));
}

/// The replies of versions 1 and 2 about the order.
async fn shown(order: &Order) -> (Value, Value) {
    let router = http::orders::router(<dyn Orders>::via(Arc::new(Knows(order.clone()))));
    let transport = InProcess::new(router);
    let get = async |version: u8| {
        let uri = format!("/v{version}/orders/{}", order.id);
        let request = ::http::Request::get(uri).body(bytes::Bytes::new()).unwrap();
        let reply = transport.send(request).await.unwrap();
        let mut body: Value = serde_json::from_slice(reply.body()).unwrap();
        body["data"].take()
    };
    (get(1).await, get(2).await)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{1,20}",
        Just("\u{e9}\u{1f600}\u{20000}\u{10ffff} \"\\\n".to_owned())
    ]
}

fn order() -> impl Strategy<Value = Order> {
    let shipment = (text(), text()).prop_map(|(carrier, tracking_number)| Shipment {
        carrier,
        tracking_number,
    });
    let cents = prop_oneof![any::<i64>(), select(&[0, (1 << 53) + 1, i64::MAX, i64::MIN][..])];
    let lines = proptest::collection::vec(("[!-~]{1,64}", 1..=1_000_000_i64, any::<i64>()), 1..4);
    let instant = select(
        &[
            0,
            1,
            -1,
            1_800_000_000_123_456,
            -377_705_023_200_000_000,
            253_402_207_199_999_999,
        ][..],
    );
    let some = (
        proptest::option::of(text()),
        proptest::option::of(shipment),
        proptest::option::of(Just(PaymentId::derive(&["paid"]))),
        proptest::option::of(Just("device".to_owned())),
    );
    let what = (select(&OrderStatus::ALL[..]), cents, "[A-Z]{3}", lines, 1..=i64::MAX);
    (what, some, instant.clone(), instant, "[!-~]{1,64}").prop_map(
        |(
            (status, cents, currency, lines, version),
            (reason, shipment, payment_id, push),
            created,
            updated,
            customer,
        )| {
            let currency = Currency::try_from(currency).expect("three letters");
            let line = |(sku, quantity, cents): (String, i64, i64)| OrderLine {
                sku: sku.parse().expect("it is a sku"),
                quantity,
                unit_price: Money::new(cents, currency),
            };
            Order {
                id: OrderId::derive(&[&customer]),
                customer_id: customer.parse().expect("it is a customer"),
                contact: Contact {
                    email: "ada@example.org".to_owned(),
                    push_token: push,
                },
                payment_method: PaymentMethod("tok".to_owned()),
                status,
                lines: lines.into_iter().map(line).collect(),
                total: Money::new(cents, currency),
                payment_id,
                cancel_reason: reason,
                shipment,
                version,
                created_at: Timestamp::from_micros(created).expect("it is in range"),
                updated_at: Timestamp::from_micros(updated).expect("it is in range"),
            }
        },
    )
}

#[test]
fn an_order_that_is_not_there_is_not_there_in_both_versions() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let missing = |_: OrdersCall| {
        OrdersReply::GetOrder(Err(Error::NotFound {
            what: "order".to_owned(),
            id: "gone".to_owned(),
        }))
    };
    struct Answers<F>(F);
    impl<F: Fn(OrdersCall) -> OrdersReply + Send + Sync> Carrier<dyn Orders> for Answers<F> {
        fn carry(&self, call: OrdersCall) -> BoxFuture<'_, OrdersReply> {
            Box::pin(std::future::ready((self.0)(call)))
        }
    }
    let transport = InProcess::new(http::orders::router(<dyn Orders>::via(Arc::new(Answers(missing)))));
    let statuses = [1, 2].map(|version| {
        let uri = format!("/v{version}/orders/{}", OrderId::derive(&["gone"]));
        let request = ::http::Request::get(uri).body(bytes::Bytes::new()).unwrap();
        runtime.block_on(transport.send(request)).unwrap().status().as_u16()
    });

    assert_eq!(statuses, [404, 404]);
}
