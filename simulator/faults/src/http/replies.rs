use bytes::Bytes;
use tokio::time::Instant;

use super::{
    Mode, Outstanding, Reply, Side, State,
    decide::{Choice, Chosen},
    framing::{Body, NotChunked, Span},
    head::{Read, ReplyHead},
    requests::Sending,
};
use crate::{Effect, effects::Corrupting};

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
            Replies::Body { body, due, route } => {
                let due = *due;
                match body.take(arrived) {
                    Ok(Some(span)) => {
                        let (bytes, is_cut) = route.take(span);
                        self.pass(Side::ToClient, due, bytes);
                        if is_cut {
                            self.close(due);
                        }
                    }
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
        if let Some(((), choice)) = request.chosen.find(is_drop) {
            choice.fire();
            return self.close(now);
        }
        let due = now + delay(&request.chosen);
        let route = Box::new(Route::new(request));
        if !is_unwanted {
            self.pass(Side::ToClient, due, bytes);
        }
        self.replies = Replies::Body {
            body: head.body,
            due,
            route,
        };
    }

    fn end_reply(&mut self) {
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
