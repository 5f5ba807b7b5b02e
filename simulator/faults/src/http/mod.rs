//! HTTP/1 between the two directions of a connection: requests and replies are told apart, so that faults act on
//! them. All other bytes pass as they are.

mod decide;
mod framing;
mod head;
mod held;
mod hold;
mod replies;
mod requests;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use bytes::{Bytes, BytesMut};
use tokio::{sync::Notify, time::Instant};

pub(crate) use self::head::RequestHead;
use self::{decide::Chosen, replies::Replies, requests::Sending};
use crate::{
    Effect, Faults, Outcome,
    effects::Overtaking,
    faults::Standing,
    stream::{Item, What},
};

/// Most replies of a connection that are awaited or wait for the client. A client that sends more requests, and reads
/// nothing, is slowed down by its window; clients that pipeline send a few dozen.
const MOST_REPLIES: usize = 256;

const METHODS: [&[u8]; 9] = [
    b"GET ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"PATCH ",
    b"HEAD ",
    b"OPTIONS ",
    b"CONNECT ",
    b"TRACE ",
];

/// Tells if bytes are the beginning of an HTTP/1 request with one of the usual methods.
pub(crate) fn begins_request(bytes: &[u8]) -> bool {
    METHODS.iter().any(|method| bytes.starts_with(method))
}

/// Direction of a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    ToUpstream,
    ToClient,
}

/// The requests and replies of one connection, which its two pipes share.
#[derive(Debug)]
pub(crate) struct Exchange {
    state: Mutex<State>,
    /// Each tells one pipe that something is ready for it that its own reading did not bring.
    ready: [Notify; 2],
}

/// State of an [`Exchange`].
#[derive(Debug)]
struct State {
    /// The exchange that it is the state of.
    exchange: Weak<Exchange>,
    faults: Faults,
    connection: u64,
    standing: Vec<Arc<Standing>>,
    requests: u64,
    mode: Mode,
    sending: Sending,
    replies: Replies,
    /// Bytes that have arrived on each side and are not sorted yet.
    unsorted: [BytesMut; 2],
    /// Items that are ready for each pipe.
    sorted: [Vec<Item>; 2],
    /// Tells that the next request waits until there are fewer than [`MOST_REPLIES`].
    holds_back: bool,
    /// Tells that the upstream has ended its side, so that no reply reaches the client any more.
    is_upstream_over: bool,
    /// Tells that the client's pipe may read on again.
    has_resumed: bool,
    /// Requests without their whole reply, oldest first.
    outstanding: VecDeque<Outstanding>,
    /// Faults that are recorded as unfit for this connection, by name and the version in which they were laid.
    unfit: BTreeSet<(String, u64)>,
}

/// Protocol of the connection, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Open before the exchange began: bytes pass until the next request begins.
    Joining {
        at_start: bool,
    },
    Http,
    /// Something else: bytes pass. The text says why.
    Opaque(&'static str),
}

/// Request whose reply is awaited, or held ready.
#[derive(Debug)]
struct Outstanding {
    method: String,
    path: String,
    may_upgrade: bool,
    chosen: Chosen,
    /// Requests of other connections that go on once this one is answered.
    overtaking: Overtaking,
    reply: Reply,
}

#[derive(Debug)]
enum Reply {
    /// The upstream's reply, for the client.
    Awaited,
    /// The upstream's reply to the second of two requests, for nobody.
    Unwanted,
    /// A fault's reply, and if the connection ends behind it.
    Ready { due: Instant, bytes: Bytes, is_last: bool },
}

impl Outstanding {
    fn is_rewritten(&self) -> bool {
        self.chosen.rewriting().next().is_some()
    }
}

impl Exchange {
    /// Begins with a connection that is new, or that is open and may be where a request begins.
    pub(crate) fn new(faults: &Faults, connection: u64, open: Option<bool>) -> Arc<Self> {
        Arc::new_cyclic(|exchange| Self {
            state: Mutex::new(State {
                exchange: Weak::clone(exchange),
                faults: faults.clone(),
                connection,
                standing: Vec::new(),
                requests: 0,
                mode: open.map_or(Mode::Http, |at_start| Mode::Joining { at_start }),
                sending: Sending::Head,
                replies: Replies::Head,
                unsorted: Default::default(),
                sorted: Default::default(),
                holds_back: false,
                is_upstream_over: false,
                has_resumed: false,
                outstanding: VecDeque::new(),
                unfit: BTreeSet::new(),
            }),
            ready: Default::default(),
        })
    }

    /// Takes the faults that act on requests from now on. Returns true if a delay has gone, so that what waits must
    /// go on.
    pub(crate) fn lay(&self, standing: Vec<Arc<Standing>>) -> bool {
        let mut state = self.locked();
        let stays = |one: &Arc<Standing>| standing.iter().any(|other| Arc::ptr_eq(one, other));
        let delays = |one: &Arc<Standing>| matches!(one.fault.does(), Effect::DelayRequest(_) | Effect::DelayReply(_));
        let hurries = state.standing.iter().any(|one| delays(one) && !stays(one));
        if hurries {
            state.hurry();
        }
        for outstanding in &mut state.outstanding {
            outstanding.chosen.keep(&standing);
        }
        let is_rewritten = state.outstanding.front().is_some_and(Outstanding::is_rewritten);
        if !is_rewritten {
            state.let_go();
        }
        // Before a held request goes on: what came behind it is met by the faults that are laid now.
        state.standing.clone_from(&standing);
        state.keep_hold(|chosen| chosen.keep(&standing));
        self.tell_both(&mut state);
        if let Mode::Opaque(why) = state.mode {
            state.note_unfit(why);
        }
        hurries
    }

    /// Takes what one pipe has read, and returns what it passes on.
    pub(crate) fn feed(&self, side: Side, what: What) -> Vec<Item> {
        let mut state = self.locked();
        match what {
            What::Data(bytes) => state.arrive(side, &bytes),
            What::End | What::Close => {
                if side == Side::ToClient {
                    state.end_replies();
                }
                // A message that will never be whole passes as far as it came.
                let rest = state.unsorted[side as usize].split().freeze();
                state.pass(side, Instant::now(), rest);
                state.sorted[side as usize].push(Item {
                    due: Instant::now(),
                    what,
                });
                state.is_upstream_over |= side == Side::ToClient;
            }
        }
        self.passed(side, &mut state)
    }

    /// Waits until [`Exchange::take_ready`] has something for this pipe, or it may read on.
    pub(crate) async fn ready(&self, side: Side) {
        self.ready[side as usize].notified().await;
    }

    /// Returns what became ready for a pipe without its reading.
    pub(crate) fn take_ready(&self, side: Side) -> Vec<Item> {
        let mut state = self.locked();
        self.passed(side, &mut state)
    }

    /// Tells if a pipe may read on. After a request that may end HTTP/1, its reply is awaited first; of a client that
    /// lets too many replies wait, nothing is read.
    pub(crate) fn may_read(&self, side: Side) -> bool {
        let state = self.locked();
        let waits = state.holds_back || matches!(state.sending, Sending::Paused | Sending::Held(_));
        side == Side::ToClient || state.mode != Mode::Http || !waits
    }

    fn passed(&self, side: Side, state: &mut State) -> Vec<Item> {
        let other = match side {
            Side::ToUpstream => Side::ToClient,
            Side::ToClient => Side::ToUpstream,
        };
        let items = std::mem::take(&mut state.sorted[side as usize]);
        state.go_on();
        if !state.sorted[side as usize].is_empty() {
            self.ready[side as usize].notify_one();
        }
        let has_resumed = other == Side::ToUpstream && std::mem::take(&mut state.has_resumed);
        if has_resumed || !state.sorted[other as usize].is_empty() {
            self.ready[other as usize].notify_one();
        }
        items
    }

    /// Tells both pipes what is ready for them.
    fn tell_both(&self, state: &mut State) {
        let has_resumed = std::mem::take(&mut state.has_resumed);
        for side in [Side::ToUpstream, Side::ToClient] {
            if !state.sorted[side as usize].is_empty() || (has_resumed && side == Side::ToUpstream) {
                self.ready[side as usize].notify_one();
            }
        }
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn arrive(&mut self, side: Side, bytes: &[u8]) {
        if let Mode::Joining { at_start } = self.mode {
            if side == Side::ToUpstream && at_start && begins_request(bytes) {
                self.mode = Mode::Http;
            } else {
                self.mode = Mode::Joining {
                    at_start: side == Side::ToClient,
                };
                return self.pass(side, Instant::now(), Bytes::copy_from_slice(bytes));
            }
        }
        self.unsorted[side as usize].extend_from_slice(bytes);
        self.sort(side);
    }

    /// Sorts what has arrived on a side, as far as it goes.
    fn sort(&mut self, side: Side) {
        while self.mode == Mode::Http {
            let goes_on = match side {
                Side::ToUpstream => self.sort_request(),
                Side::ToClient => self.sort_reply(),
            };
            if !goes_on {
                return;
            }
        }
        let rest = self.unsorted[side as usize].split().freeze();
        self.pass(side, Instant::now(), rest);
    }

    /// Tells if too many replies are awaited or wait for the client.
    fn is_behind(&self) -> bool {
        self.outstanding.len() + self.sorted[Side::ToClient as usize].len() >= MOST_REPLIES
    }

    /// Goes on with the requests that were held back, if there are few enough replies now.
    fn go_on(&mut self) {
        if self.is_upstream_over {
            self.outstanding.clear();
            self.sorted[Side::ToClient as usize].clear();
        }
        if self.holds_back && !self.is_behind() {
            self.holds_back = false;
            self.has_resumed = true;
            self.sort(Side::ToUpstream);
        }
    }

    fn pass(&mut self, side: Side, due: Instant, bytes: Bytes) {
        if !bytes.is_empty() {
            self.sorted[side as usize].push(Item::data(due, bytes));
        }
    }

    /// Lets all bytes pass from now on.
    fn give_up(&mut self, why: &'static str) {
        self.let_go();
        // No reply is told from other bytes any more, so what was held for the requests so far goes on.
        let requests = self.outstanding.iter_mut();
        requests.for_each(|request| request.overtaking = Overtaking::default());
        self.mode = Mode::Opaque(why);
        self.end_hold(why);
        self.has_resumed = true;
        self.note_unfit(why);
        for side in [Side::ToUpstream, Side::ToClient] {
            self.sort(side);
        }
    }

    fn note_unfit(&mut self, why: &str) {
        for standing in &self.standing {
            let name = standing.fault.name();
            if self.unfit.insert((name.to_owned(), standing.laid)) {
                let why = why.to_owned();
                self.faults.note(name, (self.connection, 0), Outcome::Unfit { why });
            }
        }
    }

    /// Has nothing wait for its time any more.
    fn hurry(&mut self) {
        let now = Instant::now();
        self.sorted.iter_mut().flatten().for_each(|item| item.due = now);
        for outstanding in &mut self.outstanding {
            outstanding.overtaking.hurry(now);
            if let Reply::Ready { due, .. } = &mut outstanding.reply {
                *due = now;
            }
        }
        if let Sending::Body { due, .. } = &mut self.sending {
            *due = now;
        }
        if let Replies::Body { due, .. } = &mut self.replies {
            *due = now;
        }
    }

    /// Passes on the replies of faults whose turn it is.
    fn release(&mut self) {
        while let Some(Outstanding {
            reply: Reply::Ready { due, bytes, is_last },
            ..
        }) = self.outstanding.front()
        {
            let (due, bytes, is_last) = (*due, bytes.clone(), *is_last);
            self.outstanding.pop_front();
            self.pass(Side::ToClient, due, bytes);
            if is_last {
                self.close(due);
            }
        }
    }

    /// Ends the connection behind what was passed to the client.
    fn close(&mut self, due: Instant) {
        self.sorted[Side::ToClient as usize].push(Item { due, what: What::Close });
        self.sending = Sending::Over;
        self.replies = Replies::Over;
    }
}
