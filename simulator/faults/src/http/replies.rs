use bytes::Bytes;
use tokio::time::Instant;

use super::{
    Mode, Outstanding, Reply, Side, State,
    decide::{Choice, Chosen},
    framing::{Body, NotChunked, Span},
    head::{Read, ReplyHead},
    held::Held,
    requests::Sending,
};
use crate::{
    Effect,
    effects::{Corrupting, Overtaking},
};

/// Place in the upstream's replies.
#[derive(Debug)]
pub(super) enum Replies {
    Head,
    Body {
        body: Body,
        due: Instant,
        route: Box<Route>,
    },
    /// No reply is passed on any more.
    Over,
}

/// Fate of the content of a reply.
#[derive(Debug, Default)]
pub(super) struct Route {
    is_unwanted: bool,
    corrupt: Option<(Corrupting, Choice)>,
    has_corrupted: bool,
    /// Number of bytes that pass before the connection ends.
    truncate: Option<(u64, Choice)>,
    /// The reply so far, while effects that rewrite it wait for the rest.
    held: Option<Held>,
}

impl State {
    /// Sorts the next part of a reply; false if more bytes are needed.
    pub(super) fn sort_reply(&mut self) -> bool {
        let arrived = &mut self.unsorted[Side::ToClient as usize];
        match &mut self.replies {
            Replies::Over => arrived.clear(),
            Replies::Head if arrived.is_empty() => return false,
            Replies::Head => {
                let Some(request) = self.outstanding.front() else {
                    self.give_up("the upstream replied to no request");
                    return true;
                };
                match ReplyHead::read(arrived, &request.method) {
                    Read::Part => return false,
                    Read::NotHttp => self.give_up("the upstream does not speak HTTP/1"),
                    Read::Whole(head) => self.begin_reply(head),
                }
            }
            Replies::Body { body, route, .. } => {
                let taken = body.take(arrived);
                match taken {
                    Ok(Some(span)) => match (&mut route.held, self.outstanding.front()) {
                        (Some(held), Some(request)) => {
                            if !held.take(span, &request.chosen) {
                                self.let_go();
                            }
                        }
                        _ => self.pass_part(span),
                    },
                    Ok(None) if body.is_whole() => self.end_reply(),
                    Ok(None) => return false,
                    Err(NotChunked) => self.give_up("the upstream does not speak HTTP/1"),
                }
            }
        }
        !matches!(self.replies, Replies::Over)
    }

    fn begin_reply(&mut self, head: ReplyHead) {
        let bytes = self.unsorted[Side::ToClient as usize].split_to(head.length).freeze();
        let Some(request) = self.outstanding.front() else {
            return;
        };
        let now = Instant::now();
        let is_unwanted = matches!(request.reply, Reply::Unwanted);
        let is_tunnel = request.method == "CONNECT" && (200..300).contains(&head.status);
        if head.status == 101 || (is_tunnel && !is_unwanted) {
            self.pass(Side::ToClient, now, bytes);
            return self.give_up("the connection has changed its protocol");
        }
        if head.status < 200 {
            if !is_unwanted {
                self.pass(Side::ToClient, now, bytes);
            }
            return;
        }
        if let Some(request) = self.outstanding.front_mut() {
            // The upstream has acted, so what was held for this request goes on.
            request.overtaking = Overtaking::default();
        }
        let Some(request) = self.outstanding.front() else {
            return;
        };
        if let Some(((), choice)) = request.chosen.find(is_drop) {
            choice.fire();
            return self.close(now);
        }
        let due = now + delay(&request.chosen);
        let mut route = Box::new(Route::new(request));
        match Held::begin(&request.chosen, &head, bytes) {
            Ok(held) => route.held = Some(held),
            Err(_) if is_unwanted => {}
            Err(bytes) => self.pass(Side::ToClient, due, bytes),
        }
        self.replies = Replies::Body {
            body: head.body,
            due,
            route,
        };
    }

    /// Passes part of a body on its way.
    fn pass_part(&mut self, span: Span) {
        let Replies::Body { due, route, .. } = &mut self.replies else {
            return;
        };
        let due = *due;
        let (bytes, is_cut) = route.take(span);
        self.pass(Side::ToClient, due, bytes);
        if is_cut {
            self.close(due);
        }
    }

    /// Lets go of a reply that is held, as it came.
    pub(super) fn let_go(&mut self) {
        if let Some(held) = self.take_held() {
            self.pass_all(held.unchanged());
        }
    }

    /// Takes the end of the upstream's side, which may be that of a body.
    pub(super) fn end_replies(&mut self) {
        match &self.replies {
            Replies::Body { body: Body::ToEnd, .. } => self.rewrite(),
            Replies::Body { route, .. } if route.held.is_some() => {
                let rewriting = self.outstanding.front().into_iter();
                let rewriting = rewriting.flat_map(|request| request.chosen.rewriting());
                rewriting.for_each(|choice| choice.unfit("the reply ended before it was whole"));
                self.let_go();
            }
            _ => {}
        }
    }

    /// Passes a reply that is held, as its effects leave it.
    fn rewrite(&mut self) {
        let Some(held) = self.take_held() else {
            return;
        };
        let parts = match self.outstanding.front() {
            Some(request) => {
                let (faults, status) = (&self.faults, held.status);
                let operations = faults.operations();
                let schema = operations
                    .as_ref()
                    .and_then(|operations| operations.schema(&request.method, &request.path, status));
                held.rewritten(&request.chosen, schema)
            }
            None => held.unchanged(),
        };
        self.pass_all(parts);
    }

    fn take_held(&mut self) -> Option<Held> {
        match &mut self.replies {
            Replies::Body { route, .. } => route.held.take(),
            _ => None,
        }
    }

    fn pass_all(&mut self, (head, spans): (Bytes, Vec<Span>)) {
        if let Replies::Body { due, .. } = &self.replies {
            self.pass(Side::ToClient, *due, head);
        }
        spans.into_iter().for_each(|span| self.pass_part(span));
    }

    fn end_reply(&mut self) {
        self.rewrite();
        if matches!(self.replies, Replies::Over) {
            // What was rewritten has been cut off.
            return;
        }
        self.replies = Replies::Head;
        self.outstanding.pop_front();
        self.release();
        if matches!(self.sending, Sending::Paused) && self.mode == Mode::Http {
            // The other protocol was refused.
            self.sending = Sending::Head;
            self.has_resumed = true;
            self.sort(Side::ToUpstream);
        }
    }
}

fn is_drop(effect: &Effect) -> Option<()> {
    matches!(effect, Effect::DropReply(_)).then_some(())
}

fn delay(chosen: &Chosen) -> std::time::Duration {
    let delay = chosen.find(|effect| match effect {
        Effect::DelayReply(delay) => Some(*delay),
        _ => None,
    });
    delay.map_or(std::time::Duration::ZERO, |(delay, choice)| {
        choice.fire();
        delay.drawn(choice.key)
    })
}

impl Route {
    fn new(request: &Outstanding) -> Self {
        let corrupt = request.chosen.find(|effect| match effect {
            Effect::CorruptBody(corrupt) => Some(corrupt.every),
            _ => None,
        });
        let truncate = request.chosen.find(|effect| match effect {
            Effect::TruncateBody(truncate) => Some(truncate.after_bytes),
            _ => None,
        });
        Self {
            is_unwanted: matches!(request.reply, Reply::Unwanted),
            corrupt: corrupt.map(|(every, choice)| (Corrupting::new(every, choice.key), choice.clone())),
            has_corrupted: false,
            truncate: truncate.map(|(left, choice)| (left, choice.clone())),
            held: None,
        }
    }

    /// Takes part of the body; returns what passes to the client, and if the connection ends behind it.
    fn take(&mut self, span: Span) -> (Bytes, bool) {
        let mut content = match span {
            _ if self.is_unwanted => return (Bytes::new(), false),
            Span::Frame(bytes) => return (bytes, false),
            Span::Content(bytes) => bytes,
        };
        if let Some((corrupting, choice)) = &mut self.corrupt
            && let Some(changed) = corrupting.change(&content)
        {
            content = changed;
            if !std::mem::replace(&mut self.has_corrupted, true) {
                choice.fire();
            }
        }
        if let Some((left, choice)) = &mut self.truncate {
            let length = content.len() as u64;
            if length > *left {
                choice.fire();
                content.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                return (content, true);
            }
            *left -= length;
        }
        (content, false)
    }
}
