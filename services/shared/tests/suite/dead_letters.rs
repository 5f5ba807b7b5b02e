use std::{collections::BTreeSet, sync::Arc, time::Duration};

use shared::{
    Tasks,
    events::{DeadLetterState, Delivery, Handler, HandlerError, SubscriptionHandle},
};
use uuid::Uuid;

use crate::{
    recorder::{Recorder, effect_of, kept_back, subscribe},
    support::{Store, append, delivered, effects, eventually, order_id},
};

#[tokio::test]
async fn a_poison_event_holds_up_its_own_aggregate_only() {
    let store = Store::new().await;
    append(
        &store.db,
        [delivered(1), delivered(1), delivered(2), delivered(1), delivered(2)],
    )
    .await;
    let recorder = Recorder::new(&store.db);
    recorder.spoil(1, 2);
    let tasks = Tasks::new();

    let handle = subscribe(&store, recorder, &tasks);
    eventually("all walked", || async { handle.progress().position == 5 }).await;

    let applied: BTreeSet<_> = effects(&store.db).await.into_iter().collect();
    assert_eq!(applied, [effect_of(1, 1), effect_of(2, 1), effect_of(2, 2)].into());
    let letters = handle.dead_letters().await.unwrap();
    let seen: Vec<_> = letters
        .iter()
        .map(|one| (one.version, one.state, one.attempts))
        .collect();
    assert_eq!(seen, [(2, DeadLetterState::Dead, 1), (3, DeadLetterState::Parked, 0)]);
    assert_eq!(letters[0].reason, "spoilt for the test");
    tasks.stop(Duration::from_secs(10)).await.unwrap();
}

#[tokio::test]
async fn a_dead_letter_survives_a_restart_and_its_retry_replays_the_aggregate_in_order() {
    let (store, recorder) = kept_back().await;

    let tasks = Tasks::new();
    let handle = subscribe(&store, Arc::clone(&recorder) as _, &tasks);
    append(&store.db, [delivered(1)]).await;
    eventually("the new one is kept back too", || async {
        handle.progress().dead_letters == 4
    })
    .await;
    assert!(effects(&store.db).await.is_empty());
    recorder.cure();
    let letters = handle.dead_letters().await.unwrap();
    assert!(handle.retry(letters[0].event_id).await.unwrap());

    eventually("all applied", || async { handle.progress().dead_letters == 0 }).await;
    assert_eq!(
        effects(&store.db).await,
        (1..=4).map(|version| effect_of(1, version)).collect::<Vec<_>>()
    );
    append(&store.db, [delivered(1)]).await;
    eventually("it goes on", || async { effects(&store.db).await.len() == 5 }).await;
    tasks.stop(Duration::from_secs(10)).await.unwrap();
}

#[tokio::test]
async fn a_retry_that_fails_again_says_so_and_keeps_everything_in_place() {
    let store = Store::new().await;
    append(&store.db, [delivered(1), delivered(1)]).await;
    let recorder = Recorder::new(&store.db);
    recorder.spoil(1, 1);
    let tasks = Tasks::new();
    let handle = subscribe(&store, recorder, &tasks);
    eventually("both kept back", || async { handle.progress().dead_letters == 2 }).await;
    let letter = handle.dead_letters().await.unwrap().remove(0);

    assert!(handle.retry(letter.event_id).await.unwrap());
    eventually("a second attempt", || async {
        handle.dead_letters().await.unwrap()[0].attempts == 2
    })
    .await;

    assert_eq!(handle.dead_letters().await.unwrap().len(), 2);
    assert!(effects(&store.db).await.is_empty());
    assert!(!handle.retry(Uuid::nil()).await.unwrap(), "there is no such letter");
    tasks.stop(Duration::from_secs(10)).await.unwrap();
}

#[tokio::test]
async fn what_fails_or_panics_ten_times_is_a_dead_letter() {
    struct Broken;
    #[seam::async_trait]
    impl Handler for Broken {
        async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
            assert!(delivery.event().version != 1, "broken for the test");
            Ok(())
        }
    }
    let store = Store::new().await;
    append(&store.db, [delivered(1)]).await;
    let tasks = Tasks::new();

    let handle = subscribe(&store, Arc::new(Broken), &tasks);
    eventually("a letter", || async { handle.progress().dead_letters == 1 }).await;

    let letter = handle.dead_letters().await.unwrap().remove(0);
    assert_eq!((letter.state, letter.attempts), (DeadLetterState::Dead, 10));
    assert_eq!(letter.reason, "panicked; the log has its message");
    assert_eq!(handle.check(), Ok(()), "what was given up troubles nobody any more");
    tasks.stop(Duration::from_secs(10)).await.unwrap();
}

#[tokio::test]
async fn waiting_for_a_neighbour_that_is_down_uses_up_no_tries() {
    struct DownThenBroken(std::sync::atomic::AtomicUsize);
    #[seam::async_trait]
    impl Handler for DownThenBroken {
        async fn handle(&self, _: Delivery) -> Result<(), HandlerError> {
            let before = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Err(if before < 3 {
                HandlerError::Unavailable("down for the test".to_owned())
            } else {
                HandlerError::Failed("broken for the test".to_owned())
            })
        }
    }
    let store = Store::new().await;
    append(&store.db, [delivered(1)]).await;
    let tasks = Tasks::new();
    let handler = Arc::new(DownThenBroken(0.into()));

    let handle = subscribe(&store, Arc::clone(&handler) as _, &tasks);
    eventually("a letter", || async { handle.progress().dead_letters == 1 }).await;

    assert_eq!(handle.dead_letters().await.unwrap()[0].attempts, 10);
    assert_eq!(handler.0.load(std::sync::atomic::Ordering::SeqCst), 13);
    tasks.stop(Duration::from_secs(10)).await.unwrap();
}

#[tokio::test]
async fn a_retry_of_an_event_that_means_nothing_takes_the_letter_away() {
    struct Forgiving(std::sync::atomic::AtomicBool);
    #[seam::async_trait]
    impl Handler for Forgiving {
        async fn handle(&self, _: Delivery) -> Result<(), HandlerError> {
            if self.0.swap(true, std::sync::atomic::Ordering::SeqCst) {
                Ok(())
            } else {
                Err(HandlerError::Poison("the first time".to_owned()))
            }
        }
    }
    let store = Store::new().await;
    append(&store.db, [delivered(1)]).await;
    let tasks = Tasks::new();
    let handle = subscribe(&store, Arc::new(Forgiving(false.into())), &tasks);
    eventually("a letter", || async { handle.progress().dead_letters == 1 }).await;
    let letter = handle.dead_letters().await.unwrap().remove(0);

    handle.retry(letter.event_id).await.unwrap();

    eventually("no letter", || async {
        handle.dead_letters().await.unwrap().is_empty()
    })
    .await;
    tasks.stop(Duration::from_secs(10)).await.unwrap();
}

/// The first aggregate is not available, so the position stays before everything that the others have done.
struct FirstIsDown(Arc<Recorder>);

#[seam::async_trait]
impl Handler for FirstIsDown {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        if delivery.event().aggregate_id == order_id(0).to_string() {
            return Err(HandlerError::Unavailable("down for the test".to_owned()));
        }
        self.0.handle(delivery).await
    }
}

#[tokio::test]
async fn what_was_done_beyond_the_position_stays_as_it_is_when_it_is_read_again_after_a_restart() {
    let store = Store::new().await;
    append(&store.db, [delivered(0), delivered(1), delivered(1), delivered(1)]).await;
    let recorder = Recorder::new(&store.db);
    recorder.spoil(1, 2);
    let states = async |handle: &SubscriptionHandle| -> Vec<_> {
        let letters = handle.dead_letters().await.unwrap();
        letters.iter().map(|one| (one.version, one.state)).collect()
    };
    let kept_back = [(2, DeadLetterState::Dead), (3, DeadLetterState::Parked)];
    let tasks = Tasks::new();
    let handle = subscribe(&store, Arc::new(FirstIsDown(Arc::clone(&recorder))), &tasks);
    eventually("two kept back", || async { handle.progress().dead_letters == 2 }).await;
    assert_eq!(states(&handle).await, kept_back);
    assert_eq!(handle.progress().position, 0);
    tasks.stop(Duration::from_secs(10)).await.unwrap();

    let tasks = Tasks::new();
    let handle = subscribe(&store, Arc::clone(&recorder) as _, &tasks);
    eventually("all walked", || async { handle.progress().position == 4 }).await;

    assert_eq!(
        states(&handle).await,
        kept_back,
        "neither is the applied one among them, nor is the dead one parked"
    );
    recorder.cure();
    let letters = handle.dead_letters().await.unwrap();
    assert!(handle.retry(letters[0].event_id).await.unwrap());
    eventually("all applied", || async { handle.progress().dead_letters == 0 }).await;
    let all = effects(&store.db).await;
    let wanted = [effect_of(0, 1), effect_of(1, 1), effect_of(1, 2), effect_of(1, 3)];
    assert_eq!(all.len(), 4, "each once: {all:?}");
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(wanted));
    tasks.stop(Duration::from_secs(10)).await.unwrap();
}
