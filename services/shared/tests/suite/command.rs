use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use commerce::Error;
use futures::FutureExt;
use seam::Context;
use shared::{
    Tasks, Tx,
    idempotency::{Command, Decide, Decision, Scope},
};

use crate::support::{Store, effects, eventually, insert};

/// Nobody waits for it to run out.
const LONG: Duration = Duration::from_secs(3600);
const SHORT: Duration = Duration::from_millis(200);

/// Remembers what it was asked, and by whom.
#[derive(Default)]
struct Neighbour {
    is_down: AtomicBool,
    breaks_effects: AtomicBool,
    panics: AtomicBool,
    asked: Mutex<Vec<(Scope, Context)>>,
}

/// Buys what it is asked for, except an elephant.
struct Buying(Arc<Neighbour>);

#[seam::async_trait]
impl Decide for Buying {
    const OPERATION: &'static str = "buy";
    type Request = String;
    type Value = String;
    type Conflict = String;

    async fn decide(&self, scope: &Scope, what: String) -> Result<Decision<Self>, Error<String>> {
        let asked = (scope.clone(), Context::current());
        self.0.asked.lock().unwrap().push(asked);
        if self.0.is_down.load(Ordering::SeqCst) {
            let (service, reason) = ("market".to_owned(), "down for the test".to_owned());
            return Err(Error::ServiceUnavailable { service, reason });
        }
        assert!(!self.0.panics.swap(false, Ordering::SeqCst), "on purpose");
        let breaks = self.0.breaks_effects.swap(false, Ordering::SeqCst);
        let answer = match what.as_str() {
            "elephant" => Err(Error::Conflict("too big".to_owned())),
            _ => Ok(what.clone()),
        };
        Ok(Decision::new(answer, move |tx| {
            Box::pin(async move {
                insert(tx, &what).await?;
                if breaks { Err(Error::Internal) } else { Ok(()) }
            })
        }))
    }

    async fn known(_: &mut Tx, scope: &Scope, _: &String) -> Result<Option<String>, Error<String>> {
        Ok((scope.key == "an old key").then(|| "of old".to_owned()))
    }
}

fn start(store: &Store, lease: Duration) -> (Arc<Neighbour>, Arc<Command<Buying>>) {
    let neighbour = Arc::new(Neighbour::default());
    let buying = Buying(Arc::clone(&neighbour));
    (neighbour, Command::start(&store.db, lease, &Tasks::new(), buying))
}

#[tokio::test]
async fn what_could_not_be_decided_is_decided_without_its_caller_as_the_request_that_it_was() {
    let store = Store::new().await;
    let (neighbour, command) = start(&store, LONG);
    let shop = Context::root("shop");

    // The second time the recoverer has looked already, and only being woken makes it look again.
    for times in [1, 2] {
        neighbour.is_down.store(true, Ordering::SeqCst);
        let open = shop.clone().scope(command.run(times, "lamp".to_owned())).await;
        neighbour.is_down.store(false, Ordering::SeqCst);

        assert!(
            matches!(&open, Err(Error::Transport(failure)) if failure.to == "market"
                && failure.reason.starts_with("down for the test; the request goes on")),
            "{open:?}"
        );
        eventually("the lamp is bought", || async {
            effects(&store.db).await.len() == times
        })
        .await;
    }

    for (scope, context) in &*neighbour.asked.lock().unwrap() {
        assert_eq!(scope.caller, "shop");
        assert_eq!(
            (&context.request_id, &context.correlation_id, &context.caller),
            (&shop.request_id, &shop.correlation_id, &shop.caller)
        );
    }
}

#[tokio::test]
async fn a_request_whose_deadline_is_past_is_refused_before_it_is_claimed() {
    let store = Store::new().await;
    let (neighbour, command) = start(&store, LONG);
    let shop = Context::root("shop");

    let hopeless = shop.clone().within(Duration::ZERO);
    let refused = hopeless.scope(command.run("k", "lamp".to_owned())).await;
    let other = shop.scope(command.run("k", "desk".to_owned())).await;

    assert!(matches!(refused, Err(Error::ServiceUnavailable { .. })), "{refused:?}");
    assert_eq!(other, Ok("desk".to_owned()), "the key is still new");
    assert_eq!(neighbour.asked.lock().unwrap().len(), 1);
    assert_eq!(effects(&store.db).await, ["desk"]);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_claim_behind_that_others_have_to_wait_for() {
    let store = Store::new().await;
    let (neighbour, command) = start(&store, LONG);

    // Polled once, it is under way.
    let gone = command.run("k", "lamp".to_owned()).now_or_never();

    assert_eq!(gone, None);
    eventually("the lamp is bought", || async { effects(&store.db).await == ["lamp"] }).await;
    assert_eq!(command.run("k", "lamp".to_owned()).await, Ok("lamp".to_owned()));
    assert_eq!(neighbour.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_as_final_as_any_answer() {
    let store = Store::new().await;
    let (neighbour, command) = start(&store, LONG);
    let shop = Context::root("shop");

    let refused = shop.clone().scope(command.run("k", "elephant".to_owned())).await;
    let again = shop.scope(command.run("k", "elephant".to_owned())).await;

    assert_eq!(refused, Err(Error::Conflict("too big".to_owned())));
    assert_eq!(again, refused);
    assert_eq!(neighbour.asked.lock().unwrap().len(), 1);
    assert_eq!(effects(&store.db).await, ["elephant"]);
}

#[tokio::test]
async fn an_effect_that_fails_takes_its_answer_with_it_and_the_request_is_decided_again() {
    let store = Store::new().await;
    let (neighbour, command) = start(&store, SHORT);
    neighbour.breaks_effects.store(true, Ordering::SeqCst);
    let shop = Context::root("shop");

    let failed = shop.clone().scope(command.run("k", "lamp".to_owned())).await;

    eventually("the lamp is bought", || async { effects(&store.db).await == ["lamp"] }).await;
    // The request goes on, so an internal error would be as wrong as "not available".
    assert!(
        matches!(&failed, Err(Error::Transport(failure)) if failure.to == "tested"
            && failure.reason.starts_with("internal error; the request goes on")),
        "{failed:?}"
    );
    assert_eq!(
        shop.scope(command.run("k", "lamp".to_owned())).await,
        Ok("lamp".to_owned())
    );
}

#[tokio::test]
async fn a_panic_after_the_claim_leaves_the_outcome_open_and_the_request_is_decided_again() {
    let store = Store::new().await;
    let (neighbour, command) = start(&store, SHORT);
    neighbour.panics.store(true, Ordering::SeqCst);
    let shop = Context::root("shop");

    let failed = shop.clone().scope(command.run("k", "lamp".to_owned())).await;

    assert!(
        matches!(&failed, Err(Error::Transport(failure)) if !failure.reason.contains("on purpose")),
        "{failed:?}"
    );
    eventually("the lamp is bought", || async { effects(&store.db).await == ["lamp"] }).await;
    assert_eq!(
        shop.scope(command.run("k", "lamp".to_owned())).await,
        Ok("lamp".to_owned())
    );
}

#[tokio::test]
async fn what_an_old_request_has_made_is_the_answer_though_its_key_is_new_again() {
    let store = Store::new().await;
    let (neighbour, command) = start(&store, LONG);

    let answer = command.run("an old key", "lamp".to_owned()).await;

    assert_eq!(answer, Ok("of old".to_owned()));
    assert!(neighbour.asked.lock().unwrap().is_empty());
    assert!(effects(&store.db).await.is_empty());
}
