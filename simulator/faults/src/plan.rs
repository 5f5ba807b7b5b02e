//! The faults of one connection: those that act on it, by kind and direction.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{
        Arc, Mutex, PoisonError,
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
    mark: Mark,
}

/// Notes about a fault on a connection, each taken once: that it met the connection, what came of that, and that it
/// acted.
///
/// A fault meets a connection with the first byte that passes in its direction, so that one on which nothing happens
/// while it stands has met nobody. One that acts on the connection itself meets it at once.
#[derive(Debug, Clone)]
pub(crate) struct Mark(Arc<Marked>);

#[derive(Debug)]
struct Marked {
    faults: Faults,
    fault: String,
    connection: u64,
    meeting: Mutex<Meeting>,
    has_fired: AtomicBool,
}

#[derive(Debug, Default)]
struct Meeting {
    is_over: bool,
    /// Reason for which the fault does not act on the connection, noted once they have met.
    outcome: Option<Outcome>,
}

/// The effects on one connection.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) to_upstream: Way,
    pub(crate) to_client: Way,
    /// The effects on its HTTP/1 requests, in the order of laying.
    pub(crate) requests: Vec<Arc<Standing>>,
}

/// The effects on one direction of a connection.
#[derive(Debug, Default)]
pub(crate) struct Way {
    /// By their place in the order of evaluation. That of their kind holds at most one of each kind; that of laying
    /// holds all.
    acts: BTreeMap<usize, Act>,
    /// Those of faults that the next byte meets, if they act or not.
    unmet: Vec<Mark>,
}

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
        Self(Arc::new(Marked {
            faults: faults.clone(),
            fault: fault.to_owned(),
            connection,
            meeting: Mutex::default(),
            has_fired: AtomicBool::new(false),
        }))
    }

    /// Records that the fault met the connection, the first time, and what came of it.
    pub(crate) fn meet(&self) {
        let mut meeting = self.0.meeting.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut meeting.is_over, true) {
            self.0.faults.note_met(&self.0.fault);
            meeting.outcome.iter().for_each(|outcome| self.note(outcome.clone()));
        }
    }

    /// Records that the fault acted, the first time.
    pub(crate) fn fire(&self) {
        self.meet();
        if !self.0.has_fired.swap(true, SeqCst) {
            self.note(Outcome::Fired);
        }
    }

    fn has_met(&self) -> bool {
        let meeting = self.0.meeting.lock().unwrap_or_else(PoisonError::into_inner);
        meeting.is_over
    }

    /// Takes the reason for which the fault does not act, or none if it may. A new one is recorded once they have met.
    fn settle(&self, outcome: Option<Outcome>) {
        let mut meeting = self.0.meeting.lock().unwrap_or_else(PoisonError::into_inner);
        if meeting.outcome != outcome {
            meeting.outcome.clone_from(&outcome);
            let noted = outcome.filter(|_| meeting.is_over);
            noted.into_iter().for_each(|outcome| self.note(outcome));
        }
    }

    fn note(&self, outcome: Outcome) {
        let Marked {
            faults,
            fault,
            connection,
            ..
        } = &*self.0;
        faults.note(fault, (*connection, 0), outcome);
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
        let is_met = fault.does().acts_on_connections() || known.mark.has_met();
        let ways = [
            (direction.is_to_upstream(), &mut plan.to_upstream, "to_upstream"),
            (direction.is_to_client(), &mut plan.to_client, "to_client"),
        ];
        for (_, way, name) in ways.into_iter().filter(|(is_selected, ..)| *is_selected) {
            way.unmet.extend((!is_met).then(|| known.mark.clone()));
            if !known.is_drawn {
                continue;
            }
            match way.acts.entry(place) {
                Entry::Occupied(first) => masked_by = Some(first.get().id.0.clone()),
                Entry::Vacant(free) => {
                    free.insert(act(name));
                    acts = true;
                }
            }
        }
        let masked = masked_by.filter(|_| !acts).map(|by| Outcome::Masked { by });
        let spared = (!known.is_drawn).then_some(Outcome::NotDrawn);
        known.mark.settle(spared.or(masked));
        if fault.does().acts_on_connections() {
            known.mark.meet();
        }
    }

    /// Returns the decision about a fault that selects this connection, made now if it is new or changed.
    fn know(&mut self, standing: &Standing, key: u64) -> &mut Known {
        let (faults, connection) = (&self.faults, self.connection);
        let fault = &standing.fault;
        let is_drawn = fault.on().connections.takes(unit(key));
        let known = self.known.entry((standing.laid, fault.name().to_owned()));
        let known = known.or_insert_with(|| Known {
            changed: standing.changed,
            since: Instant::now(),
            is_drawn,
            mark: Mark::new(faults, fault.name(), connection),
        });
        if known.changed != standing.changed {
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
        self.acts.values()
    }

    /// Returns the marks of the faults that the next byte meets.
    pub(crate) fn unmet(&self) -> &[Mark] {
        &self.unmet
    }
}
