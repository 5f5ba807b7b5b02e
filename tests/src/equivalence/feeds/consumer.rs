use std::{collections::BTreeSet, sync::Arc, time::Duration};

use shared::{
    Database, Tasks,
    events::{DeadLetter, DeadLetterState, Subscription, SubscriptionHandle},
};
use tokio::time::Instant;

use super::{
    Adapter, Cut, Site,
    judge::Evidence,
    process::{End, Process},
    recorder::{self, Apply, Recorder, Script},
    violation::{Property, Violation},
    watched::{Reads, Watched},
};

/// Interval between two checks of a consumer that has not reached the end of the log.
const LOOK: Duration = Duration::from_millis(100);

/// A consumer of the module's log over one adapter. It can be stopped and started again on the same database.
pub(super) struct Consumer {
    pub(super) adapter: Adapter,
    pub(super) script: Arc<Script>,
    pub(super) cut: Arc<Cut>,
    /// Number of times that it was killed at a point of its script.
    pub(super) crashes: u64,
    reads: Arc<Reads>,
    site: Arc<Site>,
    url: String,
    batch: u32,
    apply: Apply,
    life: Option<Life>,
}

/// The time from a start to the next stop.
struct Life {
    process: Process,
    tasks: Tasks,
    db: Database,
    handle: SubscriptionHandle,
}

type Found<T> = Result<T, Vec<Violation>>;

impl Consumer {
    /// Creates a consumer that is not running yet.
    pub(super) fn new(adapter: Adapter, site: &Arc<Site>, url: String, batch: u32, apply: Apply) -> Self {
        Self {
            adapter,
            script: Arc::default(),
            cut: Arc::default(),
            crashes: 0,
            reads: Arc::default(),
            site: Arc::clone(site),
            url,
            batch,
            apply,
            life: None,
        }
    }

    /// Starts the consumer unless it is running.
    pub(super) async fn start(&mut self) -> Found<()> {
        if self.life.is_some() {
            return Ok(());
        }
        let begun = self.begin().await;
        self.life = Some(begun.map_err(|reason| self.stuck(format!("does not start: {reason}")))?);
        Ok(())
    }

    async fn begin(&self) -> Result<Life, String> {
        let process = Process::new()?;
        let (site, cut, connect) = (Arc::clone(&self.site), Arc::clone(&self.cut), self.adapter.connect);
        let (url, batch, reads) = (self.url.clone(), self.batch, Arc::clone(&self.reads));
        let (apply, script) = (self.apply, Arc::clone(&self.script));
        let begun = process.run(async move {
            let db = Database::open(&url, "payments", recorder::MIGRATIONS).await;
            let db = db.map_err(|error| error.to_string())?;
            let feed = connect(&site, &cut)?;
            let watched = Arc::new(Watched {
                feed,
                site,
                batch,
                reads,
            });
            let recorder = Arc::new(Recorder {
                db: db.clone(),
                apply,
                script,
            });
            let tasks = Tasks::new();
            let handle = Subscription::start("payments.orders", watched, &db, recorder, &tasks);
            Ok::<_, String>((tasks, db, handle))
        });
        let (tasks, db, handle) = begun.await??;
        Ok(Life {
            process,
            tasks,
            db,
            handle,
        })
    }

    /// Stops the consumer if it is running.
    pub(super) async fn end(&mut self, end: End) -> Found<()> {
        let Some(Life { process, tasks, db, .. }) = self.life.take() else {
            return Ok(());
        };
        let mut stopped = Ok(());
        if end == End::Clean {
            tokio::select! {
                running = tasks.stop(Duration::from_secs(20)) => {
                    stopped = running.map_err(|running| self.stuck(format!("does not stop: {running:?}")));
                    db.close().await;
                }
                // A handler that waits to be killed would hold up a clean stop.
                () = dying(&self.script) => {}
            }
        }
        process.kill().await;
        if self.script.is_dying() {
            self.crashes += 1;
            self.script.is_reborn();
        }
        stopped
    }

    /// Runs until the end of the log is reached, and returns the properties that are violated then.
    pub(super) async fn settle(&mut self, patience: Duration) -> Found<()> {
        let until = Instant::now() + patience;
        let head = self.head().await?;
        let mut look = Instant::now() + LOOK;
        loop {
            self.revive().await?;
            let now = Instant::now();
            if self.is_at(head) || now >= look || now >= until {
                if self.judge(now >= until).await? {
                    return Ok(());
                }
                look = now + LOOK;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Makes poison events harmless and retries all dead letters, each once per life, until none is left.
    pub(super) async fn cure(&mut self, patience: Duration) -> Found<()> {
        self.script.cure();
        let until = Instant::now() + patience;
        let mut tried = BTreeSet::new();
        loop {
            if self.revive().await? {
                tried.clear();
            }
            let letters = self.letters().await?;
            let Some(life) = &self.life else { return Ok(()) };
            if letters.is_empty() && life.handle.progress().dead_letters == 0 {
                return self.settle(patience).await;
            }
            for letter in letters.iter().filter(|one| one.state == DeadLetterState::Dead) {
                if tried.insert(letter.event_id) {
                    let retried = life.handle.retry(letter.event_id).await;
                    retried.map_err(|error| self.stuck(format!("dead letter can't be tried again: {error}")))?;
                }
            }
            if Instant::now() >= until {
                let what = format!("dead letters are still there after they were tried again: {letters:?}");
                return Err(vec![Violation::new(Property::Poison, self.adapter.name, what)]);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The number of reads that were full, and of those that had to wait for their first event.
    pub(super) fn batches(&self) -> (u64, u64) {
        let reads = self.reads.all();
        let full = reads.iter().filter(|read| read.shown.len() == read.limit as usize);
        let woken = reads
            .iter()
            .filter(|read| read.shown.first().is_some_and(|first| first.position > read.committed));
        (full.count() as u64, woken.count() as u64)
    }

    /// Kills and restarts the consumer if it stands where it was to be killed; starts it if it was stopped.
    /// Returns whether it did either.
    async fn revive(&mut self) -> Found<bool> {
        let is_dying = self.script.is_dying();
        if is_dying {
            self.end(End::Killed).await?;
        }
        let is_down = self.life.is_none();
        self.start().await?;
        Ok(is_down)
    }

    fn is_at(&self, head: i64) -> bool {
        self.life.as_ref().is_some_and(|life| {
            let progress = life.handle.progress();
            progress.position >= head && progress.in_flight == 0
        })
    }

    /// Checks the properties; returns whether the consumer is at the end of the log. With `is_late`, not being
    /// there is a violation.
    async fn judge(&self, is_late: bool) -> Found<bool> {
        let Some(life) = &self.life else { return Ok(false) };
        let unreadable = |reason: String| self.stuck(reason);
        let progress = life.handle.progress();
        let log = self.site.log().await.map_err(unreadable)?;
        let head = log.last().map_or(0, |last| last.position);
        let is_settled = self.is_at(head);
        let (letters, effects) = (
            self.letters().await?,
            recorder::effects(&life.db).await.map_err(unreadable)?,
        );
        let (handed, poison) = (self.script.handed(), self.script.poison(&log));
        let reads = self.reads.all().clone();
        let evidence = Evidence {
            whom: self.adapter.name,
            log: &log,
            reads: &reads,
            effects: &effects,
            letters: &letters,
            handed: &handed,
            poison: &poison,
        };
        let mut found = if is_settled || is_late {
            evidence.settled()
        } else {
            evidence.always()
        };
        if is_late && !is_settled {
            let trouble = life.handle.check();
            found.extend(self.stuck(format!("is not at {head} in time: {progress:?}, {trouble:?}")));
        }
        if found.is_empty() { Ok(is_settled) } else { Err(found) }
    }

    async fn head(&self) -> Found<i64> {
        let log = self.site.log().await.map_err(|reason| self.stuck(reason))?;
        Ok(log.last().map_or(0, |last| last.position))
    }

    async fn letters(&self) -> Found<Vec<DeadLetter>> {
        let Some(life) = &self.life else { return Ok(Vec::new()) };
        let letters = life.handle.dead_letters().await;
        letters.map_err(|error| self.stuck(format!("dead letters are not readable: {error}")))
    }

    fn stuck(&self, what: String) -> Vec<Violation> {
        vec![Violation::new(Property::Progress, self.adapter.name, what)]
    }
}

async fn dying(script: &Script) {
    while !script.is_dying() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
