use std::time::Duration;

use faults::{Direction, Effect, Selector, Timeout};

use super::{Candidates, moment::Moment, times::Number};
use crate::steps::{FailPoint, Fault, FaultKind, LinkFault, Target};

/// A fault of the schedule, before anything is drawn.
#[derive(Clone, Debug)]
pub struct FaultPlan {
    pub(super) name: String,
    pub(super) hits: Hits,
    /// The point at which a crash comes.
    pub(super) point: Option<FailPoint>,
    pub(super) at: Moment,
    pub(super) lasts: Lasts,
    /// Number of times that it is laid in all; 1 or more.
    pub(super) times: Number,
    /// The time from one laying to the next.
    pub(super) every: Duration,
    /// True for a candidate of `[explore]` that the seed has drawn.
    pub(super) drawn: bool,
}

/// The disturbance, and what it hits.
#[derive(Clone, Debug)]
pub(super) enum Hits {
    /// One of these roles, by a kind of fault that is of nodes.
    Node(FaultKind, Candidates),
    /// The links of this name.
    Link(String, Box<faults::Fault>),
    /// The links between two nodes, with `one_way`.
    Partition(String, String, bool),
}

/// The time until a fault is lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasts {
    /// In milliseconds, from the first to the second.
    Between(u64, u64),
    /// Until the last journey is over.
    ToTheEnd,
}

impl FaultPlan {
    /// A node killed at a random moment.
    pub fn kill(candidates: Candidates) -> Self {
        Self {
            name: "kill".to_owned(),
            hits: Hits::Node(FaultKind::Kill, candidates),
            point: None,
            at: Moment::Random,
            lasts: Lasts::of_a_kill(),
            times: Number { low: 1, high: 1 },
            every: Duration::ZERO,
            drawn: false,
        }
    }

    /// The name that reports and other faults have for it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// True for a candidate of `[explore]` that the seed has drawn.
    pub fn is_drawn(&self) -> bool {
        self.drawn
    }

    /// Every fault that may be drawn from it, with roles for nodes.
    pub(crate) fn possible(&self) -> Vec<Fault> {
        match &self.hits {
            Hits::Node(_, candidates) => candidates.roles().map(|role| self.fault(role, 1)).collect(),
            Hits::Link(..) | Hits::Partition(..) => vec![self.fault("", 1)],
        }
    }

    /// The roles of which a fault of nodes hits one; none for a fault of links.
    pub(super) fn roles(&self) -> Vec<&str> {
        match &self.hits {
            Hits::Node(_, candidates) => candidates.roles().collect(),
            Hits::Link(..) | Hits::Partition(..) => Vec::new(),
        }
    }

    /// The node whose readiness it waits for.
    pub(super) fn awaited(&self) -> Option<&str> {
        match &self.at {
            Moment::Ready(node, _) => Some(node),
            _ => None,
        }
    }

    /// The fault as it is laid on `node` for the `number`th time; a fault of links needs no node.
    pub(super) fn fault(&self, node: &str, number: u32) -> Fault {
        let name = match number {
            1 => self.name.clone(),
            _ => format!("{} ({number})", self.name),
        };
        let on = |link: String, fault| LinkFault { link, fault };
        let (kind, target, links) = match &self.hits {
            Hits::Node(kind, _) => (*kind, Target::Node(node.to_owned()), Vec::new()),
            Hits::Link(link, fault) => {
                let links = vec![on(link.clone(), renamed(fault, &name))];
                (FaultKind::Link, Target::Link(link.clone()), links)
            }
            Hits::Partition(one, other, one_way) => {
                let links = silence(&name, one, other, *one_way).into();
                (
                    FaultKind::Partition,
                    Target::Partition(one.clone(), other.clone()),
                    links,
                )
            }
        };
        Fault {
            name,
            kind,
            target,
            links,
            point: self.point.clone(),
        }
    }
}

/// A fault that is right under another name; the name's length is checked when the scenario is read.
fn renamed(fault: &faults::Fault, name: &str) -> faults::Fault {
    faults::Fault::new(name, fault.on().clone(), fault.does().clone()).unwrap_or_else(|_| fault.clone())
}

/// Silence between two nodes: on the links of the one to the other, and back.
fn silence(name: &str, one: &str, other: &str, one_way: bool) -> [LinkFault; 2] {
    let silent = |caller: &str, callee: &str, lost: Direction| {
        let on = Selector {
            direction: if one_way { lost } else { Direction::Both },
            ..Selector::default()
        };
        let does = Effect::Timeout(Timeout::default());
        let fault = faults::Fault::new(name, on, does);
        LinkFault {
            link: format!("{caller} -> {callee}"),
            fault: fault.unwrap_or_else(|error| unreachable!("names are checked when a scenario is read: {error}")),
        }
    };
    // What the one sends is a request on its own connections, and a reply on those of the other.
    [
        silent(one, other, Direction::ToUpstream),
        silent(other, one, Direction::ToClient),
    ]
}

impl Lasts {
    /// The default of a kill.
    pub(super) fn of_a_kill() -> Self {
        Self::Between(50, 300)
    }
}
