use std::sync::{
    Arc, Mutex, PoisonError, RwLock,
    atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    Contract,
    launch::{
        Dial, Journal, Limits, Refused, Settings, Side, Source, Stage,
        behind::Behind,
        dial::{Bucket, Cohorts},
        recorder::Recorder,
        settings::Lanes,
        verdict::Rules,
    },
};

/// The shared state of a launch.
pub(crate) struct Inner<C: Contract + ?Sized> {
    pub(crate) name: String,
    pub(crate) control: Arc<C>,
    pub(crate) candidate: Arc<C>,
    pub(crate) lanes: Arc<Lanes>,
    /// There if both sides are isolated: only then writes go to both.
    pub(crate) journal: Option<Arc<dyn Journal>>,
    pub(crate) cohorts: Cohorts,
    pub(crate) limits: Limits,
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) behind: Behind,
    pub(crate) recorder: Recorder,
    pub(crate) judging: RwLock<Arc<Judging>>,
    pub(crate) noise: AtomicU32,
    pub(crate) killed: AtomicBool,
    pub(crate) killed_by_hand: AtomicBool,
    /// A write went to the candidate alone.
    pub(crate) left_behind: AtomicBool,
    pub(crate) source: Arc<dyn Source>,
    pub(crate) current: Mutex<Current>,
    /// Held while settings are read, judged and put into force.
    pub(crate) changing: Mutex<()>,
    pub(crate) repairing: tokio::sync::Mutex<()>,
}

/// The settings in force, and the problem with those that are not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Current {
    pub(crate) settings: Settings,
    pub(crate) problem: Option<String>,
}

/// The rules of comparison, and the fields that samples show.
#[derive(Debug, Default)]
pub(crate) struct Judging {
    pub(crate) rules: Rules,
    pub(crate) shown: Vec<String>,
}

impl<C: Contract + ?Sized> Inner<C> {
    pub(crate) fn side(&self, side: Side) -> &Arc<C> {
        match side {
            Side::Control => &self.control,
            Side::Candidate => &self.candidate,
        }
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.killed.load(Relaxed) || self.killed_by_hand.load(Relaxed)
    }

    /// The bucket of a key; calls without one are in the last.
    pub(crate) fn bucket(&self, key: Option<&str>) -> Bucket {
        key.map_or(Bucket::LAST, |key| self.cohorts.bucket(key))
    }

    /// Admits a call to the second side, unless too many are on their way or there is no runtime to run it.
    pub(crate) fn admit(&self) -> Option<OwnedSemaphorePermit> {
        tokio::runtime::Handle::try_current().ok()?;
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    pub(crate) fn judging(&self) -> Arc<Judging> {
        Arc::clone(&self.judging.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn current(&self) -> Current {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn noise_dial(&self) -> Dial {
        Dial::new(self.noise.load(Relaxed)).unwrap_or_default()
    }

    /// Puts settings into force, all of them or none. `before` are the stages to go on from.
    pub(crate) fn apply(&self, settings: Settings, before: Option<(Stage, Stage)>) -> Result<(), Refused> {
        self.apply_and(settings, before, |_| Ok(()))
    }

    /// Puts settings into force that `write` has written, all of them or none.
    pub(crate) fn apply_and(
        &self,
        settings: Settings,
        before: Option<(Stage, Stage)>,
        write: impl Fn(&Settings) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        settings.check(self.journal.is_some())?;
        if let Some((reads, writes)) = before {
            settings.follows(reads, writes)?;
            self.check_writes(writes, settings.writes.stage)?;
        }
        // Not remembered before they are written: after a crash in between, no step leads from complete back to what is
        // still written.
        write(&settings)?;
        if let Err(refused) = self.source.remember(&settings) {
            self.take_back(write);
            return Err(refused);
        }
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let is_step = (current.settings.reads, current.settings.writes) != (settings.reads, settings.writes);
        if current.settings.rules != settings.rules || current.settings.shown != settings.shown {
            *self.judging.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Judging {
                rules: Rules::new(settings.rules.clone()),
                shown: settings.shown.clone(),
            });
        }
        self.noise.store(settings.noise.hundred_thousandths(), Relaxed);
        self.killed.store(settings.killed, Relaxed);
        self.lanes.set(&settings);
        let stages = (settings.reads.stage, settings.writes.stage);
        *current = Current {
            settings,
            problem: None,
        };
        drop(current);
        if is_step {
            self.recorder.begin_step();
        }
        tracing::info!(launch = self.name, reads = %stages.0, writes = %stages.1, "a launch has new settings");
        Ok(())
    }

    /// Writes the settings in force again, since others that were written don't come into force.
    fn take_back(&self, write: impl Fn(&Settings) -> Result<(), Refused>) {
        let Err(refused) = write(&self.current().settings) else {
            return;
        };
        tracing::error!(launch = self.name, %refused, "the source has settings that are not in force");
        let problem = format!("the source has settings that could not be remembered, nor taken back: {refused}");
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.problem = Some(problem);
    }

    /// Refuses a step after which calls would go to a side that lacks writes.
    fn check_writes(&self, from: Stage, to: Stage) -> Result<(), Refused> {
        if from == Stage::Complete && to != Stage::Complete && self.left_behind.load(Relaxed) {
            return Err(Refused::PointOfNoReturn { to });
        }
        let lacking = match to {
            Stage::Off => Side::Control,
            Stage::Complete => Side::Candidate,
            _ => return Ok(()),
        };
        let pending = self.behind.buckets(lacking);
        if from != to && pending > 0 {
            return Err(Refused::Pending { to, pending });
        }
        Ok(())
    }
}
