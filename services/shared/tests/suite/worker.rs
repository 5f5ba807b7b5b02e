use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use shared::{Next, Round, Tasks, Worker};

use crate::support::eventually;

#[derive(Default)]
struct Counting {
    rounds: AtomicUsize,
    failing: AtomicBool,
    next: Option<Next>,
}

struct Shared(Arc<Counting>);

#[seam::async_trait]
impl Round for Shared {
    async fn round(&self) -> Result<Next, String> {
        self.0.rounds.fetch_add(1, Ordering::SeqCst);
        if self.0.failing.load(Ordering::SeqCst) {
            return Err("failing for the test".to_owned());
        }
        Ok(self.0.next.unwrap_or(Next::Idle))
    }
}

async fn rounds(counting: &Counting, at_least: usize) {
    eventually("more rounds", || async {
        counting.rounds.load(Ordering::SeqCst) >= at_least
    })
    .await;
}

#[tokio::test]
async fn it_works_once_at_the_start_and_once_for_each_wake() {
    let (tasks, counting) = (Tasks::new(), Arc::new(Counting::default()));
    let worker = Worker::start("tested", &tasks, Shared(Arc::clone(&counting)));
    rounds(&counting, 1).await;

    worker.wake();
    rounds(&counting, 2).await;
    tasks.stop(Duration::from_secs(5)).await.unwrap();

    assert_eq!(
        counting.rounds.load(Ordering::SeqCst),
        2,
        "it works only when it is woken"
    );
}

#[tokio::test]
async fn a_wake_before_it_runs_is_not_lost() {
    let (tasks, counting) = (Tasks::new(), Arc::new(Counting::default()));
    let worker = Worker::idle();
    worker.wake();

    worker.run("tested", &tasks, Shared(Arc::clone(&counting)));

    rounds(&counting, 2).await;
    tasks.stop(Duration::from_secs(5)).await.unwrap();
}

#[tokio::test]
async fn it_comes_back_by_itself_when_it_asked_to() {
    let (tasks, mut counting) = (Tasks::new(), Counting::default());
    counting.next = Some(Next::After(Duration::from_millis(1)));
    let counting = Arc::new(counting);

    Worker::start("tested", &tasks, Shared(Arc::clone(&counting)));

    rounds(&counting, 5).await;
    tasks.stop(Duration::from_secs(5)).await.unwrap();
}

#[tokio::test]
async fn a_failing_round_is_shown_and_tried_again_until_it_works() {
    let (tasks, counting) = (Tasks::new(), Arc::new(Counting::default()));
    counting.failing.store(true, Ordering::SeqCst);
    let worker = Worker::start("tested", &tasks, Shared(Arc::clone(&counting)));
    rounds(&counting, 3).await;
    assert_eq!(worker.check(), Err("failing for the test".to_owned()));

    counting.failing.store(false, Ordering::SeqCst);

    eventually("no trouble", || async { worker.check().is_ok() }).await;
    tasks.stop(Duration::from_secs(5)).await.unwrap();
}

#[tokio::test]
async fn a_stop_names_the_tasks_that_do_not_end() {
    let tasks = Tasks::new();
    tasks.spawn("stubborn", std::future::pending());
    tasks.spawn("polite", {
        let tasks = tasks.clone();
        async move { tasks.stopping().await }
    });

    let running = tasks.stop(Duration::from_millis(200)).await.unwrap_err();

    assert_eq!(running, ["stubborn"]);
    assert!(tasks.failed().is_empty(), "to end after being told so is no failure");
}

#[tokio::test]
async fn a_task_that_ends_before_it_was_told_to_is_a_failure() {
    let tasks = Tasks::new();

    tasks.spawn("short", async {});

    eventually("reported", || async { tasks.failed() == ["short ended early"] }).await;
}
