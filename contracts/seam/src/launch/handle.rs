//! A launch as its owner holds it: set up, begun, read, turned.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError, RwLock, Weak,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{sync::Semaphore, task::JoinHandle};

use crate::{
    Contract, MethodKind,
    launch::{
        Group, Isolated, Journal, Limits, Observation, Observer, Position, Refused, Settings, Side, Source, Stage,
        behind::Behind,
        dial::Cohorts,
        inner::{Current, Inner, Judging},
        metrics,
        recorder::Recorder,
        settings::Lanes,
    },
};

/// A dark launch of a contract: `Arc<dyn Trait>` in, `Arc<dyn Trait>` out ([`Launch::service`]). Clones are one launch.
pub struct Launch<C: Contract + ?Sized>(pub(crate) Arc<Inner<C>>);

/// A launch before it begins.
#[must_use = "a launch does nothing before `begin`"]
pub struct Setup<C: Contract + ?Sized> {
    control: Arc<C>,
    candidate: Arc<C>,
    lanes: Arc<Lanes>,
    journal: Option<Arc<dyn Journal>>,
    limits: Limits,
    observers: Vec<Arc<dyn Observer>>,
}

impl<C: Contract + ?Sized> Launch<C> {
    /// Sets up a launch of reads. Writes go to the control: no stage of writes but `off` is accepted.
    ///
    /// Refused if both are the same object, which would agree with itself on everything.
    pub fn reads(control: Arc<C>, candidate: Arc<C>) -> Result<Setup<C>, Refused> {
        Setup::of(control, candidate, Arc::default(), None)
    }

    /// Sets up a launch of reads and writes. `journal` holds the writes that one side may lack.
    pub fn isolated(pair: Isolated<C>, journal: Arc<dyn Journal>) -> Result<Setup<C>, Refused> {
        Setup::of(pair.control, pair.candidate, pair.lanes, Some(journal))
    }

    /// The service whose calls go the way that the stages and dials say.
    ///
    /// It works within a tokio runtime. Reads are carried on the caller's task. A write to both sides runs on a task of
    /// its own, with the caller's [`Context`](crate::Context), clock, randomness and span, but not with task-locals of
    /// others. A candidate that blocks its thread, instead of waiting, keeps that worker thread from other tasks: no
    /// library can take it back.
    pub fn service(&self) -> Arc<C> {
        C::via(Arc::new(self.clone()))
    }

    /// Reads the source. Returns `true` if other settings are in force now. If they are refused, those before stay in
    /// force, and [`Launch::problem`] says why until the source has good ones.
    pub fn refresh(&self) -> Result<bool, Refused> {
        let _alone = self.0.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.refreshed()
    }

    /// Turns the launch to a position, and writes that to its source, so that it stays over a restart.
    ///
    /// `revision` is the one of the settings that the change was made from ([`Settings::revision`]): refused if others
    /// are in force by now. So is a position that the source would be refused for, and any change while the source has
    /// settings that are not in force. A refusal changes nothing.
    pub fn turn(&self, position: Position, revision: Option<&str>) -> Result<(), Refused> {
        let _alone = self.0.changing.lock().unwrap_or_else(PoisonError::into_inner);
        // A hand that has edited the source comes first; its refusal is the launch's problem.
        let _ = self.refreshed();
        let Current { settings, problem } = self.0.current();
        if let Some(problem) = problem {
            return Err(Refused::Unmended { problem });
        }
        let now = settings.revision();
        if let Some(from) = revision.filter(|from| *from != now) {
            return Err(Refused::Stale {
                from: from.to_owned(),
                now,
            });
        }
        let before = (settings.reads.stage, settings.writes.stage);
        let turned = settings.turned(position);
        self.0
            .apply_and(turned, Some(before), |settings| self.0.source.write(settings))
    }

    fn refreshed(&self) -> Result<bool, Refused> {
        let current = self.0.current();
        let before = (current.settings.reads.stage, current.settings.writes.stage);
        let read = self.0.source.read();
        let applied = read.and_then(|settings| match settings {
            Some(settings) => self.0.apply(settings, Some(before)).map(|()| true),
            None => Ok(false),
        });
        if let Err(refused) = &applied {
            let mut current = self.0.current.lock().unwrap_or_else(PoisonError::into_inner);
            current.problem = Some(refused.to_string());
            tracing::error!(launch = self.0.name, %refused, "settings of a launch are refused; those before stay");
        }
        applied
    }

    /// Reads the source again and again, until the returned watch is dropped or the launch is.
    pub fn watch(&self, every: Duration) -> Watch {
        let launch = Arc::downgrade(&self.0);
        Watch(tokio::spawn(watched(launch, every)))
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.0.current().settings
    }

    /// The reason why settings of the source are not in force; `None` if they are.
    pub fn problem(&self) -> Option<String> {
        self.0.current().problem
    }

    /// Stops every call that only compares or only keeps a side current, from now on and also the queued ones. Writes
    /// that the second side then lacks are in the journal.
    pub fn kill(&self) {
        self.0.killed_by_hand.store(true, Relaxed);
        tracing::warn!(
            launch = self.0.name,
            "a launch is killed: its second side gets no more calls"
        );
    }

    /// Ends what [`Launch::kill`] began. `killed` in the settings stays.
    pub fn revive(&self) {
        self.0.killed_by_hand.store(false, Relaxed);
    }

    /// The mismatches since the last step, by shape.
    pub fn groups(&self) -> Vec<Group> {
        self.0.recorder.groups()
    }

    /// The last calls that went to both sides or should have, the oldest first.
    pub fn observations(&self) -> Vec<Observation> {
        self.0.recorder.last()
    }

    /// The number of calls of a method that a side has answered.
    pub fn calls(&self, method: &str, side: Side) -> u64 {
        let methods = C::METHODS.iter().enumerate().filter(|(_, known)| known.name == method);
        methods.map(|(index, _)| self.0.recorder.calls(index, side)).sum()
    }

    /// The rules that have explained nothing or have expired, in words.
    pub fn stale_rules(&self) -> Vec<String> {
        let standing = self.0.judging().rules.standing();
        let stale = standing
            .into_iter()
            .filter_map(|(rule, used, has_expired)| match (has_expired, used) {
                (true, _) => Some(format!("expired: {rule}")),
                (false, 0) => Some(format!("never used: {rule}")),
                _ => None,
            });
        stale.collect()
    }

    /// All counts, in the text format of Prometheus, by `contract` and `launch`. Every series is there from the start,
    /// at zero.
    pub fn metrics(&self) -> String {
        let lanes = [
            ("reads", self.0.lanes.of(MethodKind::Read)),
            ("writes", self.0.lanes.of(MethodKind::Write)),
        ];
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let confirmed = self.groups().iter().filter(|group| group.confirmed).count();
        let gauges = [
            (
                "killed",
                "1 if the second side gets no calls.",
                u64::from(self.0.is_killed()),
            ),
            (
                "pending",
                "Writes that one side may lack.",
                number(self.pending().len()),
            ),
            (
                "confirmed",
                "Shapes of mismatches that were seen again after a pause.",
                number(confirmed),
            ),
        ];
        metrics::text(C::NAME, &self.0.name, &self.0.recorder, lanes, &gauges)
    }
}

async fn watched<C: Contract + ?Sized>(launch: Weak<Inner<C>>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(inner) = launch.upgrade() else { return };
        // The source may read a file. Its refusal is logged, and kept as the problem.
        let _ = tokio::task::spawn_blocking(move || Launch(inner).refresh()).await;
    }
}

/// A task that reads the source of a launch. Dropped, it ends.
#[derive(Debug)]
#[must_use = "a watch ends when it is dropped"]
pub struct Watch(JoinHandle<()>);

impl Watch {
    #[cfg(feature = "open-feature")]
    pub(crate) fn of(task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(task))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<C: Contract + ?Sized> Setup<C> {
    fn of(
        control: Arc<C>,
        candidate: Arc<C>,
        lanes: Arc<Lanes>,
        journal: Option<Arc<dyn Journal>>,
    ) -> Result<Self, Refused> {
        if std::ptr::addr_eq(Arc::as_ptr(&control), Arc::as_ptr(&candidate)) {
            return Err(Refused::SameSide { contract: C::NAME });
        }
        Ok(Self {
            control,
            candidate,
            lanes,
            journal,
            limits: Limits::default(),
            observers: Vec::new(),
        })
    }

    /// Sets the limits.
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Adds an observer.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.push(observer);
        self
    }

    /// Begins with the settings of `source`, which must be good. `name` decides with the key which cohort a call is in:
    /// under another name all cohorts are drawn again.
    ///
    /// Keys of which the journal holds writes stay with the side that has them, until [`Launch::repair`].
    pub fn begin(self, name: &str, source: Arc<dyn Source>) -> Result<Launch<C>, Refused> {
        let before = source.last()?;
        let settings = source.read()?.unwrap_or_default();
        let was_complete = before.is_some_and(|(_, writes)| writes == Stage::Complete);
        let inner = Inner {
            name: name.to_owned(),
            control: self.control,
            candidate: self.candidate,
            lanes: self.lanes,
            journal: self.journal,
            cohorts: Cohorts::of(name),
            limits: self.limits,
            permits: Arc::new(Semaphore::new(self.limits.at_once.min(Semaphore::MAX_PERMITS))),
            behind: Behind::default(),
            recorder: Recorder::new(C::METHODS, self.limits, self.observers),
            judging: RwLock::new(Arc::new(Judging::default())),
            noise: AtomicU32::new(0),
            killed: AtomicBool::new(false),
            killed_by_hand: AtomicBool::new(false),
            left_behind: AtomicBool::new(was_complete),
            source,
            current: Mutex::new(Current::default()),
            changing: Mutex::new(()),
            repairing: tokio::sync::Mutex::new(()),
        };
        for entry in inner.journal.iter().flat_map(|journal| journal.pending()) {
            inner
                .behind
                .park(inner.bucket(entry.key.as_deref()), entry.first.other());
        }
        inner.apply(settings, before)?;
        Ok(Launch(Arc::new(inner)))
    }
}

impl<C: Contract + ?Sized> Clone for Launch<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C: Contract + ?Sized> fmt::Debug for Launch<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Launch({} of {})", self.0.name, C::NAME)
    }
}

impl<C: Contract + ?Sized> fmt::Debug for Setup<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Setup({})", C::NAME)
    }
}
