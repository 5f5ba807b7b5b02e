//! Payments reads every order before charging it, and learns of new orders through the log of Orders.

use std::sync::{Arc, Mutex};

use commerce::{
    ErrorCode, Money, OrderId, OrderStatus, Orders, PageRequest, Payment, PaymentConflict, PaymentError, PaymentStatus,
    Payments, http::orders,
};
use payments::provider::{Hold, Operation, Provider, ProviderError, Verdict};
use serde_json::json;
use shared::testing::{Log, until};

use super::{
    call::{Call, minted},
    events, feed,
    fixtures::{self, PRICE, SKU, TOTAL, ordered},
    incoming::IncomingMessage,
    matchers::text,
    message::Message,
    neighbours::{orders_with, silence},
    opened::{self, Opened},
    states,
    suite::{Link, Pact},
};

pub(crate) fn pact() -> Pact {
    let pact = Pact::between("payments", "orders");
    let stocked = states::stocked(SKU, PRICE, 100);
    feed::read(
        messages(calls(pact)),
        "orders",
        vec![stocked, ordered(OrderStatus::Pending)],
    )
}

fn calls(pact: Pact) -> Pact {
    let get = |description, status| {
        let place = minted("/v2/orders/${order_id}", order_id());
        let call = Call::get(description, place).given(states::stocked(SKU, PRICE, 100));
        call.given(ordered(status)).answers(fixtures::order(order_id(), status))
    };
    let missing = Call::get(
        "look an order up that does not exist",
        format!("/v2/orders/{}", order_id()),
    );
    let details = json_pattern!({ "what": text("order"), "id": text(&order_id().to_string()) });
    pact.call(
        get("look an order up that is pending", OrderStatus::Pending),
        |orders| async {
            let (charged, holds) = charge(orders).await;
            let payment = charged.unwrap();
            assert_eq!((payment.status, payment.captured), (PaymentStatus::Captured, TOTAL));
            assert_eq!(holds, [(TOTAL, "tok_ok".to_owned(), order_id().to_string())]);
        },
    )
    .call(
        get("look an order up that is confirmed", OrderStatus::Confirmed),
        |orders| async {
            let order_id = order_id();
            let status = "confirmed".to_owned();
            let conflict = PaymentConflict::OrderNotPayable { order_id, status };
            assert_eq!(
                charge(orders).await,
                (Err(PaymentError::Conflict(conflict)), Vec::new())
            );
        },
    )
    .call(
        get("look an order up that is cancelled", OrderStatus::Cancelled),
        is_let_go,
    )
    .call(missing.refuses(ErrorCode::NotFound, details), |orders| async {
        let (what, id) = ("order".to_owned(), order_id().to_string());
        assert_eq!(
            charge(orders).await,
            (Err(PaymentError::NotFound { what, id }), Vec::new())
        );
    })
}

/// A new order is charged. Later events of it do not matter to Payments, but have to be readable.
fn messages(pact: Pact) -> Pact {
    let id = order_id();
    let message = |event, version, status| {
        let message = Message::of(event, version).given(states::stocked(SKU, PRICE, 100));
        message.given(ordered(status))
    };
    let pact = pact.message(
        message(events::order_created(id), 1, OrderStatus::Pending),
        |message| async move {
            let payments = payments_after(&message).await;
            assert_eq!(
                (payments.len(), payments[0].order_id, payments[0].amount),
                (1, order_id(), TOTAL)
            );
        },
    );
    [
        (events::order_confirmed(id), 2, OrderStatus::Confirmed),
        (events::order_cancelled(id), 2, OrderStatus::Cancelled),
        (events::order_shipped(id), 3, OrderStatus::Shipped),
        (events::order_delivered(id), 4, OrderStatus::Delivered),
    ]
    .into_iter()
    .fold(pact, |pact, (event, version, status)| {
        pact.message(message(event, version, status), move |message| async move {
            let earlier = events::history(order_id(), version);
            let payments = payments_after(&message.after(&earlier)).await;
            assert_eq!(payments.len(), 1, "the one that its creation has led to");
        })
    })
}

fn order_id() -> OrderId {
    fixtures::order_id("payments-orders")
}

/// A provider that holds and captures every amount.
#[derive(Debug, Default)]
struct Takes(Mutex<Vec<(Money, String, String)>>);

fn done(id: &str) -> Result<Operation, ProviderError> {
    let (id, verdict) = (id.to_owned(), Verdict::Done);
    Ok(Operation { id, verdict })
}

#[seam::async_trait]
impl Provider for Takes {
    async fn authorize(&self, _: &str, hold: Hold) -> Result<Operation, ProviderError> {
        let Hold {
            amount,
            payment_method,
            reference,
        } = hold;
        self.0.lock().unwrap().push((amount, payment_method.0, reference));
        done("held")
    }
    async fn capture(&self, _: &str, _: &str, _: Money) -> Result<Operation, ProviderError> {
        done("taken")
    }
    async fn void(&self, _: &str, _: &str) -> Result<Operation, ProviderError> {
        done("let go")
    }
    async fn refund(&self, _: &str, _: &str, _: Money) -> Result<Operation, ProviderError> {
        done("given back")
    }
    async fn find(&self, _: &str) -> Result<Option<Operation>, ProviderError> {
        Ok(None)
    }
}

async fn charge(orders: Link) -> (Result<Payment, PaymentError>, Vec<(Money, String, String)>) {
    let provider = Arc::new(Takes::default());
    let orders: Arc<dyn Orders> = Arc::new(orders::Client::new(orders.socket()));
    let payments = opened::payments(orders, silence(), Arc::clone(&provider) as _).await;
    let charged = payments.service.process_payment(order_id()).await;
    payments.close().await;
    let held = provider.0.lock().unwrap().clone();
    (charged, held)
}

/// An order that is cancelled before Payments learns of it.
async fn is_let_go(link: Link) {
    let (log, provider) = (Arc::new(Log::default()), Arc::new(Takes::default()));
    let orders: Arc<dyn Orders> = Arc::new(orders::Client::new(link.socket()));
    let payments = opened::payments(orders, Arc::clone(&log) as _, Arc::clone(&provider) as _).await;

    log.append(&events::history(order_id(), 2)[0]);

    let failed = until("its payment has failed", async || {
        let known = all(&payments).await;
        known
            .into_iter()
            .find(|payment| payment.status == PaymentStatus::Failed)
    })
    .await;
    assert_eq!(
        failed.failure.as_deref(),
        Some("the order was cancelled before it was paid")
    );
    assert_eq!(provider.0.lock().unwrap().len(), 0, "nothing is held");
    payments.close().await;
}

async fn payments_after(message: &IncomingMessage) -> Vec<Payment> {
    let order = json!({
        "id": order_id(),
        "status": "pending",
        "total_cents": TOTAL.cents,
        "currency": TOTAL.currency,
        "line_items": [{ "sku": SKU, "quantity": 2, "unit_price_cents": PRICE.cents }],
        "customer_id": "ada",
        "contact": fixtures::contact(),
        "payment_method": "tok_ok",
        "version": 1,
        "created_at": "2026-01-31T12:00:00.000000Z",
        "updated_at": "2026-01-31T12:00:00.000000Z",
    });
    let provider = Arc::new(Takes::default());
    let payments = opened::payments(orders_with(order), message.feed(), provider).await;
    payments.handles("payments.orders", message).await;
    let known = all(&payments).await;
    payments.close().await;
    known
}

async fn all(payments: &Opened<dyn Payments>) -> Vec<Payment> {
    let page = PageRequest::default();
    let listed = payments.service.list_payments_for_order(order_id(), page).await;
    listed.unwrap().items
}
