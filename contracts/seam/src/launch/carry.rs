//! The way of one call.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::Arc,
    time::Duration,
};

use futures::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use uuid::Uuid;

use crate::{
    BoxFuture, Carrier, Contract, Method, MethodKind, Outcome, TransportFailure, chance,
    launch::{
        Entry, Journal, Launch, Seen, Side, Stage,
        ambient::Ambient,
        dial::Bucket,
        inner::Inner,
        isolated::Turn,
        second::{Answered, Second, written},
    },
    original::{self, Original},
    time,
};

/// The end of the first side's call: its reply, or the value of its panic.
type Ended<R> = Result<R, Box<dyn Any + Send>>;

impl<C: Contract + ?Sized> Carrier<C> for Launch<C> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        let inner = &self.0;
        let method = C::method(&call);
        let index = inner.recorder.index(method);
        let lane = inner.lanes.of(method.kind);
        let has_effects = method.kind == MethodKind::Write && inner.journal.is_some();
        if !has_effects && lane.is_control_alone(method.kind) && inner.behind.buckets(Side::Control) == 0 {
            inner.recorder.called(index, Side::Control);
            return inner.control.dispatch(call);
        }
        let key = inner.cohorts.bucket_of::<C>(&call);
        let bucket = key.unwrap_or(Bucket::LAST);
        // A read without a key may be shadowed at any dial, but not served.
        let shadowed = match (key, method.kind) {
            (None, MethodKind::Read) => Bucket::scaled(chance::bits()),
            _ => bucket,
        };
        let route = lane.route(method.kind, bucket, shadowed);
        match (route.both, method.kind) {
            (false, _) => inner.alone(inner.behind.first(bucket, route.first), method, index, call),
            (true, MethodKind::Read) => inner.read(inner.behind.first(bucket, route.first), index, call),
            (true, MethodKind::Write) => {
                let compared = lane.stage >= Stage::Shadow;
                inner.write(
                    Write {
                        index,
                        bucket,
                        key: C::key(&call),
                        chosen: route.first,
                        compared,
                    },
                    call,
                )
            }
        }
    }
}

/// A write to both sides.
struct Write {
    index: usize,
    bucket: Bucket,
    key: Option<String>,
    chosen: Side,
    compared: bool,
}

/// Takes the second side for behind until it is dropped, and for longer if the write is parked.
struct Entered<C: Contract + ?Sized> {
    inner: Arc<Inner<C>>,
    bucket: Bucket,
    parked: bool,
}

impl<C: Contract + ?Sized> Drop for Entered<C> {
    fn drop(&mut self) {
        self.inner.behind.leave(self.bucket, self.parked);
    }
}

impl<C: Contract + ?Sized> Inner<C> {
    /// Carries a call to one side, on the caller's task.
    fn alone(&self, side: Side, method: &Method, index: usize, call: C::Call) -> BoxFuture<'_, C::Reply> {
        self.recorder.called(index, side);
        if method.kind == MethodKind::Read {
            return self.side(side).dispatch(call);
        }
        if side == Side::Candidate {
            self.left_behind.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        Box::pin(async move { Turn::acting(side).scope(self.side(side).dispatch(call)).await })
    }

    /// Carries a read to the first side on the caller's task, and then to the second on one of its own.
    fn read(self: &Arc<Self>, first: Side, index: usize, call: C::Call) -> BoxFuture<'_, C::Reply> {
        self.recorder.called(index, first);
        let Some(permit) = self.admit() else {
            return Box::pin(async move {
                let begun = time::monotonic();
                let reply = self.side(first).dispatch(call).await;
                self.second(index, first).record(Seen::Shed, begun.elapsed(), None);
                reply
            });
        };
        let copy = call.clone();
        Box::pin(async move {
            let (ended, answered) = self.ask_first(first, call).await;
            let second = self.second(index, first);
            let reply = match ended {
                Ok(reply) => reply,
                Err(panic) => {
                    second.record(Seen::Unanswered, answered.took, None);
                    resume_unwind(panic)
                }
            };
            if !is_answer::<C>(&reply) {
                second.record(Seen::Unanswered, answered.took, None);
                return reply;
            }
            let answered = answered.with(reply.clone());
            spawn(async move {
                second.shadow(copy, answered).await;
                drop(permit);
            });
            reply
        })
    }

    /// Carries a write to both sides on a task of its own, which the caller's end does not stop.
    fn write(self: &Arc<Self>, write: Write, call: C::Call) -> BoxFuture<'_, C::Reply> {
        Box::pin(async move {
            let first = self.behind.enter(write.bucket, write.chosen);
            let entered = Entered {
                inner: Arc::clone(self),
                bucket: write.bucket,
                parked: false,
            };
            self.recorder.called(write.index, first);
            let second = self.second(write.index, first);
            let failed = C::failed(
                &call,
                TransportFailure::new(C::NAME, "the runtime ended during the call"),
            );
            let (sender, receiver) = oneshot::channel();
            let permit = self.admit();
            spawn(async move { second.write(write, entered, permit, call, sender).await });
            match receiver.await {
                Ok((ended, mark)) => {
                    if let Some(mark) = mark {
                        original::mark(mark);
                    }
                    ended.unwrap_or_else(|panic| resume_unwind(panic))
                }
                Err(_) => failed,
            }
        })
    }

    fn second(self: &Arc<Self>, method: usize, first: Side) -> Second<C> {
        Second {
            inner: Arc::clone(self),
            method,
            first,
            ambient: Ambient::current(),
        }
    }

    async fn ask_first(&self, first: Side, call: C::Call) -> (Ended<C::Reply>, Answered<()>) {
        let turn = Turn::acting(first);
        let begun = time::monotonic();
        let dispatched = turn.clone().scope(async { self.side(first).dispatch(call).await });
        let ended = AssertUnwindSafe(dispatched).catch_unwind().await;
        let answered = Answered {
            reply: (),
            took: begun.elapsed(),
            effects: turn.effects(),
        };
        (ended, answered)
    }
}

impl Answered<()> {
    fn with<R>(self, reply: R) -> Answered<R> {
        Answered {
            reply,
            took: self.took,
            effects: self.effects,
        }
    }
}

/// Tells the caller the end of the first side's call.
type Caller<R> = oneshot::Sender<(Ended<R>, Option<Original>)>;

impl<C: Contract + ?Sized> Second<C> {
    /// Writes to the first side, answers the caller, and writes to the second.
    async fn write(
        self,
        write: Write,
        mut entered: Entered<C>,
        permit: Option<OwnedSemaphorePermit>,
        call: C::Call,
        mut caller: Caller<C::Reply>,
    ) {
        let ambient = self.ambient.clone();
        let work = async {
            let id = self.journalled(&write, &call).await;
            let copy = call.clone();
            let first = original::capture(self.inner.ask_first(self.first, call));
            let begun = time::monotonic();
            let (ended, answered, mark) = tokio::select! {
                biased;
                ((ended, answered), mark) = self.ambient.as_caller(first) => (ended, answered, mark),
                () = abandoned(&mut caller, self.inner.limits.abandoned) => {
                    let failure = TransportFailure::new(C::NAME, "no answer, long after its caller went away");
                    let answered = Answered { reply: (), took: begun.elapsed(), effects: Vec::new() };
                    (Ok(C::failed(&copy, failure)), answered, None)
                }
            };
            let known = ended.as_ref().ok().filter(|reply| is_answer::<C>(reply)).cloned();
            let is_not_done = ended.as_ref().is_ok_and(|reply| C::is_not_done(reply));
            let mut place = self.inner.behind.place(write.bucket);
            match (id, &self.inner.journal) {
                // Nobody wrote, so nobody lacks it.
                (Some(id), Some(journal)) if is_not_done => journal.done(id),
                (Some(id), Some(journal)) => journal.ended(id, known.is_some(), answered.effects.clone()),
                _ => {}
            }
            // The caller may be gone.
            let _ = caller.send((ended, mark));
            let took = answered.took;
            let skipped = match (id, known) {
                (None, _) => Seen::Unjournalled,
                (_, None) => Seen::Unanswered,
                _ if permit.is_none() => Seen::Shed,
                (Some(id), Some(reply)) => {
                    place.turn().await;
                    entered.parked = !self.follow(&write, id, copy, answered.with(reply)).await;
                    return (entered, place);
                }
            };
            self.record(skipped, took, None);
            entered.parked = !is_not_done;
            (entered, place)
        };
        let (entered, place) = ambient.scope(work).await;
        // In this order: the next write of the key must see that this one is parked.
        drop(entered);
        drop(place);
    }

    /// Writes to the second side. Returns `true` if that side has the write now.
    async fn follow(&self, write: &Write, id: Uuid, call: C::Call, answered: Answered<C::Reply>) -> bool {
        let skipped = if self.inner.is_killed() {
            Some(Seen::Killed)
        } else {
            self.inner.behind.is_parked(write.bucket).then_some(Seen::Parked)
        };
        if let Some(seen) = skipped {
            self.record(seen, answered.took, None);
            return false;
        }
        let second = self.first.other();
        let turn = Turn::shadowing(second, answered.effects.clone());
        let asked = self.ask(second, turn, call).await;
        let has_it = matches!(asked.outcome, Outcome::Value(_) | Outcome::DomainError(_));
        if let (true, Some(journal)) = (has_it, &self.inner.journal) {
            journal.done(id);
        }
        self.judge(&answered, &asked, write.compared);
        has_it
    }

    /// Notes the write before anybody makes it. `None` if that failed: then only the first side gets it.
    async fn journalled(&self, write: &Write, call: &C::Call) -> Option<Uuid> {
        let journal: &Arc<dyn Journal> = self.inner.journal.as_ref()?;
        let id = chance::id();
        let begun = journal.begin(Entry {
            id,
            method: C::method(call).name.to_owned(),
            key: write.key.clone(),
            first: self.first,
            call: written::<C>(call),
            answered: false,
            effects: Vec::new(),
        });
        match begun.await {
            Ok(()) => Some(id),
            Err(error) => {
                tracing::error!(launch = self.inner.name, %error, "the journal of a launch can't be written");
                None
            }
        }
    }
}

/// Returns `true` if the reply answers the call. That it could not be taken now, so that nothing was done, answers
/// nothing.
fn is_answer<C: Contract + ?Sized>(reply: &C::Reply) -> bool {
    C::outcome(reply).is_known() && !C::is_not_done(reply)
}

/// Ends some time after the caller went away.
async fn abandoned<R>(caller: &mut Caller<R>, after: Duration) {
    caller.closed().await;
    tokio::time::sleep(after).await;
}

fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    let ambient = Ambient::current();
    tokio::spawn(ambient.scope(future));
}
