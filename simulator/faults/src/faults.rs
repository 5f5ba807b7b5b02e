use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use tokio::{sync::watch, time::Instant};

use crate::{
    Decision, Fault, Operations, Outcome, Record,
    draw::key,
    effects::{Asked, Crossing},
};

/// Most faults that may be laid at once on one proxy.
pub const MOST_FAULTS: usize = 1_000;

/// Faults of one proxy: lays, changes and lifts them, and keeps the [`Record`]. Clones are the same faults.
///
/// Each change is one step that all connections see as a whole, open ones too. It never waits for traffic, and
/// needs no runtime. Lifting restores: bytes that waited go on at once, in order.
#[derive(Debug, Clone)]
pub struct Faults(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    seed: u64,
    link: String,
    are_chained: bool,
    since: Instant,
    sets: watch::Sender<Arc<Set>>,
    connections: AtomicU64,
    record: Mutex<Record>,
}

/// All faults that are laid at one time, in the order of laying.
#[derive(Debug, Clone, Default)]
pub(crate) struct Set {
    pub(crate) standing: Vec<Arc<Standing>>,
    /// Operations of the service behind the link.
    operations: Option<Arc<Operations>>,
    /// Number of changes up to this set.
    version: u64,
}

/// One fault that is laid.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) fault: Fault,
    /// Version of the set in which it was laid.
    pub(crate) laid: u64,
    /// Version of the set in which it was last changed.
    pub(crate) changed: u64,
    /// Number of connections that had been accepted when it was laid.
    pub(crate) connections_before: u64,
    pub(crate) memory: Arc<Memory>,
    until: Option<Instant>,
}

/// State that a fault keeps over all connections since it was laid.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Number of requests that fitted.
    pub(crate) requests: AtomicU64,
    /// Positions of feeds that were asked for, for `redeliver`.
    pub(crate) asked: Asked,
    /// Place of the request that is held, for `reorder`.
    pub(crate) crossing: Crossing,
}

/// Refusal to change the faults of a proxy. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LayError {
    /// The name is taken.
    #[error("fault `{name}` is laid already; change or lift it, or give the new one another name")]
    AlreadyLaid {
        /// Name of the fault.
        name: String,
    },
    /// No fault has this name.
    #[error("no fault `{name}` is laid; laid are {laid:?}")]
    NotLaid {
        /// Name of the fault.
        name: String,
        /// Names of the faults that are laid.
        laid: Vec<String>,
    },
    /// There would be more than [`MOST_FAULTS`].
    #[error("{wanted} faults would be laid, wanted at most {MOST_FAULTS}; lift some first")]
    TooMany {
        /// Number of faults that there would be.
        wanted: usize,
    },
    /// The fault needs the OpenAPI document of the upstream, and the link has none.
    #[error("fault `{name}` needs the OpenAPI document of the upstream, which this link has not")]
    Undescribed {
        /// Name of the fault.
        name: String,
    },
    /// The OpenAPI document of the upstream has no such operation.
    #[error("fault `{name}`: `on.http.operation` is {operation:?}, wanted one of {known:?}")]
    UnknownOperation {
        /// Name of the fault.
        name: String,
        /// The operation that it names.
        operation: String,
        /// Operations of the document.
        known: Vec<String>,
    },
}

/// Fault that is lifted when this is dropped, unless it was lifted, or laid again, before that.
#[derive(Debug)]
#[must_use = "dropping this lifts the fault"]
pub struct LaidFault {
    faults: Faults,
    name: String,
    laid: u64,
}

impl Drop for LaidFault {
    fn drop(&mut self) {
        let laid = self.laid;
        let kept = |standing: &Standing| standing.laid != laid || standing.fault.name() != self.name;
        self.faults.retain(kept);
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::new(0, "")
    }
}

impl Faults {
    /// Begins without faults. All chance derives from the seed and the name of the link, which should be different
    /// for each proxy.
    pub fn new(seed: u64, link: impl Into<String>) -> Self {
        Self::made(seed, link.into(), false, None)
    }

    /// Begins without faults, as [`Faults::new`] does, on a link to a service that a document describes. Faults may
    /// then name its operations and violate its schemas.
    pub fn described(seed: u64, link: impl Into<String>, operations: Arc<Operations>) -> Self {
        Self::made(seed, link.into(), false, Some(operations))
    }

    /// Begins without faults, as [`Faults::new`] does. Effects on bytes form a chain: all of them act, several of one
    /// kind too, one behind the other in the order of laying. Toxiproxy's toxics do so.
    pub fn chained(seed: u64, link: impl Into<String>) -> Self {
        Self::made(seed, link.into(), true, None)
    }

    fn made(seed: u64, link: String, are_chained: bool, operations: Option<Arc<Operations>>) -> Self {
        Self(Arc::new(Shared {
            seed,
            link,
            are_chained,
            since: Instant::now(),
            sets: watch::Sender::new(Arc::new(Set {
                operations,
                ..Set::default()
            })),
            connections: AtomicU64::new(0),
            record: Mutex::default(),
        }))
    }

    /// Describes the service behind the link by another document, or by none, in place of the one so far.
    ///
    /// # Errors
    /// Fails if a fault that is laid needs what the document does not describe.
    pub fn describe(&self, operations: Option<Arc<Operations>>) -> Result<(), LayError> {
        self.update(|set| {
            for standing in &set.standing {
                standing.fault.fits(operations.as_deref())?;
            }
            set.operations = operations;
            Ok(())
        })
    }

    /// Lays a fault behind those that are laid already. If two faults of a kind select the same traffic, the one
    /// that was laid first acts, unless they are [chained](Faults::chained).
    ///
    /// # Errors
    /// Fails if the name is taken, if there are [`MOST_FAULTS`] already, or if the fault needs what no document of the
    /// upstream describes.
    pub fn lay(&self, fault: Fault) -> Result<(), LayError> {
        self.lay_all(vec![fault])
    }

    /// Lays several faults in one step: all of them or, on an error, none.
    ///
    /// # Errors
    /// Fails as [`Faults::lay`] does.
    pub fn lay_all(&self, faults: Vec<Fault>) -> Result<(), LayError> {
        self.lay_in_one_step(faults).map(|_| ())
    }

    /// Lays a fault for as long as the result lives.
    ///
    /// # Errors
    /// Fails as [`Faults::lay`] does.
    pub fn lay_guarded(&self, fault: Fault) -> Result<LaidFault, LayError> {
        let name = fault.name().to_owned();
        let laid = self.lay_in_one_step(vec![fault])?;
        Ok(LaidFault {
            faults: self.clone(),
            name,
            laid,
        })
    }

    /// Puts a fault in the place of the one with its name. Its count of connections goes on; its time and its effect
    /// on open connections begin again, with the same chance.
    ///
    /// # Errors
    /// Fails if no fault has this name, or if the fault needs what no document of the upstream describes.
    pub fn change(&self, fault: Fault) -> Result<(), LayError> {
        self.update(|set| {
            fault.fits(set.operations.as_deref())?;
            let Some(place) = set.standing.iter().position(|one| one.fault.name() == fault.name()) else {
                return Err(set.not_laid(fault.name()));
            };
            let before = &set.standing[place];
            let (laid, connections_before) = (before.laid, before.connections_before);
            let memory = Arc::clone(&before.memory);
            set.standing[place] = Arc::new(Standing {
                laid,
                connections_before,
                memory,
                ..Standing::new(fault, set.version, 0)
            });
            Ok(())
        })
    }

    /// Lifts the fault with this name.
    ///
    /// # Errors
    /// Fails if no fault has this name.
    pub fn lift(&self, name: &str) -> Result<(), LayError> {
        self.update(|set| {
            let before = set.standing.len();
            set.standing.retain(|standing| standing.fault.name() != name);
            if set.standing.len() == before {
                return Err(set.not_laid(name));
            }
            Ok(())
        })
    }

    /// Lifts all faults in one step.
    pub fn lift_all(&self) {
        self.retain(|_| false);
    }

    /// Returns the faults that are laid, in the order of laying.
    pub fn list(&self) -> Vec<Fault> {
        let set = self.set();
        set.standing.iter().map(|standing| standing.fault.clone()).collect()
    }

    /// Returns the decisions so far.
    pub fn record(&self) -> Record {
        self.locked_record().clone()
    }

    pub(crate) fn are_chained(&self) -> bool {
        self.0.are_chained
    }

    /// Returns what the document of the service behind the link describes, if there is one.
    pub fn operations(&self) -> Option<Arc<Operations>> {
        self.0.sets.borrow().operations.clone()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<Set>> {
        self.0.sets.subscribe()
    }

    pub(crate) fn set(&self) -> Arc<Set> {
        Arc::clone(&self.0.sets.borrow())
    }

    /// Returns the number of a connection that was accepted now, from 1.
    pub(crate) fn next_connection(&self) -> u64 {
        self.0.connections.fetch_add(1, SeqCst) + 1
    }

    /// Returns the key of all chance of a fault on a request, or on a whole connection if that is 0.
    pub(crate) fn key(&self, (connection, request): (u64, u64), fault: &str) -> u64 {
        key(self.0.seed, &self.0.link, connection, request, fault)
    }

    pub(crate) fn note_met(&self, fault: &str) {
        self.locked_record().met(fault);
    }

    /// Records a decision about a request, or about a whole connection if that is 0.
    pub(crate) fn note(&self, fault: &str, (connection, request): (u64, u64), outcome: Outcome) {
        let decision = Decision {
            at: self.0.since.elapsed(),
            fault: fault.to_owned(),
            connection,
            request,
            outcome,
        };
        self.locked_record().decided(decision);
    }

    /// Lifts what has stood for its time.
    pub(crate) fn lift_expired(&self) {
        let now = Instant::now();
        self.retain(|standing| standing.until.is_none_or(|until| until > now));
    }

    fn lay_in_one_step(&self, faults: Vec<Fault>) -> Result<u64, LayError> {
        let connections = self.0.connections.load(SeqCst);
        self.update(|set| {
            let wanted = set.standing.len() + faults.len();
            if wanted > MOST_FAULTS {
                return Err(LayError::TooMany { wanted });
            }
            for fault in faults {
                fault.fits(set.operations.as_deref())?;
                let name = fault.name();
                if set.standing.iter().any(|standing| standing.fault.name() == name) {
                    return Err(LayError::AlreadyLaid { name: name.to_owned() });
                }
                self.locked_record().laid(name);
                set.standing
                    .push(Arc::new(Standing::new(fault, set.version, connections)));
            }
            let names: BTreeSet<&str> = set.standing.iter().map(|one| one.fault.name()).collect();
            self.locked_record().forget_lifted(&names);
            Ok(set.version)
        })
    }

    fn retain(&self, kept: impl Fn(&Standing) -> bool) {
        self.0.sets.send_if_modified(|set| {
            if set.standing.iter().all(|standing| kept(standing)) {
                return false;
            }
            let mut next = set.next();
            next.standing.retain(|standing| kept(standing));
            *set = Arc::new(next);
            true
        });
    }

    /// Puts the set that `change` makes of the present one in its place, unless it fails.
    fn update<T>(&self, change: impl FnOnce(&mut Set) -> Result<T, LayError>) -> Result<T, LayError> {
        let mut result = None;
        self.0.sets.send_if_modified(|set| {
            let mut next = set.next();
            let changed = change(&mut next);
            let is_changed = changed.is_ok();
            if is_changed {
                *set = Arc::new(next);
            }
            result = Some(changed);
            is_changed
        });
        result.unwrap_or_else(|| unreachable!("the closure is always called"))
    }

    fn locked_record(&self) -> MutexGuard<'_, Record> {
        self.0.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Set {
    /// Returns the time at which the next fault has stood for its time.
    pub(crate) fn expires(&self) -> Option<Instant> {
        self.standing.iter().filter_map(|standing| standing.until).min()
    }

    fn next(&self) -> Self {
        Self {
            standing: self.standing.clone(),
            operations: self.operations.clone(),
            version: self.version + 1,
        }
    }

    fn not_laid(&self, name: &str) -> LayError {
        LayError::NotLaid {
            name: name.to_owned(),
            laid: self.standing.iter().map(|one| one.fault.name().to_owned()).collect(),
        }
    }
}

impl Standing {
    fn new(fault: Fault, version: u64, connections_before: u64) -> Self {
        Self {
            until: fault.on().time.map(|time| Instant::now() + time),
            fault,
            laid: version,
            changed: version,
            connections_before,
            memory: Arc::default(),
        }
    }
}
