//! Replies to concurrent callers are those that some sequential order of the calls could have given.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use commerce::{Orders, OrdersCall, OrdersReply};
use seam::{
    BoxFuture, Carrier, Contract, TransportFailure,
    equivalence::{Completion, Failure, Instance, Model, ReplyOf, Suite},
};
use tests::equivalence::{
    Reach, Storage,
    suites::{
        self, CALLERS, RefundsAtOnce, cases, heard_of_inventory, heard_of_notifications, heard_of_orders,
        heard_of_payments, open_orders,
    },
};

/// Asserts that the replies have a sequential explanation, and that the histories show enough: at most 20 % of the
/// calls have an unknown outcome (seen: 1 %, charges that are half way), and calls overlap in at least 50 % of the
/// histories (seen: nearly all; a machine with one core has fewer).
fn is_linearizable<M: Model>(suite: Suite<M>, heard: fn(&ReplyOf<M>) -> Completion) -> Result<(), Failure>
where
    ReplyOf<M>: Sync,
{
    let report = suite.run_concurrently(CALLERS, heard)?.without_warnings()?;
    eprintln!("{report}");
    // Calls that were refused for the moment explain nothing. A fifth of them is: callers share few keys.
    assert!(report.answered > report.failed, "{report}");
    Ok(())
}

#[test]
fn inventory_is_linearizable() -> Result<(), Failure> {
    let suite = suites::inventory_at_once(&Storage::Sqlite, &[Reach::Direct, Reach::Router]);
    is_linearizable(suite, heard_of_inventory)
}

#[test]
fn orders_is_linearizable() -> Result<(), Failure> {
    let suite = suites::orders_at_once(&Storage::Sqlite, &[Reach::Direct, Reach::Router]);
    is_linearizable(suite, heard_of_orders)
}

#[test]
fn payments_is_linearizable() -> Result<(), Failure> {
    let suite = suites::payments_at_once(&Storage::Sqlite, &[Reach::Direct, Reach::Router]);
    is_linearizable(suite, heard_of_payments)
}

#[test]
fn notifications_is_linearizable() -> Result<(), Failure> {
    let suite = suites::notifications_at_once(&Storage::Sqlite, &[Reach::Direct, Reach::Router]);
    is_linearizable(suite, heard_of_notifications)
}

#[test]
fn changes_of_one_order_at_once_are_linearizable() -> Result<(), Failure> {
    let suite = suites::one_order_at_once(&Storage::Sqlite, &[Reach::Direct, Reach::Tcp]);
    is_linearizable(suite, heard_of_orders)
}

/// Loses every third reply: the call has happened, but its caller does not know.
struct Lossy {
    orders: Arc<dyn Orders>,
    replies: AtomicU64,
}

impl Carrier<dyn Orders> for Lossy {
    fn carry(&self, call: OrdersCall) -> BoxFuture<'_, OrdersReply> {
        Box::pin(async move {
            let reply = self.orders.dispatch(call.clone()).await;
            if self.replies.fetch_add(1, SeqCst) % 3 == 2 {
                return <dyn Orders>::failed(&call, TransportFailure::new("orders", "the reply was lost"));
            }
            reply
        })
    }
}

#[test]
fn orders_whose_replies_are_lost_may_have_been_made_or_not_and_that_explains_the_others() -> Result<(), Failure> {
    let suite = suites::orders_at_once(&Storage::Sqlite, &[]).subject("every third reply lost", || async {
        let instance = open_orders(Storage::Sqlite, Reach::Tcp).await?;
        let lossy = Lossy {
            orders: instance.service(),
            replies: AtomicU64::new(0),
        };
        let lossy = Instance::new(<dyn Orders>::via(Arc::new(lossy)));
        Ok::<_, String>(lossy.closed_by(instance.close()))
    });
    let report = suite.run_concurrently(CALLERS, heard_of_orders)?;
    eprintln!("{report}");
    // A third of the replies is lost on purpose, so there is a warning about them, and about nothing else.
    assert_eq!(report.warnings().len(), 1, "{report}");
    assert!(report.unknown > 0 && report.answered > report.unknown, "{report}");
    Ok(())
}

#[test]
fn refunds_at_once_give_back_what_was_captured_and_no_more() -> Result<(), RefundsAtOnce> {
    for reach in [Reach::Direct, Reach::Router] {
        suites::refunds_at_once(&Storage::Sqlite, reach, 0, cases::AT_ONCE)?;
    }
    Ok(())
}
