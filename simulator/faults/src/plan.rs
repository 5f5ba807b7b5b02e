//! The faults of one connection: those that act on it, by kind and direction.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use tokio::time::Instant;

use crate::{
    Effect, Faults, Outcome,
    draw::{part, unit},
    faults::{Set, Standing},
    http::Exchange,
};

/// Decisions about one connection so far. Each is recorded once.
#[derive(Debug)]
pub(crate) struct Decided {
    faults: Faults,
    connection: u64,
    /// By the version in which a fault was laid and its name.
    known: BTreeMap<(u64, String), Known>,
}

#[derive(Debug)]
struct Known {
    changed: u64,
    since: Instant,
    is_drawn: bool,
    masked_by: Option<String>,
    mark: Mark,
}

/// Note that a fault acted on a connection, taken once.
#[derive(Debug, Clone)]
pub(crate) struct Mark(Arc<Unfired>);

#[derive(Debug)]
struct Unfired {
    faults: Faults,
    fault: String,
    connection: u64,
    has_fired: AtomicBool,
}

/// The effects on one connection.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) to_upstream: Way,
    pub(crate) to_client: Way,
    /// The effects on its HTTP/1 requests, in the order of laying.
    pub(crate) requests: Vec<Arc<Standing>>,
}

/// The effects on one direction of a connection, by their place in the order of evaluation. That of their kind holds
/// at most one of each kind; that of laying holds all.
#[derive(Debug, Default)]
pub(crate) struct Way(BTreeMap<usize, Act>);

/// One effect on one direction.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) id: ActId,
    pub(crate) effect: Effect,
    pub(crate) since: Instant,
    pub(crate) mark: Mark,
    /// Key of its chance in this direction.
    pub(crate) key: u64,
}

/// Identity of an effect, which a change makes another one: the fault, and the version of its last change.
pub(crate) type ActId = (String, u64);

/// Age of a connection, on which `accept_then_close` depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    New,
    Open,
}

impl Mark {
    fn new(faults: &Faults, fault: &str, connection: u64) -> Self {
        Self(Arc::new(Unfired {
            faults: faults.clone(),
            fault: fault.to_owned(),
            connection,
            has_fired: AtomicBool::new(false),
        }))
    }

    /// Records that the fault acted, the first time.
    pub(crate) fn fire(&self) {
        let Unfired {
            faults,
            fault,
            connection,
            has_fired,
        } = &*self.0;
        if !has_fired.swap(true, SeqCst) {
            faults.note(fault, (*connection, 0), Outcome::Fired);
        }
    }
}

impl Decided {
    pub(crate) fn new(faults: &Faults, connection: u64) -> Self {
        Self {
            faults: faults.clone(),
            connection,
            known: BTreeMap::new(),
        }
    }

    /// Decides which faults of a set act on this connection.
    pub(crate) fn plan(&mut self, set: &Set, age: Age) -> Plan {
        let mut plan = Plan::default();
        self.known.retain(|(laid, name), _| {
            let mut standing = set.standing.iter();
            standing.any(|one| one.laid == *laid && one.fault.name() == name)
        });
        for (laid, standing) in set.standing.iter().enumerate() {
            if !self.meets(standing, age) {
                continue;
            }
            if standing.fault.does().is_of_http() {
                plan.requests.push(Arc::clone(standing));
            } else {
                let place = match self.faults.are_chained() {
                    true => laid,
                    false => standing.fault.does().place(),
                };
                self.take_in(standing, place, &mut plan);
            }
        }
        plan
    }

    /// Begins to tell the requests of the connection apart; see [`Exchange::new`].
    pub(crate) fn exchange(&self, open: Option<bool>) -> Arc<Exchange> {
        Exchange::new(&self.faults, self.connection, open)
    }

    fn meets(&self, standing: &Standing, age: Age) -> bool {
        match standing.fault.does() {
            Effect::Refuse(_) => return false,
            Effect::AcceptThenClose(_) if age == Age::Open => return false,
            _ => {}
        }
        let number = self.connection.checked_sub(standing.connections_before);
        let connections = standing.fault.on().connections;
        connections.meets(number.filter(|number| *number > 0))
    }

    fn take_in(&mut self, standing: &Standing, place: usize, plan: &mut Plan) {
        let fault = &standing.fault;
        let key = self.faults.key((self.connection, 0), fault.name());
        let known = self.know(standing, key);
        if !known.is_drawn {
            return;
        }
        let act = |direction| Act {
            id: (fault.name().to_owned(), standing.changed),
            effect: fault.does().clone(),
            since: known.since,
            mark: known.mark.clone(),
            key: part(key, direction),
        };
        let direction = fault.on().direction;
        let mut masked_by = None;
        let mut acts = false;
        let ways = [
            (direction.is_to_upstream(), &mut plan.to_upstream, "to_upstream"),
            (direction.is_to_client(), &mut plan.to_client, "to_client"),
        ];
        for (_, way, name) in ways.into_iter().filter(|(is_selected, ..)| *is_selected) {
            match way.0.entry(place) {
                Entry::Occupied(first) => masked_by = Some(first.get().id.0.clone()),
                Entry::Vacant(free) => {
                    free.insert(act(name));
                    acts = true;
                }
            }
        }
        let masked_by = masked_by.filter(|_| !acts);
        if known.masked_by != masked_by {
            known.masked_by.clone_from(&masked_by);
            if let Some(by) = masked_by {
                self.faults
                    .note(fault.name(), (self.connection, 0), Outcome::Masked { by });
            }
        }
    }

    /// Returns the decision about a fault that meets this connection, made now if it is new or changed.
    fn know(&mut self, standing: &Standing, key: u64) -> &mut Known {
        let (faults, connection) = (&self.faults, self.connection);
        let fault = &standing.fault;
        let is_drawn = fault.on().connections.takes(unit(key));
        let is_changed = |known: &Known| known.changed != standing.changed;
        let note_if_spared = || {
            if !is_drawn {
                faults.note(fault.name(), (connection, 0), Outcome::NotDrawn);
            }
        };
        let known = self.known.entry((standing.laid, fault.name().to_owned()));
        let known = known.or_insert_with(|| {
            faults.note_met(fault.name());
            note_if_spared();
            Known {
                changed: standing.changed,
                since: Instant::now(),
                is_drawn,
                masked_by: None,
                mark: Mark::new(faults, fault.name(), connection),
            }
        });
        if is_changed(known) {
            if known.is_drawn {
                note_if_spared();
            }
            known.changed = standing.changed;
            known.since = Instant::now();
            known.is_drawn = is_drawn;
        }
        known
    }
}

impl Plan {
    /// Returns the fault that ends the connection as soon as it is accepted.
    pub(crate) fn accept_then_close(&self) -> Option<&Act> {
        let mut acts = self.to_client.acts();
        acts.find(|act| matches!(act.effect, Effect::AcceptThenClose(_)))
    }

    /// Returns the next end that a fault puts to the connection: when, if by a reset, and which.
    pub(crate) fn ending(&self) -> Option<(Instant, IsReset, &Act)> {
        let acts = self.to_client.acts().chain(self.to_upstream.acts());
        let endings = acts.filter_map(|act| match &act.effect {
            Effect::Reset(reset) if !reset.on_bytes => Some((act.since + reset.after, IsReset::Yes, act)),
            Effect::Timeout(timeout) => Some((act.since + timeout.after?, IsReset::No, act)),
            _ => None,
        });
        endings.min_by_key(|(at, ..)| *at)
    }
}

/// Way in which a connection is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IsReset {
    Yes,
    No,
}

impl Way {
    /// Returns the effects in the order of evaluation.
    pub(crate) fn acts(&self) -> impl Iterator<Item = &Act> {
        self.0.values()
    }
}
