//! A hanging Orders: in both deployments no call waits for it longer than the limit, and nothing is held for ever.

use std::time::Duration;

use commerce::{PaymentError, PaymentStatus};
use seam::Context;
use tokio::time::timeout;

use crate::{
    events::{created, payment_of},
    support::{Deployment, Fixture},
};

/// Far longer than the limit of a call, and far shorter than for ever.
const FAR: Duration = Duration::from_secs(10);

/// Pieces of work in progress at once, at most.
const CONCURRENCY: usize = 16;

#[tokio::test]
async fn a_command_gives_up_a_hanging_orders_after_the_limit() {
    for deployment in Deployment::ALL {
        let fixture = Fixture::deployed(deployment).await;
        let order = fixture.order("o", "tok_ok");
        fixture.orders.hang();

        let answer = timeout(FAR, fixture.payments().process_payment(order.id)).await;

        assert!(
            matches!(&answer, Ok(Err(PaymentError::ServiceUnavailable { service, .. })) if service == "orders"),
            "{deployment:?}: {answer:?}"
        );
        assert!(!format!("{answer:?}").contains("127.0.0.1"), "{answer:?}");
    }
}

#[tokio::test]
async fn an_event_is_handled_again_after_orders_hung() {
    for deployment in Deployment::ALL {
        let mut fixture = Fixture::deployed(deployment).await;
        fixture.provider_up().await;
        let order = fixture.order("o", "tok_ok");
        fixture.orders.hang();
        fixture.feed.append(&created(&order));
        fixture.orders.until_hung(1).await;

        fixture.orders.recover();
        let payment = payment_of(&fixture, &order).await;

        assert_eq!(payment.status, PaymentStatus::Captured, "{deployment:?}");
    }
}

#[tokio::test]
async fn a_hanging_orders_holds_no_place_of_the_dispatch_for_ever() {
    for deployment in Deployment::ALL {
        let mut fixture = Fixture::deployed(deployment).await;
        let mut begun = Vec::new();
        for index in 0..=CONCURRENCY {
            let order = fixture.order(&index.to_string(), "tok_ok");
            let early = Context::root("shop").within(Duration::from_millis(60));
            let payment = early.scope(fixture.payments().process_payment(order.id)).await;
            begun.push(payment.expect("it is begun"));
        }
        for payment in &begun {
            fixture
                .until(payment.clone(), |status| status == PaymentStatus::Unknown)
                .await;
        }
        // Work that was tried before reads its order again: it hangs in every place there is.
        fixture.orders.hang();
        fixture.provider_up().await;
        fixture.orders.until_hung(CONCURRENCY).await;

        fixture.orders.recover();
        for payment in begun {
            assert_eq!(
                fixture.settled(payment).await.status,
                PaymentStatus::Captured,
                "{deployment:?}"
            );
        }
    }
}
