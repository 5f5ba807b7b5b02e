use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use seam::{
    Context,
    chance::{self, Chance},
    time::{self, Clock},
};
use shared::{
    DatabaseError, Tasks,
    events::{Delivery, Handler, HandlerError},
};

use crate::{
    recorder::{stop, subscribe},
    support::{Store, append, delivered, eventually},
};

/// A seed that nothing else draws from.
const SEED: u64 = 7;

fn long_ago() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)
}

/// Reads the clock and draws a number, as any code of a module does.
fn look() -> (bool, u64) {
    let is_long_ago = time::now() < long_ago() + Duration::from_secs(3_600);
    (is_long_ago, chance::bits())
}

async fn seeded<F: Future>(work: F) -> F::Output {
    Clock::starting_at(long_ago())
        .scope(Chance::seeded(SEED).scope(work))
        .await
}

async fn first_draw() -> (bool, u64) {
    seeded(async { look() }).await
}

#[tokio::test]
async fn background_work_has_the_clock_and_the_randomness_of_the_task_that_starts_it() {
    let tasks = Tasks::new();

    let seen = seeded(async { tasks.track(async { look() }).await.unwrap() }).await;

    assert_eq!(seen, first_draw().await);
}

#[tokio::test]
async fn a_write_has_the_clock_and_the_randomness_of_its_caller() {
    let store = Store::new().await;

    let work = store
        .db
        .write::<_, DatabaseError, _>(|_| Box::pin(async { Ok(look()) }));
    // Without a context, the write would draw the ids of a new one first.
    let seen = Context::root("tested").scope(seeded(work)).await.unwrap();

    assert_eq!(seen, first_draw().await);
}

#[tokio::test]
async fn an_event_handler_has_the_clock_and_the_randomness_of_the_task_that_subscribes() {
    struct Looking(Arc<Mutex<Option<bool>>>);
    #[seam::async_trait]
    impl Handler for Looking {
        async fn handle(&self, _: Delivery) -> Result<(), HandlerError> {
            *self.0.lock().unwrap() = Some(look().0 && format!("{:?}", Chance::current()).contains("Seeded"));
            Ok(())
        }
    }
    let (store, tasks, seen) = (Store::new().await, Tasks::new(), Arc::default());
    append(&store.db, [delivered(1)]).await;

    seeded(async { subscribe(&store, Arc::new(Looking(Arc::clone(&seen))), &tasks) }).await;

    eventually("a look", || async { seen.lock().unwrap().is_some() }).await;
    stop(&tasks).await;
    assert_eq!(*seen.lock().unwrap(), Some(true));
}
