use commerce::{OrderEvent, OrderId};
use proptest::{collection::vec, prelude::*};
use serde::{Deserialize, Serialize};

use super::{process::End, site::Port};

/// How many aggregates there are: few, so that they meet.
const AGGREGATES: u8 = 4;

/// What happens to a module with a log and to the consumers of that log, one thing after the other.
///
/// The consumers run beside it all the time, unless they were stopped.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct History {
    /// The most events that a consumer asks for at once, so that batches are full.
    pub batch: u32,
    /// What happens.
    pub steps: Vec<Step>,
}

/// One thing that happens; what befalls consumers befalls each of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Step {
    /// The module writes, all of these at the same time, and hears what became of them.
    Write(Vec<Write>),
    /// The consumers come to the end of the log.
    Settle,
    /// The consumers end, and start when they next have to settle or restart.
    StopConsumers(End),
    /// The consumers end and start again.
    RestartConsumers(End),
    /// The module and its server end in the middle of these writes, and start again.
    RestartModule(End, Port, Vec<Write>),
    /// The connection that carries the next replies breaks after so many bytes of them.
    Cut(usize),
    /// Something goes wrong with the next event of this aggregate, once.
    Harm(u8, Point, Harm),
    /// The consumers settle, whatever was poison is not any more, and dead letters are tried again.
    Cure,
}

/// A write of the module.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Write {
    /// An event of each of these aggregates, in this order.
    pub aggregates: Vec<u8>,
    /// Whether it is to commit; else it fails after the last event and is rolled back.
    pub keep: bool,
    /// Which of the events, counted round and round, can't be handled until a `Cure`.
    #[serde(default)]
    pub poison: Option<usize>,
}

/// Where in the handling of an event something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Point {
    /// Before the write.
    Before,
    /// In the write, after its last statement.
    Within,
    /// After the commit, before the subscription hears of it.
    After,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Harm {
    /// The handler fails.
    Fail,
    /// Something that it needs is not available.
    Unavailable,
    /// The handler panics.
    Panic,
    /// The consumer's process is killed.
    Kill,
}

/// Histories as they are drawn; they shrink to fewer and smaller steps.
pub(super) fn history() -> impl Strategy<Value = History> {
    (1..=6_u32, vec(step(), 1..=14)).prop_map(|(batch, steps)| History { batch, steps })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => vec(write(), 1..=4).prop_map(Step::Write),
        4 => Just(Step::Settle),
        1 => end().prop_map(Step::StopConsumers),
        2 => end().prop_map(Step::RestartConsumers),
        2 => (end(), port(), vec(write(), 0..=2)).prop_map(|(end, port, writes)| Step::RestartModule(end, port, writes)),
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

/// The aggregate of this number.
pub(super) fn aggregate_id(aggregate: u8) -> OrderId {
    OrderId::derive(&["feeds", &aggregate.to_string()])
}

/// An event of the aggregate, which is told from all others by its token.
pub(super) fn event(aggregate: u8, token: &str) -> OrderEvent {
    OrderEvent::OrderCancelled {
        order_id: aggregate_id(aggregate),
        reason: token.to_owned(),
    }
}
