use commerce::{OrderEvent, OrderId};
use proptest::{collection::vec, prelude::*};
use serde::{Deserialize, Serialize};

use super::{process::End, site::Port};

/// Number of aggregates: few, so that writes meet on the same one.
const AGGREGATES: u8 = 4;

/// A sequence of events in the life of a module with a log and of the consumers of that log.
///
/// Unless they are stopped, the consumers run concurrently with every step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct History {
    /// Largest number of events that a consumer requests at once; small, so that batches are full.
    pub batch: u32,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// One step of a history. A step that concerns consumers applies to each of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Step {
    /// The module starts all of these writes concurrently and waits for their results.
    Write(Vec<Write>),
    /// The consumers catch up with the end of the log.
    Settle,
    /// The consumers stop; the next `Settle` or `RestartConsumers` starts them.
    StopConsumers(End),
    /// The consumers stop and start again.
    RestartConsumers(End),
    /// The module and its server stop in the middle of these writes and start again.
    RestartModule(End, Port, Vec<Write>),
    /// The broker is killed and starts again, if there is one.
    RestartBroker,
    /// The connection that carries the next replies breaks after this many bytes of them.
    Cut(usize),
    /// The handling of the next event of this aggregate goes wrong, once.
    Harm(u8, Point, Harm),
    /// The consumers catch up, poison events become harmless, and dead letters are retried.
    Cure,
}

/// One write of the module.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Write {
    /// Aggregates that get one event each, in this order.
    pub aggregates: Vec<u8>,
    /// True if the write commits; otherwise it fails after the last event and is rolled back.
    pub keep: bool,
    /// Index, modulo the number of events, of one that can't be handled until a `Cure`.
    #[serde(default)]
    pub poison: Option<usize>,
}

/// A point in the handling of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Point {
    /// Before the write begins.
    Before,
    /// Inside the write, after its last statement.
    Within,
    /// After the commit, before the subscription learns of it.
    After,
}

/// A fault in the handling of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Harm {
    /// The handler returns an error.
    Fail,
    /// The handler reports that a dependency is unavailable.
    Unavailable,
    /// The handler panics.
    Panic,
    /// The consumer's process is killed.
    Kill,
}

/// Strategy that draws histories. They shrink to fewer and smaller steps.
pub(super) fn history() -> impl Strategy<Value = History> {
    (1..=6_u32, vec(step(), 1..=14)).prop_map(|(batch, steps)| History { batch, steps })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => vec(write(), 1..=4).prop_map(Step::Write),
        4 => Just(Step::Settle),
        1 => end().prop_map(Step::StopConsumers),
        2 => end().prop_map(Step::RestartConsumers),
        2 => (end(), port(), vec(write(), 0..=2))
            .prop_map(|(end, port, writes)| Step::RestartModule(end, port, writes)),
        1 => Just(Step::RestartBroker),
        2 => (0..1_500_usize).prop_map(Step::Cut),
        4 => (aggregate(), point(), harm()).prop_map(|(aggregate, point, harm)| Step::Harm(aggregate, point, harm)),
        2 => Just(Step::Cure),
    ]
}

fn write() -> impl Strategy<Value = Write> {
    let poison = prop::option::weighted(0.12, 0..4_usize);
    (vec(aggregate(), 1..=4), prop::bool::weighted(0.8), poison).prop_map(|(aggregates, keep, poison)| Write {
        aggregates,
        keep,
        poison,
    })
}

fn aggregate() -> impl Strategy<Value = u8> {
    0..AGGREGATES
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::Clean), Just(End::Killed)]
}

fn port() -> impl Strategy<Value = Port> {
    prop_oneof![Just(Port::Same), Just(Port::New)]
}

fn point() -> impl Strategy<Value = Point> {
    prop_oneof![Just(Point::Before), Just(Point::Within), Just(Point::After)]
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        3 => Just(Harm::Fail),
        1 => Just(Harm::Unavailable),
        2 => Just(Harm::Panic),
        2 => Just(Harm::Kill),
    ]
}

/// The id of the aggregate with this number.
pub(super) fn aggregate_id(aggregate: u8) -> OrderId {
    OrderId::derive(&["feeds", &aggregate.to_string()])
}

/// Creates an event of the aggregate, identified by its token.
pub(super) fn event(aggregate: u8, token: &str) -> OrderEvent {
    OrderEvent::OrderCancelled {
        order_id: aggregate_id(aggregate),
        reason: token.to_owned(),
    }
}
