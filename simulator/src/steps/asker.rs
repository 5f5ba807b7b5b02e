use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use serde::Serialize;

use super::{Repeat, Request, Response, Step, Until, World};

/// Pauses between repeats grow from the first to the last of these.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(160);

/// Sends requests as a patient client does: without an answer, or told to come again, it repeats the very same request.
pub(crate) struct Asker<'a> {
    world: &'a dyn World,
    repeat: &'a Repeat,
    answer_within: Duration,
    sent: AtomicU64,
    repeated: AtomicU64,
    unanswered: AtomicU64,
    given_up: OnceLock<String>,
}

/// How much was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// Requests sent, repeats included.
    pub sent: u64,
    /// Requests sent again because there was no answer or one that said so.
    pub repeated: u64,
    /// Requests that nobody answered.
    pub unanswered: u64,
}

/// What the answer to one question must be.
pub(crate) struct Wanted<'a> {
    pub(crate) expect: &'a [u16],
    pub(crate) until: Option<&'a Until>,
    pub(crate) patience: Duration,
    /// Observations are made all the same: they are the evidence.
    pub(crate) even_if_given_up: bool,
}

impl<'a> Wanted<'a> {
    /// An answer with one of these statuses.
    pub(crate) fn status(expect: &'a [u16], patience: Duration) -> Self {
        Self {
            expect,
            until: None,
            patience,
            even_if_given_up: false,
        }
    }

    pub(crate) fn of(step: &'a Step, patience: Duration) -> Self {
        let patience = step.patience_ms.map_or(patience, Duration::from_millis);
        Self {
            expect: &step.expect,
            until: step.until.as_ref(),
            patience,
            even_if_given_up: false,
        }
    }
}

enum Judgement {
    Right,
    Again { why: String, repeat: bool },
    Wrong(String),
}

impl<'a> Asker<'a> {
    pub(crate) fn new(world: &'a dyn World, repeat: &'a Repeat, answer_within: Duration) -> Self {
        let zero = AtomicU64::default;
        Self {
            world,
            repeat,
            answer_within,
            sent: zero(),
            repeated: zero(),
            unanswered: zero(),
            given_up: OnceLock::new(),
        }
    }

    /// Makes every question of a journey, now and later, fail: the run is lost, and waiting would only take time.
    pub(crate) fn give_up(&self, why: &str) {
        // The first reason stays.
        let _ = self.given_up.set(why.to_owned());
    }

    pub(crate) fn has_given_up(&self) -> bool {
        self.given_up.get().is_some()
    }

    pub(crate) fn requests(&self) -> Requests {
        Requests {
            sent: self.sent.load(Relaxed),
            repeated: self.repeated.load(Relaxed),
            unanswered: self.unanswered.load(Relaxed),
        }
    }

    /// The right answer, or why there was none.
    pub(crate) async fn ask(&self, role: &str, request: &Request, wanted: &Wanted<'_>) -> Result<Response, String> {
        let deadline = self.world.now() + wanted.patience;
        let mut pause = FIRST_PAUSE;
        loop {
            if let (Some(why), false) = (self.given_up.get(), wanted.even_if_given_up) {
                return Err(format!("the run was given up: {why}"));
            }
            let left = deadline.saturating_sub(self.world.now());
            self.sent.fetch_add(1, Relaxed);
            let why = match self.world.send(role, request, self.answer_within.min(left)).await {
                Ok(response) => match self.judge(&response, wanted) {
                    Judgement::Right => return Ok(response),
                    Judgement::Wrong(why) => return Err(format!("{role}: {request} {why}")),
                    Judgement::Again { why, repeat } => {
                        self.repeated.fetch_add(u64::from(repeat), Relaxed);
                        why
                    }
                },
                Err(no_answer) => {
                    self.unanswered.fetch_add(1, Relaxed);
                    self.repeated.fetch_add(1, Relaxed);
                    no_answer.to_string()
                }
            };
            if self.world.now() + pause >= deadline {
                return Err(format!(
                    "{role}: {request} gave up after {} ms: {why}",
                    wanted.patience.as_millis()
                ));
            }
            self.world.pause(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn judge(&self, response: &Response, wanted: &Wanted<'_>) -> Judgement {
        if !wanted.expect.contains(&response.status) {
            let why = format!(
                "answered {}, wanted {:?}: {}",
                response.status,
                wanted.expect,
                excerpt(response)
            );
            return if self.is_repeated(response) {
                Judgement::Again { why, repeat: true }
            } else {
                Judgement::Wrong(why)
            };
        }
        match wanted.until {
            None => Judgement::Right,
            Some(until) => match response.body.pointer(&until.pointer) {
                Some(value) if until.one_of.contains(value) => Judgement::Right,
                value => {
                    let value = value.map_or_else(|| "missing".to_owned(), ToString::to_string);
                    let wanted: Vec<String> = until.one_of.iter().map(ToString::to_string).collect();
                    let why = format!("{} is {value}, wanted {}", until.pointer, wanted.join(" or "));
                    Judgement::Again { why, repeat: false }
                }
            },
        }
    }

    fn is_repeated(&self, response: &Response) -> bool {
        let by_answer = self.repeat.answers.iter().any(|answer| {
            answer.status == response.status
                && response
                    .body
                    .pointer(&answer.pointer)
                    .is_some_and(|value| answer.one_of.contains(value))
        });
        by_answer || self.repeat.statuses.contains(&response.status)
    }
}

fn excerpt(response: &Response) -> String {
    response.body.to_string().chars().take(300).collect()
}
