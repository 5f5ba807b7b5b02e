use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{MeterFigures, Metered, ModuleFigures, ProcessFigures};
use crate::{Contract, Direct};

/// The meters of a process. A clone is another handle on the same ones.
#[derive(Clone, Default)]
pub struct Meters(Arc<Mutex<All>>);

#[derive(Default)]
struct All {
    modules: Vec<Arc<ModuleMeter>>,
    meters: Vec<Arc<dyn Figured>>,
}

trait Figured: Send + Sync {
    fn figures(&self) -> MeterFigures;
}

impl<C: Contract + ?Sized> Figured for Metered<C> {
    fn figures(&self) -> MeterFigures {
        Metered::figures(self)
    }
}

impl Meters {
    /// Puts a meter round `service` for the calls of the module `from`, and keeps it among these. It looks into one in
    /// `every` calls: see [`Metered::new`].
    pub fn metered<C: Contract + ?Sized>(&self, from: &str, service: Arc<C>, every: u64) -> Arc<C> {
        let meter = Arc::new(Metered::new(from, Direct(service), every));
        self.all().meters.push(Arc::<Metered<C>>::clone(&meter));
        C::via(meter)
    }

    /// The meter of the work of the module of this name: always the same one for the same name.
    pub fn module(&self, name: &str) -> Arc<ModuleMeter> {
        let mut all = self.all();
        if let Some(known) = all.modules.iter().find(|known| known.name == name) {
            return Arc::clone(known);
        }
        let meter = Arc::new(ModuleMeter {
            name: name.to_owned(),
            requests: AtomicU64::new(0),
            events: AtomicU64::new(0),
            busy_ns: AtomicU64::new(0),
        });
        all.modules.push(Arc::clone(&meter));
        meter
    }

    /// Returns the figures of all of them.
    pub fn figures(&self) -> ProcessFigures {
        let all = self.all();
        ProcessFigures {
            modules: all.modules.iter().map(|module| module.figures()).collect(),
            meters: all.meters.iter().map(|meter| meter.figures()).collect(),
        }
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.all();
        write!(f, "Meters({} modules, {} meters)", all.modules.len(), all.meters.len())
    }
}

/// Counts the work of a module: requests from outside of the process, and events that it follows.
#[derive(Debug)]
pub struct ModuleMeter {
    name: String,
    requests: AtomicU64,
    events: AtomicU64,
    busy_ns: AtomicU64,
}

impl ModuleMeter {
    /// Counts a request that was answered after this time.
    pub fn answered(&self, after: Duration) {
        self.requests.fetch_add(1, Relaxed);
        self.was_busy(after);
    }

    /// Counts an event whose handling ended after this time.
    pub fn handled(&self, after: Duration) {
        self.events.fetch_add(1, Relaxed);
        self.was_busy(after);
    }

    fn was_busy(&self, after: Duration) {
        let nanos = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
        self.busy_ns.fetch_add(nanos, Relaxed);
    }

    fn figures(&self) -> ModuleFigures {
        ModuleFigures {
            module: self.name.clone(),
            requests: self.requests.load(Relaxed),
            events: self.events.load(Relaxed),
            busy_ns: self.busy_ns.load(Relaxed),
        }
    }
}
