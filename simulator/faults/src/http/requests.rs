use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::{
    Outstanding, Reply, Side, State,
    decide::{Choice, Chosen},
    framing::{Body, NotChunked},
    head::{Read, RequestHead},
    hold::Hold,
};
use crate::{Answer, Effect, effects::Overtaking};

/// Most bytes of a request that is sent twice.
const LONGEST_COPY: usize = 1024 * 1024;

/// Place in the client's requests.
#[derive(Debug)]
pub(super) enum Sending {
    Head,
    Body {
        body: Body,
        due: Instant,
        route: Route,
    },
    /// The head of the next request is read, and waits for a request of another connection.
    Held(Box<Hold>),
    /// The reply decides what comes next.
    Paused,
    /// No request is passed on any more.
    Over,
}

/// Fate of the bytes of a request.
#[derive(Debug)]
pub(super) enum Route {
    Upstream,
    /// To the upstream, and kept to be sent once more.
    Twice {
        copy: BytesMut,
        choice: Box<Choice>,
    },
    /// To nobody: this is the answer.
    Nowhere {
        answer: Bytes,
        is_last: bool,
    },
}

impl State {
    /// Sorts the next part of a request; false if more bytes are needed.
    pub(super) fn sort_request(&mut self) -> bool {
        let is_behind = self.is_behind();
        let arrived = &mut self.unsorted[Side::ToUpstream as usize];
        match &mut self.sending {
            Sending::Paused | Sending::Held(_) => return false,
            Sending::Over => arrived.clear(),
            Sending::Head if arrived.is_empty() => return false,
            Sending::Head if is_behind => {
                self.holds_back = true;
                return false;
            }
            Sending::Head => match RequestHead::read(arrived) {
                Read::Part => return false,
                Read::NotHttp => self.give_up("the client does not speak HTTP/1"),
                Read::Whole(head) => self.begin_request(head),
            },
            Sending::Body { body, due, route } => {
                let due = *due;
                match body.take(arrived) {
                    Ok(Some(span)) => {
                        let bytes = route.take(span.into_bytes());
                        self.pass(Side::ToUpstream, due, bytes);
                    }
                    Ok(None) if body.is_whole() => self.end_request(),
                    Ok(None) => return false,
                    Err(NotChunked) => self.give_up("the client does not speak HTTP/1"),
                }
            }
        }
        !matches!(self.sending, Sending::Over)
    }

    fn begin_request(&mut self, head: RequestHead) {
        self.requests += 1;
        let place = (self.connection, self.requests);
        let chosen = Chosen::among(&self.standing, &self.faults, place, &head);
        let overtaking = self.overtake(&chosen);
        if !overtaking.is_empty() {
            self.send_request(&head, chosen, overtaking);
        } else if let Some((head, chosen)) = self.hold(head, chosen) {
            self.send_request(&head, chosen, overtaking);
        }
    }

    /// Begins to send a request, as the effects on it leave it.
    pub(super) fn send_request(&mut self, head: &RequestHead, chosen: Chosen, overtaking: Overtaking) {
        let mut due = Instant::now();
        if let Some((delay, choice)) = chosen.find(|effect| match effect {
            Effect::DelayRequest(delay) => Some(*delay),
            _ => None,
        }) {
            choice.fire();
            due += delay.drawn(choice.key);
        }
        let bytes = self.unsorted[Side::ToUpstream as usize].split_to(head.length).freeze();
        let bytes = redelivered(&chosen, head, bytes);
        let mut route = route(&chosen, head);
        let bytes = route.take(bytes);
        self.pass(Side::ToUpstream, due, bytes);
        let is_answered = matches!(route, Route::Nowhere { .. });
        if !is_answered {
            self.outstanding.push_back(Outstanding {
                may_upgrade: head.may_upgrade(),
                path: head.path().to_owned(),
                method: head.method.clone(),
                chosen,
                overtaking,
                reply: Reply::Awaited,
            });
        }
        let waits = is_answered && head.expects_continue();
        self.sending = Sending::Body {
            body: if waits { Body::EMPTY } else { head.body.clone() },
            due,
            route,
        };
    }

    fn end_request(&mut self) {
        let Sending::Body { due, route, .. } = std::mem::replace(&mut self.sending, Sending::Head) else {
            return;
        };
        let is_sent = !matches!(route, Route::Nowhere { .. });
        if let Some(last) = self.outstanding.back().filter(|_| is_sent) {
            last.overtaking.sent(due);
        }
        match route {
            Route::Upstream => {
                if self.outstanding.back().is_some_and(|last| last.may_upgrade) {
                    self.sending = Sending::Paused;
                }
            }
            Route::Twice { copy, choice } => {
                choice.fire();
                let method = self.outstanding.back().map(|last| last.method.clone());
                self.outstanding.push_back(Outstanding {
                    method: method.unwrap_or_default(),
                    path: String::new(),
                    may_upgrade: false,
                    chosen: Chosen::default(),
                    overtaking: Overtaking::default(),
                    reply: Reply::Unwanted,
                });
                self.pass(Side::ToUpstream, due, copy.freeze());
            }
            Route::Nowhere { answer, is_last } => {
                let reply = Reply::Ready {
                    due: due.max(Instant::now()),
                    bytes: answer,
                    is_last,
                };
                self.outstanding.push_back(Outstanding {
                    method: String::new(),
                    path: String::new(),
                    may_upgrade: false,
                    chosen: Chosen::default(),
                    overtaking: Overtaking::default(),
                    reply,
                });
                if is_last {
                    self.sending = Sending::Over;
                }
                self.release();
            }
        }
    }
}

/// Returns the head of a request as `redeliver` leaves it.
fn redelivered(chosen: &Chosen, head: &RequestHead, bytes: Bytes) -> Bytes {
    let redeliver = chosen.find(|effect| match effect {
        Effect::Redeliver(redeliver) => Some(redeliver.clone()),
        _ => None,
    });
    let Some((redeliver, choice)) = redeliver else {
        return bytes;
    };
    let Some((position, place)) = redeliver.asked(&head.target) else {
        let name = &redeliver.parameter;
        choice.unfit(&format!("the request has no whole number in its parameter {name:?}"));
        return bytes;
    };
    let asked = &choice.memory().asked;
    match asked.take_back(head.path(), position, choice.key) {
        Ok(earlier) => {
            choice.fire();
            head.with_target(&bytes, place, &earlier.to_string())
        }
        Err(why) => {
            choice.unfit(why);
            bytes
        }
    }
}

fn route(chosen: &Chosen, head: &RequestHead) -> Route {
    let answer = chosen.find(|effect| match effect {
        Effect::Answer(answer) => Some(answer.clone()),
        _ => None,
    });
    if let Some((answer, choice)) = answer {
        choice.fire();
        return nowhere(&answer, head);
    }
    let duplicate = chosen.find(|effect| matches!(effect, Effect::Duplicate(_)).then_some(()));
    let Some(((), choice)) = duplicate else {
        return Route::Upstream;
    };
    if head.is_last() || head.may_upgrade() || head.expects_continue() {
        choice.unfit("the request ends its connection, or asks for another protocol or to continue");
        return Route::Upstream;
    }
    Route::Twice {
        copy: BytesMut::new(),
        choice: Box::new(choice.clone()),
    }
}

fn nowhere(answer: &Answer, head: &RequestHead) -> Route {
    // Nobody knows if a client that asks to continue sends its body after another answer, so the connection ends.
    let is_last = head.is_last() || head.expects_continue() || head.method == "CONNECT";
    Route::Nowhere {
        answer: answer.bytes(&head.method, is_last),
        is_last,
    }
}

impl Route {
    /// Takes bytes of the request; returns those for the upstream.
    fn take(&mut self, bytes: Bytes) -> Bytes {
        match self {
            Self::Upstream => bytes,
            Self::Nowhere { .. } => Bytes::new(),
            Self::Twice { copy, choice } => {
                if copy.len() + bytes.len() > LONGEST_COPY {
                    choice.unfit("the request has more than 1 MiB");
                    *self = Self::Upstream;
                } else {
                    copy.extend_from_slice(&bytes);
                }
                bytes
            }
        }
    }
}
