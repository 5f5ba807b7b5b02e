use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use commerce::Timestamp;
use shared::{Database, DatabaseError, Tasks, Tx};
use tokio::{
    sync::Notify,
    task::{Id, JoinError, JoinSet},
    time::Instant,
};

use crate::{
    charging::Charging,
    refunding::Refunding,
    store::{self, Due, Work},
    waiters::Waiters,
};

/// Pieces of work under way at once: so many requests the provider gets from us at the same time, at most.
const AT_ONCE: usize = 16;
/// How long what was known when work was handed in counts as known.
const FRESH: Duration = Duration::from_secs(1);
/// How long a piece of work rests after it could not be written down.
const REST: Duration = Duration::from_secs(1);
/// How long work under way may take to end when the process stops. What is cut off then is taken up by the next process.
const DRAIN: Duration = Duration::from_secs(1);

/// Whether anything may have happened to a piece of work that its row does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// It was handed in just now by this process: nothing was sent, and its order was just looked at.
    Fresh,
    /// It was tried, or left behind by a process that died: ask before sending.
    Stale,
}

/// Hands work that is due to those who do it: at once when it is handed in, later when it is due again, and at the start
/// whatever a crash left behind. A clone is another handle.
#[derive(Clone)]
pub(crate) struct Dispatch {
    shared: Arc<Shared>,
}

struct Shared {
    wake: Notify,
    fresh: Mutex<HashMap<Work, Instant>>,
    trouble: Mutex<Option<String>>,
    waiters: Waiters,
}

impl Dispatch {
    /// Nothing is done before [`Dispatch::run`].
    pub(crate) fn new(waiters: Waiters) -> Self {
        let shared = Shared {
            wake: Notify::new(),
            fresh: Mutex::new(HashMap::new()),
            trouble: Mutex::new(None),
            waiters,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Work that the caller writes down in `tx` is done as soon as that is committed. Never blocks.
    pub(crate) fn hand_in(&self, tx: &mut Tx, work: Work) {
        // Before anybody can see the work: it is begun once, and what is noted after that would be taken for news the next time.
        lock(&self.shared.fresh).insert(work, Instant::now());
        let dispatch = self.clone();
        tx.on_commit(move || dispatch.wake());
    }

    /// There may be work: look.
    pub(crate) fn wake(&self) {
        self.shared.wake.notify_one();
    }

    /// Why work can't be looked up, if it can't: a readiness check.
    pub(crate) fn check(&self) -> Result<(), String> {
        lock(&self.shared.trouble).clone().map_or(Ok(()), Err)
    }

    /// Starts the loop. It ends when `tasks` are told to stop.
    pub(crate) fn run(&self, tasks: &Tasks, db: Database, charging: Charging, refunding: Refunding) {
        let bench = Bench {
            shared: Arc::clone(&self.shared),
            db,
            charging,
            refunding,
            jobs: JoinSet::new(),
            under_way: HashMap::new(),
            resting: HashMap::new(),
        };
        let stopping = tasks.clone();
        tasks.spawn("payments.dispatch", bench.work(stopping));
    }
}

impl Shared {
    /// Work is fresh once.
    fn freshness(&self, due: Due, now: Instant) -> Freshness {
        let mut fresh = lock(&self.fresh);
        // What was rolled back, or done by another process, is never asked for.
        fresh.retain(|_, handed_in| now.duration_since(*handed_in) < FRESH);
        // Another process on the same database may have tried it since.
        match fresh.remove(&due.work) {
            Some(_) if due.attempts == 0 => Freshness::Fresh,
            _ => Freshness::Stale,
        }
    }
}

/// The loop's own state.
struct Bench {
    shared: Arc<Shared>,
    db: Database,
    charging: Charging,
    refunding: Refunding,
    jobs: JoinSet<Result<(), DatabaseError>>,
    under_way: HashMap<Id, Work>,
    resting: HashMap<Work, Instant>,
}

impl Bench {
    async fn work(mut self, tasks: Tasks) {
        while !tasks.is_stopping() {
            let pause = match self.start_due().await {
                Ok(pause) => {
                    *lock(&self.shared.trouble) = None;
                    pause
                }
                Err(error) => {
                    tracing::error!(%error, "due payments can't be looked up");
                    *lock(&self.shared.trouble) = Some(error.to_string());
                    Some(REST)
                }
            };
            tokio::select! {
                () = tasks.stopping() => {}
                () = self.shared.wake.notified() => {}
                Some(ended) = self.jobs.join_next_with_id() => self.ended(ended),
                () = sleep(pause) => {}
            }
            while let Some(ended) = self.jobs.try_join_next_with_id() {
                self.ended(ended);
            }
        }
        let drained = tokio::time::timeout(DRAIN, async {
            while let Some(ended) = self.jobs.join_next_with_id().await {
                self.ended(ended);
            }
        });
        if drained.await.is_err() {
            tracing::info!(
                under_way = self.under_way.len(),
                "payments under way are left to the next process"
            );
        }
    }

    /// Starts what is due, as far as there is room; how long until the next is due.
    async fn start_due(&mut self) -> Result<Option<Duration>, DatabaseError> {
        let now = Instant::now();
        self.resting.retain(|_, until| *until > now);
        if self.under_way.len() >= AT_ONCE {
            return Ok(None);
        }
        let limit = AT_ONCE + self.under_way.len() + self.resting.len() + 1;
        let rested = self.resting.values().min().map(|until| until.duration_since(now));
        for due in store::due(&self.db, limit).await? {
            let early = due.at.saturating_sub(Timestamp::now().as_micros());
            if early > 0 {
                let pause = Duration::from_micros(early.unsigned_abs());
                return Ok(Some(rested.map_or(pause, |rested| rested.min(pause))));
            }
            let known = self.resting.contains_key(&due.work) || self.under_way.values().any(|work| *work == due.work);
            if !known && self.under_way.len() < AT_ONCE {
                self.start(due);
            }
        }
        Ok(rested)
    }

    fn start(&mut self, due: Due) {
        let freshness = self.shared.freshness(due, Instant::now());
        let work = due.work;
        let job = match work {
            Work::Charge(id) => {
                let charging = self.charging.clone();
                self.jobs.spawn(async move { charging.run(id, freshness).await })
            }
            Work::Refund(id) => {
                let refunding = self.refunding.clone();
                self.jobs.spawn(async move { refunding.run(id, freshness).await })
            }
        };
        self.under_way.insert(job.id(), work);
    }

    fn ended(&mut self, ended: Result<(Id, Result<(), DatabaseError>), JoinError>) {
        let (id, failure) = match ended {
            Ok((id, Ok(()))) => (id, None),
            Ok((id, Err(error))) => (id, Some(error.to_string())),
            Err(panic) => (panic.id(), Some(panic.to_string())),
        };
        let Some(work) = self.under_way.remove(&id) else { return };
        if let Some(failure) = failure {
            tracing::error!(?work, failure, "payment work failed, will be tried again");
            self.resting.insert(work, Instant::now() + REST);
        }
        self.shared.waiters.tell(work);
    }
}

async fn sleep(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        let Dispatch { shared } = Dispatch::new(Waiters::default());
        let (news, tried, old, unknown) = (due("news", 0), due("tried", 1), due("old", 0), due("unknown", 0));
        let then = Instant::now();
        let now = then + FRESH;
        lock(&shared.fresh).extend([(old.work, then), (news.work, now), (tried.work, now)]);

        let seen = [news, news, tried, old, unknown].map(|due| shared.freshness(due, now));

        let (fresh, stale) = (Freshness::Fresh, Freshness::Stale);
        assert_eq!(seen, [fresh, stale, stale, stale, stale]);
        assert!(lock(&shared.fresh).is_empty(), "what is never asked for is forgotten");
    }
}
