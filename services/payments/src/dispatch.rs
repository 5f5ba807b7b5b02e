use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use commerce::Timestamp;
use shared::{Database, DatabaseError, DutyKeeper, Next, Round, Tasks, Tx, Worker};
use tokio::time::Instant;

use crate::{
    charging::Charging,
    letting_go::LettingGo,
    pace::Pace,
    refunding::Refunding,
    store::due::{self, Due},
    waiters::Waiters,
    work::{Freshness, Work},
};

/// Limit of pieces of work in progress at once, and so of our concurrent requests to the provider.
const CONCURRENCY: usize = 16;
/// Time for which work counts as fresh after it was handed in.
const FRESH: Duration = Duration::from_secs(1);
/// Pause of a piece of work whose result could not be stored.
const REST: Duration = Duration::from_secs(1);
/// Time that work in progress has to end when the process stops. The next process takes up what is cut off.
const DRAIN: Duration = Duration::from_secs(1);

/// Pause between two looks at the duty while this side stands by.
const STANDING_BY: Duration = Duration::from_millis(500);

/// Those who do the work, and the duty without which none of it is begun.
#[derive(Clone)]
pub(crate) struct Workshop {
    pub(crate) db: Database,
    pub(crate) duty: DutyKeeper,
    pub(crate) charging: Charging,
    pub(crate) refunding: Refunding,
    pub(crate) letting_go: LettingGo,
}

impl Workshop {
    /// Makes one attempt, with the permission to act for as long as it lasts. `false`, and no attempt, if this side
    /// stands by.
    async fn attempt(&self, work: Work, freshness: Freshness) -> Result<bool, DatabaseError> {
        let Some(acting) = self.duty.acting().await? else {
            return Ok(false);
        };
        match work {
            Work::Charge(id) => self.charging.run(id, freshness, &acting).await?,
            Work::Refund(id) => self.refunding.run(id, freshness, &acting).await?,
            Work::Hold(id) => self.letting_go.run(id, &acting).await?,
        }
        Ok(true)
    }
}

/// Handle of the loop that starts work when it is due: at once when it is handed in, later when it is due again, and
/// after a crash whatever was left behind. A clone is another handle.
#[derive(Clone)]
pub(crate) struct Dispatch {
    worker: Worker,
    waiters: Waiters,
    pace: Pace,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Work that was handed in and not started yet, with the time.
    fresh: HashMap<Work, Instant>,
    /// Work that must not be started, and the reason.
    held: HashMap<Work, Held>,
}

/// The reason why a piece of work must not be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// An attempt is in progress.
    Running,
    /// The attempt ended. Held until the next round, since the rows that a round reads may be older than the end.
    Ended,
    /// The attempt failed; the next one is made after this time.
    Resting(Instant),
}

impl Dispatch {
    /// Creates a handle that accepts work. Nothing is started before [`Dispatch::run`].
    pub(crate) fn new(waiters: Waiters, pace: Pace) -> Self {
        Self {
            worker: Worker::idle(),
            waiters,
            pace,
            state: Arc::default(),
        }
    }

    /// Hands in work that the caller stores in `tx`: it is started as soon as the write is committed. Never blocks.
    pub(crate) fn hand_in(&self, tx: &mut Tx, work: Work) {
        // Must happen before the work becomes visible. If it ran after, a round could start the work first, and
        // this entry would make a later attempt count as fresh.
        self.state().fresh.insert(work, Instant::now());
        let worker = self.worker.clone();
        tx.on_commit(move || worker.wake());
    }

    /// Has due work looked up again.
    pub(crate) fn wake(&self) {
        self.worker.wake();
    }

    /// The readiness check: the error with which due work was looked up last, if it failed.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.worker.check()
    }

    /// Starts the loop. It ends when `tasks` are told to stop.
    pub(crate) fn run(&self, tasks: &Tasks, workshop: Workshop) {
        let rounds = Rounds {
            dispatch: self.clone(),
            tasks: tasks.clone(),
            workshop,
        };
        self.worker.run("payments.dispatch", tasks, rounds);
    }

    /// Marks work as running, unless it is held, the limit is reached, or it has to wait for its turn.
    fn start(&self, due: Due, now: Instant) -> Option<Job> {
        let mut state = self.state();
        if state.held.contains_key(&due.work) || state.running() >= CONCURRENCY {
            return None;
        }
        if let Err(wait) = self.pace.take(due.attempts) {
            state.held.insert(due.work, Held::Resting(now + wait));
            return None;
        }
        state.held.insert(due.work, Held::Running);
        Some(Job {
            dispatch: self.clone(),
            work: due.work,
            freshness: state.freshness(due, now),
            end: None,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn running(&self) -> usize {
        self.held.values().filter(|held| **held == Held::Running).count()
    }

    /// Work is fresh once, soon after it was handed in.
    fn freshness(&mut self, due: Due, now: Instant) -> Freshness {
        let handed_in = self.fresh.remove(&due.work);
        match handed_in {
            // Another process on the same database may have made an attempt in the meantime.
            Some(at) if due.attempts == 0 && now.duration_since(at) < FRESH => Freshness::Fresh,
            _ => Freshness::Stale,
        }
    }

    /// Drops what is not held any more, and what is not fresh any more: work that was rolled back, done by another
    /// process, or handed in while this side stands by is never asked for.
    fn release(&mut self, now: Instant) {
        self.fresh.retain(|_, handed_in| now.duration_since(*handed_in) < FRESH);
        self.held.retain(|_, held| match held {
            Held::Running => true,
            Held::Ended => false,
            Held::Resting(until) => *until > now,
        });
    }

    /// The time until the first rest ends.
    fn first_rest(&self, now: Instant) -> Option<Duration> {
        let rests = self.held.values().filter_map(|held| match held {
            Held::Resting(until) => Some(until.duration_since(now)),
            Held::Running | Held::Ended => None,
        });
        rests.min()
    }
}

/// A piece of work in progress. It ends when this is dropped, with a panic too.
struct Job {
    dispatch: Dispatch,
    work: Work,
    freshness: Freshness,
    /// The state it ends in; `None` if it panicked or was dropped.
    end: Option<Held>,
}

impl Job {
    fn finish(mut self, end: Held) {
        self.end = Some(end);
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let end = self.end.unwrap_or_else(|| {
            tracing::error!(work = ?self.work, "payment work ended without a result, will be tried again");
            Held::Resting(Instant::now() + REST)
        });
        self.dispatch.state().held.insert(self.work, end);
        self.dispatch.waiters.notify(self.work);
        self.dispatch.worker.wake();
    }
}

/// The rounds of the loop: each looks up due work and starts as much of it as the limit allows.
struct Rounds {
    dispatch: Dispatch,
    tasks: Tasks,
    workshop: Workshop,
}

#[seam::async_trait]
impl Round for Rounds {
    async fn round(&self) -> Result<Next, String> {
        let now = Instant::now();
        let limit = {
            let mut state = self.dispatch.state();
            state.release(now);
            if state.running() >= CONCURRENCY {
                return Ok(Next::Idle);
            }
            CONCURRENCY + state.held.len() + 1
        };
        let unread = |error: DatabaseError| format!("due payments can't be looked up: {error}");
        if !self.workshop.duty.duty().await.map_err(unread)?.acts {
            return Ok(Next::After(STANDING_BY));
        }
        let due = due::first(&self.workshop.db, limit).await;
        for due in due.map_err(unread)? {
            let early = due.at.saturating_sub(Timestamp::now().as_micros());
            if early > 0 {
                let pause = Duration::from_micros(early.unsigned_abs());
                let rest = self.dispatch.state().first_rest(now);
                return Ok(Next::After(rest.map_or(pause, |rest| rest.min(pause))));
            }
            if let Some(job) = self.dispatch.start(due, now) {
                self.tasks.track(self.work(job));
            }
        }
        let rest = self.dispatch.state().first_rest(now);
        Ok(rest.map_or(Next::Idle, Next::After))
    }
}

impl Rounds {
    fn work(&self, job: Job) -> impl Future<Output = ()> + use<> {
        let (tasks, workshop) = (self.tasks.clone(), self.workshop.clone());
        let (work, freshness) = (job.work, job.freshness);
        async move {
            let done: Option<Result<bool, DatabaseError>> = tokio::select! {
                done = workshop.attempt(work, freshness) => Some(done),
                () = cut_off(&tasks) => None,
            };
            job.finish(match done {
                Some(Ok(true)) => Held::Ended,
                Some(Ok(false)) => Held::Resting(Instant::now() + STANDING_BY),
                Some(Err(error)) => {
                    tracing::error!(?work, %error, "payment work failed, will be tried again");
                    Held::Resting(Instant::now() + REST)
                }
                None => {
                    tracing::info!(?work, "payment work is left to the next process");
                    Held::Ended
                }
            });
        }
    }
}

async fn cut_off(tasks: &Tasks) {
    tasks.stopping().await;
    tokio::time::sleep(DRAIN).await;
}

#[cfg(test)]
mod tests {
    use commerce::PaymentId;

    use super::*;

    fn due(name: &str, attempts: i64) -> Due {
        Due {
            work: Work::Charge(PaymentId::derive(&[name])),
            at: 0,
            attempts,
        }
    }

    #[test]
    fn work_is_fresh_once_soon_after_it_was_handed_in_and_if_nobody_has_tried_it() {
        let (news, tried, old, unknown) = (due("news", 0), due("tried", 1), due("old", 0), due("unknown", 0));
        let then = Instant::now();
        let now = then + FRESH;
        let mut state = State::default();
        state
            .fresh
            .extend([(old.work, then), (news.work, now), (tried.work, now)]);

        let seen = [news, news, tried, old, unknown].map(|due| state.freshness(due, now));

        let (fresh, stale) = (Freshness::Fresh, Freshness::Stale);
        assert_eq!(seen, [fresh, stale, stale, stale, stale]);
    }

    #[test]
    fn work_that_is_handed_in_and_never_asked_for_is_forgotten() {
        let mut state = State::default();
        let then = Instant::now();
        state.fresh.insert(due("stands by", 0).work, then);

        state.release(then);
        let kept = state.fresh.len();
        state.release(then + FRESH);

        assert_eq!((kept, state.fresh.len()), (1, 0));
    }

    #[test]
    fn no_more_than_the_limit_runs_at_once_and_nothing_runs_twice() {
        let dispatch = Dispatch::new(Waiters::default(), Pace::new());
        let now = Instant::now();
        let name = |index: usize| due(&index.to_string(), 0);

        let mut jobs: Vec<Job> = (0..CONCURRENCY)
            .filter_map(|index| dispatch.start(name(index), now))
            .collect();
        let over = dispatch.start(name(CONCURRENCY), now).is_some();
        jobs.remove(0).finish(Held::Ended);
        let again = dispatch.start(name(0), now).is_some();
        dispatch.state().release(now);
        let in_the_next_round = dispatch.start(name(0), now).is_some();

        assert_eq!(jobs.len(), CONCURRENCY - 1);
        assert_eq!((over, again, in_the_next_round), (false, false, true));
    }

    #[test]
    fn work_that_panicked_rests_and_is_due_again() {
        let dispatch = Dispatch::new(Waiters::default(), Pace::new());
        let (now, work) = (Instant::now(), due("work", 0));

        drop(dispatch.start(work, now));
        dispatch.state().release(now);
        let rested = dispatch.state().first_rest(now);
        let early = dispatch.start(work, now).is_some();
        dispatch.state().release(now + REST + REST);

        assert!(rested.is_some_and(|rested| rested <= REST + REST), "{rested:?}");
        assert!(!early && dispatch.start(work, now).is_some());
    }
}
