use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use shared::{Next, Round, Tasks, Worker};
use tokio::time::Instant;

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

/// Notes the time of each round, and fails as long as the plan says so.
struct Timed {
    plan: Vec<Result<Next, String>>,
    times: Arc<Mutex<Vec<Instant>>>,
}

#[seam::async_trait]
impl Round for Timed {
    async fn round(&self) -> Result<Next, String> {
        let mut times = self.times.lock().unwrap();
        times.push(Instant::now());
        self.plan.get(times.len() - 1).cloned().unwrap_or(Ok(Next::Idle))
    }
}

/// The pauses between the rounds of a worker with this plan, which is woken all the time, in virtual time.
async fn pauses(plan: Vec<Result<Next, String>>) -> Vec<Duration> {
    let (tasks, times) = (Tasks::new(), Arc::default());
    let wanted = plan.len();
    let worker = Worker::start(
        "tested",
        &tasks,
        Timed {
            plan,
            times: Arc::clone(&times),
        },
    );
    while times.lock().unwrap().len() < wanted {
        worker.wake();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tasks.stop(Duration::from_secs(5)).await.unwrap();
    let times = times.lock().unwrap();
    times.windows(2).map(|two| two[1] - two[0]).collect()
}

fn failed() -> Result<Next, String> {
    Err("failing for the test".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_wake_does_not_shorten_the_pause_after_a_failure() {
    let pauses = pauses(vec![failed(), failed(), failed(), Ok(Next::Idle)]).await;

    for (pause, whole) in pauses.iter().zip([50, 100, 200]) {
        assert!(*pause >= Duration::from_millis(whole / 2), "{pauses:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_success_the_pauses_begin_again() {
    let plan = vec![
        failed(),
        failed(),
        failed(),
        failed(),
        Ok(Next::Again),
        failed(),
        Ok(Next::Idle),
    ];

    let pauses = pauses(plan).await;

    // Nearly the first pause, and far shorter than the fifth.
    assert!(pauses[5] <= Duration::from_millis(55), "{pauses:?}");
}
