//! A client of a router behaves as the implementation behind it: every call arrives as it was made, and every
//! reply, value or error, comes back as it was given.

use std::sync::Arc;

use axum::Router;
use commerce::{EventFeed, Inventory, Notifications, Orders, Payments, http};
use proptest::prelude::*;
use seam::{Contract, http::InProcess};

use crate::{calls, recorded::Recorded};

fn crosses<C: Contract + ?Sized>(
    call: C::Call,
    reply: C::Reply,
    router: fn(Arc<C>) -> Router,
    client: fn(InProcess<Router>) -> Arc<C>,
) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let recorded = Recorded::<C>::answering(reply.clone());
    let client = client(InProcess::new(router(recorded.service())));
    let answered = runtime.block_on(client.dispatch(call.clone()));
    prop_assert_eq!(recorded.heard(), vec![call]);
    prop_assert_eq!(answered, reply);
    Ok(())
}

proptest! {
    #[test]
    fn orders_are_the_same_behind_a_router((call, reply) in calls::orders()) {
        crosses::<dyn Orders>(call, reply, http::orders::router, |t| Arc::new(http::orders::Client::new(t)))?;
    }

    #[test]
    fn payments_are_the_same_behind_a_router((call, reply) in calls::payments()) {
        crosses::<dyn Payments>(call, reply, http::payments::router, |t| Arc::new(http::payments::Client::new(t)))?;
    }

    #[test]
    fn inventory_is_the_same_behind_a_router((call, reply) in calls::inventory()) {
        crosses::<dyn Inventory>(call, reply, http::inventory::router, |t| Arc::new(http::inventory::Client::new(t)))?;
    }

    #[test]
    fn notifications_are_the_same_behind_a_router((call, reply) in calls::notifications()) {
        crosses::<dyn Notifications>(
            call,
            reply,
            http::notifications::router,
            |t| Arc::new(http::notifications::Client::new(t)),
        )?;
    }

    #[test]
    fn feeds_are_the_same_behind_a_router((call, reply) in calls::feeds()) {
        crosses::<dyn EventFeed>(
            call,
            reply,
            |feed| http::feed::router("orders", feed),
            |t| Arc::new(http::feed::Client::new("orders", t)),
        )?;
    }
}
