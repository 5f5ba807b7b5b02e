use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use crate::Limits;

/// Phase of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The head of a request is awaited: the first of the connection, or one that has begun. Also the rest of a refused
    /// body, once the answer is written.
    Head,
    /// The body of a request is being read.
    Body,
    /// A whole request is being worked on.
    Working,
    /// The answer is being written.
    Writing,
    /// The answer is made up; the next flush sends the last of it.
    Flushing,
    /// Nothing is under way.
    Idle,
}

/// One connection, as its limits see it: its phase, and when its client was last heard of.
#[derive(Debug)]
pub(crate) struct Watch {
    state: Mutex<State>,
    cut: Notify,
    /// True for a connection beyond the cap.
    pub(crate) is_surplus: bool,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Begin of the phase.
    since: Instant,
    /// Time of the last byte in either direction.
    heard: Instant,
    /// Bytes that came in during the phase.
    received: u64,
    /// True once the rest of a refused body is awaited, which is the end of the connection.
    is_leftover: bool,
}

impl Watch {
    pub(crate) fn new(is_surplus: bool) -> Self {
        let now = Instant::now();
        let state = State {
            phase: Phase::Head,
            since: now,
            heard: now,
            received: 0,
            is_leftover: false,
        };
        Self {
            state: Mutex::new(state),
            cut: Notify::new(),
            is_surplus,
        }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.state().enter(phase);
    }

    /// Enters `next` if the phase is `now`.
    pub(crate) fn pass(&self, now: Phase, next: Phase) {
        let mut state = self.state();
        if state.phase == now {
            state.enter(next);
        }
    }

    /// The answer is flushed.
    pub(crate) fn flushed(&self) {
        let mut state = self.state();
        if state.phase == Phase::Flushing {
            let next = if state.is_leftover { Phase::Head } else { Phase::Idle };
            state.enter(next);
        }
    }

    /// The request is refused, and its rest is to be read after the answer and thrown away.
    pub(crate) fn refused_the_rest(&self) {
        self.state().is_leftover = true;
    }

    /// True if the rest of a refused request is to be thrown away.
    pub(crate) fn is_leftover(&self) -> bool {
        self.state().is_leftover
    }

    pub(crate) fn read(&self, bytes: usize) {
        let mut state = self.state();
        if state.phase == Phase::Idle {
            state.enter(Phase::Head);
        }
        state.heard = Instant::now();
        state.received += bytes as u64;
    }

    pub(crate) fn wrote(&self) {
        self.state().heard = Instant::now();
    }

    /// True if the connection has outlived one of the limits.
    pub(crate) fn is_expired(&self, limits: &Limits, now: Instant) -> bool {
        let state = self.state();
        let (age, silence) = (now - state.since, now - state.heard);
        match state.phase {
            Phase::Head => age > limits.head,
            Phase::Body => {
                let earned = Duration::from_secs(state.received / limits.body_rate.max(1));
                silence > limits.body || age > limits.body + earned
            }
            Phase::Working => false,
            Phase::Writing | Phase::Flushing | Phase::Idle => silence > limits.idle,
        }
    }

    /// The time of the last byte, if the connection has no whole request and may make room for another.
    pub(crate) fn silent_since(&self) -> Option<Instant> {
        let state = self.state();
        state.has_no_request().then_some(state.heard)
    }

    /// True if no request would be lost with the connection.
    pub(crate) fn has_no_request(&self) -> bool {
        self.state().has_no_request()
    }

    /// Tells the connection's task to close it.
    pub(crate) fn cut(&self) {
        self.cut.notify_one();
    }

    /// Resolves when the connection is to be closed.
    pub(crate) async fn is_cut(&self) {
        self.cut.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn enter(&mut self, phase: Phase) {
        let now = Instant::now();
        self.phase = phase;
        self.since = now;
        self.heard = now;
        self.received = 0;
    }

    fn has_no_request(&self) -> bool {
        matches!(self.phase, Phase::Head | Phase::Body | Phase::Idle)
    }
}
