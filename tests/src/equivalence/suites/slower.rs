//! Bounds on counted and virtual time: what only gets slower answers the same, so no comparison of replies sees it.

mod stubs;
mod virtual_time;

use std::{
    pin::pin,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use commerce::{Currency, Money, Orders, Payments, Refund};
use seam::Context;

use self::{
    stubs::{Answer, HungInventory, StubProvider},
    virtual_time::{breathe, in_virtual_time},
};
use crate::equivalence::{
    Storage,
    models::{FakePayments, FixedOrders, fixed_order, log, one_tea},
    storage::TestEnvironment,
};

/// Limit of a call whose caller sets no deadline.
const LIMIT: &str = "60000";
/// Deadline of the callers here.
const DEADLINE: Duration = Duration::from_secs(1);
/// Virtual time for which the payment provider is in trouble, and the steps in which it passes.
const TROUBLE: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_millis(100);
/// Pauses double from 100 ms to 10 s: a minute has room for 12 requests.
const MOST_REQUESTS: u64 = 12;
/// Breaths of real time that a reply may take once no virtual time is left for it: 5 s.
const BREATHS: u32 = 1_000;

/// Asserts that a provider in trouble is asked less and less often, and that a caller's deadline ends its wait.
///
/// # Errors
/// The bounds that do not hold.
pub fn slower() -> Result<(), String> {
    let bounds = [
        in_virtual_time(requests_in_trouble()),
        in_virtual_time(wait_for_a_payment()),
        in_virtual_time(wait_for_a_refund()),
        in_virtual_time(wait_for_an_order()),
    ];
    let broken: Vec<String> = bounds.into_iter().filter_map(Result::err).collect();
    if broken.is_empty() {
        Ok(())
    } else {
        Err(broken.join("; "))
    }
}

/// A payments module, reached by function call.
struct Paying {
    payments: Arc<dyn Payments>,
    provider: Arc<StubProvider>,
    // The module runs until the runtime of its virtual time goes.
    _test: TestEnvironment,
}

async fn paying(provider: StubProvider) -> Result<Paying, String> {
    let test = Storage::Sqlite.environment("payments", &[("CALL_TIMEOUT_MS", LIMIT)]);
    let test = test.await?;
    let provider = Arc::new(provider);
    let dependencies = ::payments::Dependencies {
        orders: Arc::new(FixedOrders),
        orders_feed: log::silent(),
    };
    let module = ::payments::open_with(&test.environment, dependencies, Arc::clone(&provider) as _).await;
    let payments = module.map_err(|error| error.to_string())?.service;
    Ok(Paying {
        payments,
        provider,
        _test: test,
    })
}

async fn requests_in_trouble() -> Result<(), String> {
    let paying = paying(StubProvider::new(Answer::Error, Answer::Error)).await?;
    let call = hurried(paying.payments.process_payment(fixed_order("card")));
    let begun = tokio::time::Instant::now();
    let passing = async {
        while begun.elapsed() < TROUBLE {
            tokio::time::advance(STEP).await;
            breathe().await;
        }
    };
    let (paid, ()) = tokio::join!(call, passing);
    let requests = paying.provider.asked.load(SeqCst);
    if requests < 2 {
        return Err(format!(
            "the provider was asked {requests} times and then not again: {paid:?}"
        ));
    }
    if requests > MOST_REQUESTS {
        let seconds = TROUBLE.as_secs();
        return Err(format!(
            "a provider in trouble was asked {requests} times in {seconds} s, wanted at most {MOST_REQUESTS}"
        ));
    }
    Ok(())
}

async fn wait_for_a_payment() -> Result<(), String> {
    let paying = paying(StubProvider::new(Answer::Never, Answer::Never)).await?;
    let call = hurried(paying.payments.process_payment(fixed_order("card")));
    let is_asked = || paying.provider.asked.load(SeqCst) > 0;
    ends_with_its_deadline("process_payment", is_asked, call).await
}

async fn wait_for_a_refund() -> Result<(), String> {
    let paying = paying(StubProvider::new(Answer::Done, Answer::Never)).await?;
    let paid = paying.payments.process_payment(fixed_order("card")).await;
    let paid = paid.map_err(|error| format!("the order is not paid: {error}"))?;
    let before = paying.provider.asked.load(SeqCst);
    let refund = Refund {
        key: "refund".parse().map_err(|_| "it is no key")?,
        amount: Money::new(1, Currency::EUR),
    };
    let call = hurried(paying.payments.refund_payment(paid.id, refund));
    let is_asked = || paying.provider.asked.load(SeqCst) > before;
    ends_with_its_deadline("refund_payment", is_asked, call).await
}

async fn wait_for_an_order() -> Result<(), String> {
    let test = Storage::Sqlite.environment("orders", &[("CALL_TIMEOUT_MS", LIMIT)]);
    let test = test.await?;
    let inventory = Arc::new(HungInventory::default());
    let dependencies = ::orders::Dependencies {
        inventory: inventory.service(),
        payments: Arc::new(FakePayments::default()),
        payments_feed: log::silent(),
    };
    let module = ::orders::open(&test.environment, dependencies).await;
    let orders: Arc<dyn Orders> = module.map_err(|error| error.to_string())?.service;
    let call = hurried(orders.create_order(one_tea("wanted")));
    let is_asked = || inventory.asked() > 0;
    ends_with_its_deadline("create_order", is_asked, call).await
}

/// Makes a call with a deadline.
async fn hurried<T>(call: impl Future<Output = T>) -> T {
    Context::root("slower").within(DEADLINE).scope(call).await
}

/// Lets a call wait for a neighbour that never answers, and its deadline pass; then the call has to end without
/// any more virtual time. Real time is only given to the database.
async fn ends_with_its_deadline<T>(
    name: &str,
    is_waiting: impl Fn() -> bool,
    call: impl Future<Output = T>,
) -> Result<(), String> {
    let mut call = pin!(call);
    let mut breaths = 0;
    while !is_waiting() {
        breaths += 1;
        if breaths > BREATHS {
            return Err(format!("{name} never asked its neighbour"));
        }
        tokio::select! {
            _ = &mut call => return Err(format!("{name} ended before its neighbour was asked")),
            () = breathe() => {}
        }
    }
    tokio::time::advance(DEADLINE).await;
    for _ in 0..BREATHS {
        tokio::select! {
            _ = &mut call => return Ok(()),
            () = breathe() => {}
        }
    }
    Err(format!(
        "{name} goes on waiting although the deadline of its caller is past"
    ))
}
