//! Claims about payments whose rows, and whose duty to charge, go to another database and back.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use commerce::{Money, Order, PageRequest, PaymentStatus, Payments};
use futures::future::join_all;
use payments::{
    Dependencies,
    provider::{Hold, Operation, Provider, ProviderError, Verdict},
};
use seam::handover::{Copying, Duty, Handover, HandoverError, switch};
use shared::{
    Environment, Module,
    testing::{self, Log, until},
};
use tempfile::TempDir;

use crate::support::{FakeOrders, euros, order, refund};

/// A provider that keeps to the contract, and remembers each command with the side that sent it.
#[derive(Default)]
pub(crate) struct Bank {
    operations: Mutex<HashMap<String, Operation>>,
    sent: Mutex<Vec<(&'static str, String)>>,
    hangs: AtomicBool,
}

impl Bank {
    /// Commands of the side, by their keys.
    pub(crate) fn sent_by(&self, side: &str) -> Vec<String> {
        let sent = self.sent.lock().expect("nobody panicked");
        let own = sent.iter().filter(|(by, _)| *by == side);
        own.map(|(_, key)| key.clone()).collect()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        let sent = self.sent.lock().expect("nobody panicked");
        sent.iter().map(|(_, key)| key.clone()).collect()
    }
}

/// The bank as one side reaches it.
struct Counter(&'static str, Arc<Bank>);

impl Counter {
    async fn send(&self, key: &str) -> Result<Operation, ProviderError> {
        let Self(side, bank) = self;
        bank.sent.lock().expect("nobody panicked").push((side, key.to_owned()));
        while bank.hangs.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        let mut operations = bank.operations.lock().expect("nobody panicked");
        let id = format!("operation {}", operations.len());
        let operation = operations.entry(key.to_owned()).or_insert(Operation {
            id,
            verdict: Verdict::Done,
        });
        Ok(operation.clone())
    }
}

#[seam::async_trait]
impl Provider for Counter {
    async fn authorize(&self, key: &str, _: Hold) -> Result<Operation, ProviderError> {
        self.send(key).await
    }
    async fn capture(&self, key: &str, _: &str, _: Money) -> Result<Operation, ProviderError> {
        self.send(key).await
    }
    async fn void(&self, key: &str, _: &str) -> Result<Operation, ProviderError> {
        self.send(key).await
    }
    async fn refund(&self, key: &str, _: &str, _: Money) -> Result<Operation, ProviderError> {
        self.send(key).await
    }
    async fn find(&self, key: &str) -> Result<Option<Operation>, ProviderError> {
        let operations = self.1.operations.lock().expect("nobody panicked");
        Ok(operations.get(key).cloned())
    }
}

/// A payments module on a database of its own.
pub(crate) struct Side {
    name: &'static str,
    environment: Environment,
    module: Module<dyn Payments>,
    folder: TempDir,
}

impl Side {
    pub(crate) async fn open(name: &'static str, orders: &Arc<FakeOrders>, bank: &Arc<Bank>) -> Self {
        Self::open_in(name, tempfile::tempdir().expect("a folder"), orders, bank).await
    }

    async fn open_in(name: &'static str, folder: TempDir, orders: &Arc<FakeOrders>, bank: &Arc<Bank>) -> Self {
        let settings = [("PROVIDER_URL", "http://127.0.0.1:1"), ("CALL_TIMEOUT_MS", "300")];
        let environment = testing::environment(folder.path(), payments::SETTINGS, &settings);
        let dependencies = Dependencies {
            orders: orders.clone(),
            orders_feed: Arc::new(Log::default()),
        };
        let provider = Arc::new(Counter(name, Arc::clone(bank)));
        let module = payments::open_with(&environment, dependencies, provider)
            .await
            .expect("it opens");
        Self {
            name,
            environment,
            module,
            folder,
        }
    }

    /// The same after the end of its process.
    async fn again(self, orders: &Arc<FakeOrders>, bank: &Arc<Bank>) -> Self {
        testing::stop(&self.environment, &self.module).await;
        drop((self.environment, self.module));
        Self::open_in(self.name, self.folder, orders, bank).await
    }

    pub(crate) fn handover(&self) -> Arc<dyn Handover> {
        Arc::new(self.module.handover.clone().expect("payments hand over"))
    }

    pub(crate) async fn duty(&self) -> Duty {
        self.handover().duty().await.expect("it is known")
    }

    pub(crate) async fn charge(&self, order: &Order) -> PaymentStatus {
        let begun = self
            .module
            .service
            .process_payment(order.id)
            .await
            .expect("it is begun");
        begun.status
    }

    pub(crate) async fn status(&self, order: &Order) -> Option<PaymentStatus> {
        let all = self
            .module
            .service
            .list_payments_for_order(order.id, PageRequest::default())
            .await;
        all.expect("they are listed")
            .items
            .first()
            .map(|payment| payment.status)
    }

    pub(crate) async fn until_captured(&self, order: &Order) {
        until("the payment is captured", async || {
            (self.status(order).await == Some(PaymentStatus::Captured)).then_some(())
        })
        .await;
    }
}

pub(crate) fn orders(count: usize) -> (Arc<FakeOrders>, Vec<Order>) {
    let fake = Arc::new(FakeOrders::default());
    let orders: Vec<Order> = (0..count)
        .map(|number| order(&format!("o{number}"), "tok_ok"))
        .collect();
    for order in &orders {
        fake.put(order.clone());
    }
    (fake, orders)
}

pub(crate) fn assert_each_once(mut keys: Vec<String>) {
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), all, "a command was sent twice");
}

#[tokio::test]
async fn a_side_that_was_given_rows_sends_nothing_until_the_duty_is_its_own() {
    let ((fake, orders), bank) = (orders(3), Arc::new(Bank::default()));
    let (old, new) = (
        Side::open("old", &fake, &bank).await,
        Side::open("new", &fake, &bank).await,
    );
    old.charge(&orders[0]).await;
    old.until_captured(&orders[0]).await;
    let copied = Copying::default()
        .run(&*old.handover(), &*new.handover(), |_| ())
        .await
        .expect("it is copied");

    let pending = new.charge(&orders[1]).await;
    // Its process believes whatever it likes: the database says who acts.
    let new = new.again(&fake, &bank).await;
    let still = new.charge(&orders[1]).await;

    assert!(copied.is_even(), "{copied}");
    assert_eq!((pending, still), (PaymentStatus::Pending, PaymentStatus::Pending));
    assert_eq!(bank.sent_by("new"), [""; 0]);
    assert_eq!((old.duty().await.acts, new.duty().await.acts), (true, false));
}

#[tokio::test]
async fn a_switch_under_load_charges_each_order_once_and_the_way_back_too() {
    let ((fake, orders), bank) = (orders(90), Arc::new(Bank::default()));
    let (old, new) = (
        Side::open("old", &fake, &bank).await,
        Side::open("new", &fake, &bank).await,
    );
    // The new side takes part from the start.
    for order in &orders[..10] {
        old.charge(order).await;
    }
    Copying::default()
        .run(&*old.handover(), &*new.handover(), |_| ())
        .await
        .expect("it is copied");

    let load = async {
        for orders in orders[10..50].chunks(10) {
            join_all(orders.iter().map(|order| old.charge(order))).await;
        }
    };
    let ours = old.handover();
    let theirs = new.handover();
    let (_, there) = tokio::join!(load, switch(Copying::in_ranges_of(8), &*ours, &*theirs));
    let there = there.expect("it is switched");
    let by_old = bank.sent_by("old").len();
    for order in &orders[50..70] {
        new.charge(order).await;
        new.until_captured(order).await;
    }
    // What the old side was asked for at the last moment is copied when it is given.
    Copying::default()
        .run(&*ours, &*theirs, |_| ())
        .await
        .expect("the rest is copied");
    for order in &orders[..70] {
        new.until_captured(order).await;
    }
    let old_after = bank.sent_by("old").len();
    let back = switch(Copying::default(), &*theirs, &*ours)
        .await
        .expect("it is switched back");
    for order in &orders[70..] {
        old.charge(order).await;
    }
    for order in &orders {
        old.until_captured(order).await;
    }

    assert!(
        there.acts.is_some_and(|duty| duty.acts) && back.acts.is_some(),
        "{there:?} {back:?}"
    );
    assert_eq!(by_old, old_after, "the old side charges nothing after the switch");
    assert!(
        bank.sent_by("new").len() >= 20 * 2,
        "the new side charged what came after"
    );
    assert_each_once(bank.keys());
    assert_eq!(
        bank.keys().len(),
        orders.len() * 2,
        "an authorisation and a capture for each order"
    );
    assert_eq!((old.duty().await.acts, new.duty().await.acts), (true, false));
}

#[tokio::test]
async fn a_side_stands_by_only_once_what_it_has_under_way_is_done() {
    let ((fake, orders), bank) = (orders(2), Arc::new(Bank::default()));
    let (old, new) = (
        Side::open("old", &fake, &bank).await,
        Side::open("new", &fake, &bank).await,
    );
    old.charge(&orders[0]).await;
    old.until_captured(&orders[0]).await;
    bank.hangs.store(true, Ordering::SeqCst);
    old.charge(&orders[1]).await;
    until("a command hangs", async || {
        (bank.sent_by("old").len() == 3).then_some(())
    })
    .await;

    let ours = old.handover();
    let mut released = std::pin::pin!(ours.stand_by(1));
    let early = tokio::time::timeout(Duration::from_millis(300), &mut released).await;
    let stored = old.duty().await;
    bank.hangs.store(false, Ordering::SeqCst);
    let release = released.await.expect("it stands by");
    let status = old.status(&orders[1]).await;
    Copying::default()
        .run(&*ours, &*new.handover(), |_| ())
        .await
        .expect("it is copied");
    let acts = new.handover().act(release).await.expect("it acts");

    assert!(early.is_err(), "a charge is under way");
    assert_eq!(stored, Duty { epoch: 1, acts: false }, "nothing new begins meanwhile");
    assert_eq!(
        status,
        Some(PaymentStatus::Captured),
        "what was under way is done and stored"
    );
    assert_eq!(acts, Duty { epoch: 1, acts: true });
    assert_each_once(bank.keys());
}

#[tokio::test]
async fn an_epoch_that_is_over_gives_nobody_the_duty() {
    let ((fake, orders), bank) = (orders(1), Arc::new(Bank::default()));
    let (old, new) = (
        Side::open("old", &fake, &bank).await,
        Side::open("new", &fake, &bank).await,
    );
    old.charge(&orders[0]).await;
    Copying::default()
        .run(&*old.handover(), &*new.handover(), |_| ())
        .await
        .expect("it is copied");
    let (ours, theirs) = (old.handover(), new.handover());

    // Two that switch in opposite directions at the same time.
    let from_old = ours.stand_by(1).await.expect("it stands by");
    let from_new = theirs.stand_by(1).await.expect("it stands by");
    let one = theirs.act(from_old).await;
    let other = ours.act(from_new).await;
    let repeated = ours.stand_by(1).await;
    let done = switch(Copying::default(), &*ours, &*theirs)
        .await
        .expect("another switch settles it");
    let late = ours.act(from_new).await;

    assert!(matches!(one, Err(HandoverError::Epoch { seen: 1, .. })), "{one:?}");
    assert!(matches!(other, Err(HandoverError::Epoch { seen: 1, .. })), "{other:?}");
    assert!(repeated.is_ok(), "{repeated:?}");
    assert_eq!(done.acts, Some(Duty { epoch: 2, acts: true }));
    assert!(matches!(late, Err(HandoverError::Epoch { seen: 1, .. })), "{late:?}");
}

#[tokio::test]
async fn refunds_go_along_and_are_answered_the_same_on_the_other_side() {
    let ((fake, orders), bank) = (orders(1), Arc::new(Bank::default()));
    let (old, new) = (
        Side::open("old", &fake, &bank).await,
        Side::open("new", &fake, &bank).await,
    );
    old.charge(&orders[0]).await;
    old.until_captured(&orders[0]).await;
    let all = old
        .module
        .service
        .list_payments_for_order(orders[0].id, PageRequest::default())
        .await;
    let payment = all.expect("they are listed").items.remove(0);
    let first = refund(Arc::clone(&old.module.service), "shop", &payment, "key", 400)
        .await
        .expect("it is refunded");

    switch(Copying::default(), &*old.handover(), &*new.handover())
        .await
        .expect("it is switched");
    let repeated = refund(Arc::clone(&new.module.service), "shop", &payment, "key", 400).await;
    let more = refund(Arc::clone(&new.module.service), "shop", &payment, "other", 600).await;

    assert_eq!(repeated, Ok(first), "the reply that was given, byte for byte");
    assert_eq!(more.map(|payment| payment.refunded), Ok(euros(1000)));
    assert_each_once(bank.keys());
}

#[tokio::test]
async fn every_table_of_payments_is_handed_over_but_those_of_this_side_alone() {
    let ((fake, _), bank) = (orders(0), Arc::new(Bank::default()));
    let side = Side::open("old", &fake, &bank).await;

    let left = testing::not_handed_over(&side.module).await;

    // Payments has no commands in `idempotency`: a refund holds its key itself.
    let own = [
        "applied_migrations",
        "applied_versions",
        "dead_letters",
        "duty",
        "idempotency",
        "inbox",
        "log",
        "subscriptions",
        "write_probes",
    ];
    assert_eq!(left, own);
}
