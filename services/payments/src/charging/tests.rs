//! Attempts to go on with a payment that may have been sent before, against a provider whose every answer is chosen.

use std::future::ready;

use commerce::{
    Contact, Currency, Money, Order, OrderError, OrderId, OrdersCall, OrdersReply, Payment, PaymentMethod,
    PaymentStatus, Timestamp,
};
use seam::{BoxFuture, Carrier, Contract, TransportFailure};

use super::*;
use crate::{
    domain::payment_id,
    migrations::MIGRATIONS,
    provider::scripted::{Found, Scripted, declined, refused, silence},
    work::Origin,
};

/// Orders with one order, or with an error in its place. Nothing else is asked of it.
struct OneOrder(Result<OrderStatus, OrderError>);

impl Carrier<dyn Orders> for OneOrder {
    fn carry(&self, call: OrdersCall) -> BoxFuture<'_, OrdersReply> {
        let OrdersCall::GetOrder { order_id: id } = call else {
            panic!("Payments only reads orders: {call:?}");
        };
        let order = self.0.clone().map(|status| order(id, status));
        Box::pin(ready(OrdersReply::GetOrder(order)))
    }
}

fn order(id: OrderId, status: OrderStatus) -> Order {
    let now = Timestamp::now();
    Order {
        id,
        customer_id: "ann".parse().unwrap(),
        contact: Contact {
            email: "ann@example.com".to_owned(),
            push_token: None,
        },
        payment_method: PaymentMethod("tok".to_owned()),
        status,
        lines: Vec::new(),
        total: Money::new(1000, Currency::EUR),
        payment_id: None,
        cancel_reason: None,
        shipment: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// An unknown payment; the provider's hold is known if `hold` says so.
fn record(hold: Option<&str>) -> Record {
    let (order_id, now) = (OrderId::derive(&["order"]), Timestamp::now());
    let amount = Money::new(1000, Currency::EUR);
    let payment = Payment {
        id: payment_id(order_id),
        order_id,
        status: PaymentStatus::Unknown,
        amount,
        captured: Money::new(0, Currency::EUR),
        refunded: Money::new(0, Currency::EUR),
        failure: None,
        version: 2,
        created_at: now,
        updated_at: now,
    };
    Record {
        payment,
        payment_method: PaymentMethod("tok".to_owned()),
        authorization_id: hold.map(str::to_owned),
        charge_id: None,
        refund_pending: 0,
        attempts: 1,
        origin: Origin::current(),
    }
}

/// The outcome of one more attempt at a payment whose hold is known, and the commands that it sent.
async fn attempt(
    order: Result<OrderStatus, OrderError>,
    capture: Found,
    void: Result<Verdict, ProviderError>,
) -> (Charged, Vec<&'static str>) {
    let provider = Scripted {
        capture,
        void,
        ..Scripted::willing()
    };
    charge(order, provider, record(Some("hold"))).await
}

async fn charge(
    order: Result<OrderStatus, OrderError>,
    provider: Scripted,
    record: Record,
) -> (Charged, Vec<&'static str>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/{{module}}.db", folder.path().display());
    let provider = Arc::new(provider);
    let charging = Charging {
        db: Database::open(&url, SOURCE, MIGRATIONS).await.unwrap(),
        provider: Arc::clone(&provider) as _,
        orders: <dyn Orders>::via(Arc::new(OneOrder(order))),
    };
    insert(&charging.db, &record).await;
    let mut record = record;
    let (Ok(charged) | Err(charged)) = charging.charge(&mut record, Freshness::Stale).await;
    (charged, provider.sent())
}

/// Stores the unknown payment.
async fn insert(db: &Database, record: &Record) {
    let (id, order_id) = (record.payment.id.to_string(), record.payment.order_id.to_string());
    let (version, hold) = (record.payment.version, record.authorization_id.clone());
    let inserted: Result<_, DatabaseError> = db
        .write(move |tx| {
            Box::pin(async move {
                let insert = sqlx::query(
                    "INSERT INTO payments (id, order_id, attempt, status, amount, currency, payment_method,
                        authorization_id, correlation_id, version, created_at, updated_at)
                     VALUES ($1, $2, 1, 'unknown', 1000, 'EUR', 'tok', $3, 'c', $4, 1, 1)",
                );
                let insert = insert.bind(id).bind(order_id).bind(hold).bind(version);
                insert.execute(tx.connection()).await?;
                Ok(())
            })
        })
        .await;
    inserted.unwrap();
}

/// A provider at which another process lets the payment go while it authorises.
struct Overtaken(Scripted, Database);

#[seam::async_trait]
impl Provider for Overtaken {
    async fn authorize(&self, key: &str, hold: Hold) -> Result<Operation, ProviderError> {
        let gone: Result<_, DatabaseError> = self
            .1
            .write(|tx| {
                Box::pin(async move {
                    let let_go = sqlx::query("UPDATE payments SET status = 'failed', version = version + 1");
                    let_go.execute(tx.connection()).await?;
                    Ok(())
                })
            })
            .await;
        gone.unwrap();
        self.0.authorize(key, hold).await
    }
    async fn capture(&self, key: &str, hold: &str, amount: Money) -> Result<Operation, ProviderError> {
        self.0.capture(key, hold, amount).await
    }
    async fn void(&self, key: &str, hold: &str) -> Result<Operation, ProviderError> {
        self.0.void(key, hold).await
    }
    async fn refund(&self, key: &str, charge: &str, amount: Money) -> Result<Operation, ProviderError> {
        self.0.refund(key, charge, amount).await
    }
    async fn find(&self, key: &str) -> Result<Option<Operation>, ProviderError> {
        self.0.find(key).await
    }
}

#[tokio::test]
async fn nothing_is_captured_for_a_payment_that_another_process_has_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/{{module}}.db", folder.path().display());
    let db = Database::open(&url, SOURCE, MIGRATIONS).await.unwrap();
    let mut record = record(None);
    insert(&db, &record).await;
    let provider = Arc::new(Overtaken(Scripted::willing(), db.clone()));
    let charging = Charging {
        db: db.clone(),
        provider: Arc::clone(&provider) as _,
        orders: <dyn Orders>::via(Arc::new(OneOrder(Ok(OrderStatus::Pending)))),
    };

    let (Ok(charged) | Err(charged)) = charging.charge(&mut record, Freshness::Fresh).await;

    assert!(matches!(charged, Charged::Postponed { .. }), "{charged:?}");
    assert_eq!(provider.0.sent(), ["authorize"]);
}

#[tokio::test]
async fn a_payment_is_not_let_go_once_another_process_has_its_authorisation() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/{{module}}.db", folder.path().display());
    let db = Database::open(&url, SOURCE, MIGRATIONS).await.unwrap();
    let (mine, mut theirs) = (record(None), record(None));
    insert(&db, &mine).await;
    let charging = Charging {
        db: db.clone(),
        provider: Arc::new(Scripted::willing()),
        orders: <dyn Orders>::via(Arc::new(OneOrder(Ok(OrderStatus::Cancelled)))),
    };
    let id = mine.payment.id;

    charging.note(&mut theirs, "hold").await.unwrap();
    let reason = "the order was cancelled before it was paid".to_owned();
    charging.store(mine, Charged::LetGo { reason }).await.unwrap();
    let after = payments::find(&db, id).await.unwrap().unwrap();

    assert_eq!(after.payment.status, PaymentStatus::Unknown);
    assert_eq!(after.authorization_id.as_deref(), Some("hold"));
}

fn is_open_with_hold(charged: &Charged) -> bool {
    matches!(
        charged,
        Charged::Unknown { authorization_id: Some(hold), .. }
        | Charged::Postponed { authorization_id: Some(hold), .. } if hold == "hold"
    )
}

#[tokio::test]
async fn a_void_that_did_not_succeed_is_not_the_end_of_a_hold() {
    for void in [Ok(declined()), Err(silence()), Err(refused())] {
        let (charged, sent) = attempt(Ok(OrderStatus::Cancelled), Ok(None), void).await;

        assert!(is_open_with_hold(&charged), "{charged:?}");
        assert_eq!(sent, ["void"]);
    }
}

#[tokio::test]
async fn a_hold_of_a_cancelled_order_is_voided_and_the_payment_has_failed() {
    let (charged, sent) = attempt(Ok(OrderStatus::Cancelled), Ok(None), Ok(Verdict::Done)).await;

    assert!(matches!(charged, Charged::Failed { .. }), "{charged:?}");
    assert_eq!(sent, ["void"]);
}

#[tokio::test]
async fn a_capture_that_went_through_counts_though_the_order_was_cancelled_or_is_out_of_reach() {
    for order in [
        Ok(OrderStatus::Cancelled),
        Ok(OrderStatus::Pending),
        Err(OrderError::Internal),
    ] {
        let (charged, sent) = attempt(order, Ok(Some(Verdict::Done)), Ok(Verdict::Done)).await;

        assert!(matches!(charged, Charged::Captured { .. }), "{charged:?}");
        assert!(sent.is_empty(), "{sent:?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_for_an_order_that_can_not_be_read() {
    for error in [
        OrderError::Transport(TransportFailure::new("orders", "cut")),
        OrderError::ServiceUnavailable {
            service: "orders".to_owned(),
            reason: "down".to_owned(),
        },
        OrderError::NotFound {
            what: "order".to_owned(),
            id: "o".to_owned(),
        },
        OrderError::Internal,
    ] {
        let (charged, sent) = attempt(Err(error), Ok(None), Ok(Verdict::Done)).await;

        assert!(is_open_with_hold(&charged), "{charged:?}");
        assert!(sent.is_empty(), "{sent:?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_while_the_provider_does_not_say_what_it_has_done() {
    for order in [OrderStatus::Pending, OrderStatus::Cancelled] {
        let (capture, sent) = attempt(Ok(order), Err(silence()), Ok(Verdict::Done)).await;
        assert!(is_open_with_hold(&capture), "{capture:?}");
        assert!(sent.is_empty(), "{sent:?}");

        let mute = Scripted {
            hold: Err(silence()),
            ..Scripted::willing()
        };
        let (hold, sent) = charge(Ok(order), mute, record(None)).await;
        assert!(matches!(hold, Charged::Unknown { .. }), "{hold:?}");
        assert!(sent.is_empty(), "{sent:?}");
    }
}

#[tokio::test]
async fn what_the_provider_has_declined_has_failed_and_is_not_sent_again_and_what_it_holds_is_let_go() {
    let (charged, sent) = attempt(Ok(OrderStatus::Pending), Ok(Some(declined())), Ok(Verdict::Done)).await;

    assert!(matches!(charged, Charged::LetGo { .. }), "{charged:?}");
    assert!(sent.is_empty(), "{sent:?}");
}

#[tokio::test]
async fn a_hold_is_captured_once_the_order_is_known_to_wait_for_it() {
    let (charged, sent) = attempt(Ok(OrderStatus::Pending), Ok(None), Ok(Verdict::Done)).await;

    assert!(matches!(charged, Charged::Captured { .. }), "{charged:?}");
    assert_eq!(sent, ["capture"]);
}

/// The outcome of one more attempt at a payment of a pending order, whose command the provider answers so.
async fn commanded(answer: Result<Verdict, ProviderError>, hold: Option<&str>) -> Charged {
    let provider = Scripted {
        command: answer,
        ..Scripted::willing()
    };
    charge(Ok(OrderStatus::Pending), provider, record(hold)).await.0
}

#[tokio::test]
async fn each_kind_of_answer_to_an_authorisation_has_its_own_outcome() {
    for refusal in [Ok(declined()), Err(refused())] {
        let charged = commanded(refusal, None).await;
        assert!(matches!(charged, Charged::Failed { .. }), "{charged:?}");
    }
    let unknown = commanded(Err(silence()), None).await;
    assert!(
        matches!(
            &unknown,
            Charged::Unknown {
                authorization_id: None,
                ..
            }
        ),
        "{unknown:?}"
    );
    let done = commanded(Ok(Verdict::Done), None).await;
    assert!(matches!(done, Charged::Captured { .. }), "{done:?}");
}

#[tokio::test]
async fn each_kind_of_answer_to_a_capture_has_its_own_outcome_and_no_hold_is_forgotten() {
    for refusal in [Ok(declined()), Err(refused())] {
        let charged = commanded(refusal, Some("hold")).await;
        assert!(matches!(charged, Charged::LetGo { .. }), "{charged:?}");
    }
    let unknown = commanded(Err(silence()), Some("hold")).await;
    assert!(is_open_with_hold(&unknown), "{unknown:?}");
    let done = commanded(Ok(Verdict::Done), Some("hold")).await;
    assert!(
        matches!(&done, Charged::Captured { authorization_id, .. } if authorization_id == "hold"),
        "{done:?}"
    );
}
