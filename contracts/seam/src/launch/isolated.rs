//! Two sides that can't both act on the world, by construction.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    BoxFuture, Carrier, Context, Contract, MethodKind, TransportFailure,
    launch::{Dial, Side, settings::Lanes},
};

/// The most effects of one call that are kept for comparison.
const KEPT: usize = 256;

tokio::task_local! {
    static TURN: Turn;
}

/// A neighbour outside of the launch on which both sides act: a payment provider, a mail server, an event bus.
///
/// It takes the neighbour as a `Box`, so nobody else holds it: from then on the only ways to it are the doors that
/// [`Isolated::pair`] hands to each side.
pub struct Entrusted<P: Contract + ?Sized> {
    real: Arc<P>,
    stand_in: Arc<P>,
}

impl<P: Contract + ?Sized> Entrusted<P> {
    /// Entrusts the real neighbour. `stand_in` answers the side that must not act where the other side made no such
    /// call.
    pub fn new(real: Box<P>, stand_in: Arc<P>) -> Self {
        Self {
            real: real.into(),
            stand_in,
        }
    }
}

/// The doors of one side, by which it reaches neighbours.
#[derive(Debug)]
pub struct Doors {
    side: Side,
    lanes: Arc<Lanes>,
}

impl Doors {
    /// The neighbour as this side may reach it.
    ///
    /// - In a call of which this side is the first, calls go to the real neighbour and are recorded.
    /// - In a call that the side only shadows, they are recorded and go nowhere: the answer is the one that the other
    ///   side got to the same call, or else the stand-in's.
    /// - Outside of any call, such as in a background task, reads go through, and writes only while this side serves
    ///   every key. Otherwise they end as a transport failure: hand on [`Turn::current`] to tasks that a call starts.
    pub fn to<P: Contract + ?Sized>(&self, neighbour: &Entrusted<P>) -> Arc<P> {
        P::via(Arc::new(Door {
            side: self.side,
            lanes: Arc::clone(&self.lanes),
            real: Arc::clone(&neighbour.real),
            stand_in: Arc::clone(&neighbour.stand_in),
        }))
    }
}

/// Control and candidate of a contract, each with a world of its own: the only candidate that a launch gives writes.
///
/// Its fields are private and [`Isolated::pair`] is the only way to make one, so whatever receives a shadow write was
/// built with doors that stay shut during it. Two things are left to its builder: that the candidate writes to a store
/// of its own, and that neither side opens a second connection to a neighbour beside the entrusted one.
pub struct Isolated<C: Contract + ?Sized> {
    pub(crate) control: Arc<C>,
    pub(crate) candidate: Arc<C>,
    pub(crate) lanes: Arc<Lanes>,
}

impl<C: Contract + ?Sized> Isolated<C> {
    /// Builds both sides, each with its own doors.
    pub fn pair(control: impl FnOnce(&Doors) -> Arc<C>, candidate: impl FnOnce(&Doors) -> Arc<C>) -> Self {
        let lanes = Arc::<Lanes>::default();
        let doors = |side| Doors {
            side,
            lanes: Arc::clone(&lanes),
        };
        Self {
            control: control(&doors(Side::Control)),
            candidate: candidate(&doors(Side::Candidate)),
            lanes,
        }
    }
}

/// The part of one side in one call: whether it acts, and what it did.
///
/// It belongs to the task, as a [`Context`] does. A task that a call spawns hands it on with [`Turn::scope`].
#[derive(Clone, Debug)]
pub struct Turn(Arc<Part>);

#[derive(Debug)]
struct Part {
    side: Side,
    acts: bool,
    effects: Mutex<Vec<Effect>>,
    /// The effects of the side that acted, whose answers are lent once each.
    lent: Vec<(Effect, AtomicBool)>,
}

/// A write that a side sent to a neighbour, or would have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The contract of the neighbour.
    pub contract: String,
    /// The call as JSON.
    pub call: Value,
    /// The reply as JSON, which is not compared: it is the neighbour's.
    pub reply: Value,
}

impl Turn {
    pub(crate) fn acting(side: Side) -> Self {
        Self::new(side, true, Vec::new())
    }

    pub(crate) fn shadowing(side: Side, theirs: Vec<Effect>) -> Self {
        Self::new(side, false, theirs)
    }

    fn new(side: Side, acts: bool, theirs: Vec<Effect>) -> Self {
        Self(Arc::new(Part {
            side,
            acts,
            effects: Mutex::default(),
            lent: theirs
                .into_iter()
                .map(|effect| (effect, AtomicBool::new(false)))
                .collect(),
        }))
    }

    /// The turn of the running task, if it belongs to a call of a launch.
    pub fn current() -> Option<Self> {
        TURN.try_with(Clone::clone).ok()
    }

    /// Runs `future` within this turn.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        TURN.scope(self, future).await
    }

    pub(crate) fn effects(&self) -> Vec<Effect> {
        self.0.effects.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn record(&self, effect: Effect) {
        let mut effects = self.0.effects.lock().unwrap_or_else(PoisonError::into_inner);
        if effects.len() < KEPT {
            effects.push(effect);
        }
    }

    /// The answer that the other side got to this call.
    fn lent(&self, contract: &str, call: &Value) -> Option<Value> {
        let is_free = |used: &AtomicBool| !used.swap(true, Relaxed);
        let mut same = self
            .0
            .lent
            .iter()
            .filter(|(effect, _)| effect.contract == contract && effect.call == *call);
        same.find(|(_, used)| is_free(used))
            .map(|(effect, _)| effect.reply.clone())
    }
}

/// The effects of one side as they are compared.
pub(crate) fn compared(effects: &[Effect]) -> Value {
    let made = effects
        .iter()
        .map(|effect| json!({ "contract": effect.contract, "call": effect.call }));
    json!({ "effects": made.collect::<Vec<_>>() })
}

struct Door<P: Contract + ?Sized> {
    side: Side,
    lanes: Arc<Lanes>,
    real: Arc<P>,
    stand_in: Arc<P>,
}

impl<P: Contract + ?Sized> Door<P> {
    /// Returns `true` if this side serves every key, so that it may act outside of calls too.
    fn is_alone(&self) -> bool {
        let served = self.lanes.of(MethodKind::Write).share_served();
        match self.side {
            Side::Control => served == Dial::NONE,
            Side::Candidate => served == Dial::ALL,
        }
    }

    async fn outside_of_a_call(&self, call: P::Call) -> P::Reply {
        if P::method(&call).kind == MethodKind::Read || self.is_alone() {
            return self.real.dispatch(call).await;
        }
        let reason = format!(
            "the {} asked for an effect outside of any call of its launch, while it does not serve every key; \
             hand seam::launch::Turn on to the task",
            self.side
        );
        P::failed(&call, TransportFailure::new(P::NAME, reason))
    }

    async fn in_turn(&self, turn: &Turn, call: P::Call) -> P::Reply {
        let acts = turn.0.acts && turn.0.side == self.side;
        // A call that JSON can't show equals none of the other side: such effects are a mismatch, never the same.
        let value = serde_json::to_value(&call)
            .unwrap_or_else(|error| json!({ "of the": self.side.to_string(), "not comparable": error.to_string() }));
        let is_effect = P::method(&call).kind == MethodKind::Write;
        let reply = if acts {
            self.real.dispatch(call).await
        } else {
            let lent = turn.lent(P::NAME, &value).map(serde_json::from_value);
            match lent {
                Some(Ok(reply)) => reply,
                _ => self.stand_in.dispatch(call).await,
            }
        };
        if is_effect {
            turn.record(Effect {
                contract: P::NAME.to_owned(),
                call: value,
                reply: serde_json::to_value(&reply).unwrap_or_default(),
            });
        }
        reply
    }
}

impl<P: Contract + ?Sized> Carrier<P> for Door<P> {
    fn carry(&self, call: P::Call) -> BoxFuture<'_, P::Reply> {
        Box::pin(async move {
            let turn = Turn::current();
            // The whole request may be a shadow of another process.
            if Context::try_current().is_some_and(|context| context.shadow) && turn.is_none() {
                return self.in_turn(&Turn::shadowing(self.side, Vec::new()), call).await;
            }
            match turn {
                Some(turn) => self.in_turn(&turn, call).await,
                None => self.outside_of_a_call(call).await,
            }
        })
    }
}

impl<P: Contract + ?Sized> fmt::Debug for Entrusted<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entrusted({})", P::NAME)
    }
}

impl<C: Contract + ?Sized> fmt::Debug for Isolated<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Isolated({})", C::NAME)
    }
}
