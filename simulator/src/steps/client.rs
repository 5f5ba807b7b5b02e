use std::{
    future,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue};
use seam::{Context, Histogram, http::extract};
use serde::Serialize;
use tokio::sync::watch;

use super::{
    Repeat, Request, Response, Samples, World,
    recorder::{Observed, Origin, Recorder},
    replays::Replays,
    step::{RepeatedAnswer, Until},
    window::{Edge, Window},
    world::NoAnswer,
};

/// Pauses between repeats grow from the first to the longest of these.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(160);

/// Sends requests as a patient client does: without an answer, or told to come again, it repeats the very same
/// request.
pub(crate) struct Client<'a> {
    world: &'a dyn World,
    repeat: &'a Repeat,
    answer_within: Duration,
    sent: AtomicU64,
    repeated: AtomicU64,
    unanswered: AtomicU64,
    failed: AtomicU64,
    replays: Replays,
    given_up: watch::Sender<Option<String>>,
    recorder: Mutex<Recorder>,
}

/// Counts of the requests of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// Requests sent, repeats included.
    pub sent: u64,
    /// Requests sent again because there was no answer, or one that asked for it.
    pub repeated: u64,
    /// Requests without an answer.
    pub unanswered: u64,
}

/// The answer that a request must get.
pub(crate) struct Expectation<'a> {
    /// The statuses that are right.
    pub(crate) statuses: &'a [u16],
    /// The value that the answer must have in the end.
    pub(crate) until: Option<&'a Until>,
    /// The time for all repeats together.
    pub(crate) patience: Duration,
    /// Asks even if the run is lost: observations are its evidence.
    pub(crate) even_if_given_up: bool,
}

impl<'a> Expectation<'a> {
    /// An answer with one of these statuses.
    pub(crate) fn status(statuses: &'a [u16], patience: Duration) -> Self {
        Self {
            statuses,
            until: None,
            patience,
            even_if_given_up: false,
        }
    }
}

enum Judgement {
    Right,
    /// The answer asks for the same request again.
    Repeat(String),
    /// The answer is right but for a value that may still change.
    NotYet(String),
    Wrong(String),
}

impl<'a> Client<'a> {
    /// A client of `world` that repeats requests as `repeat` says, and waits `answer_within` for each single answer.
    pub(crate) fn new(world: &'a dyn World, repeat: &'a Repeat, answer_within: Duration) -> Self {
        let zero = AtomicU64::default;
        Self {
            world,
            repeat,
            answer_within,
            sent: zero(),
            repeated: zero(),
            unanswered: zero(),
            failed: zero(),
            replays: Replays::default(),
            given_up: watch::Sender::new(None),
            recorder: Mutex::new(Recorder::new(world.now())),
        }
    }

    /// Declares the run lost: every request of a journey, now and later, fails, since waiting would only take time.
    /// The first reason stays.
    pub(crate) fn give_up(&self, reason: &str) {
        self.given_up.send_if_modified(|given_up| {
            let first = given_up.is_none();
            given_up.get_or_insert_with(|| reason.to_owned());
            first
        });
    }

    /// The reason why the run is lost, if it is.
    pub(crate) fn reason(&self) -> Option<String> {
        self.given_up.borrow().clone()
    }

    /// Number of idempotency keys that were used, if the system had seen each of them before this run.
    pub(crate) fn only_replays(&self) -> Option<u64> {
        self.replays.all()
    }

    /// Requests so far, and those of them without an answer or with one that was not right.
    pub(crate) fn errors(&self) -> (u64, u64) {
        (self.sent.load(Relaxed), self.failed.load(Relaxed))
    }

    /// Returns the reason once the run is lost.
    pub(crate) async fn given_up(&self) -> String {
        let mut watched = self.given_up.subscribe();
        loop {
            if let Some(reason) = &*watched.borrow_and_update() {
                return reason.clone();
            }
            if watched.changed().await.is_err() {
                // Not reached: the sender lives as long as this client.
                future::pending::<()>().await;
            }
        }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Requests {
        Requests {
            sent: self.sent.load(Relaxed),
            repeated: self.repeated.load(Relaxed),
            unanswered: self.unanswered.load(Relaxed),
        }
    }

    /// The requests so far, in figures and one by one. Their times count from the moment this client was made.
    pub(crate) fn samples(&self) -> Samples {
        self.recorder().samples()
    }

    /// The latencies of all requests of the journeys, of one step or of every step, in microseconds.
    pub(crate) fn latencies(&self, step: Option<&str>) -> Histogram {
        self.recorder().latencies(step)
    }

    /// Watches a part of the run, which has to be opened, and returns its number.
    pub(crate) fn watch(&self, step: Option<&str>, edge: Edge) -> usize {
        self.recorder().watch(Window::new(step, edge))
    }

    /// Opens a window this long after now, unless it is open.
    pub(crate) fn open(&self, window: usize, after: Duration) {
        self.turn(window, |window, now| window.open(now + after));
    }

    /// Closes a window now, if it is open.
    pub(crate) fn close(&self, window: usize) {
        self.turn(window, Window::close);
    }

    /// Forgets all that a window has seen, and that it was open.
    pub(crate) fn forget(&self, window: usize) {
        self.turn(window, |window, _| window.forget());
    }

    /// The latencies of the requests in a window, in microseconds, and the number of those that failed.
    pub(crate) fn counted(&self, window: usize) -> (Histogram, u64) {
        let mut recorder = self.recorder();
        recorder
            .window(window)
            .map(|window| window.counted())
            .unwrap_or_default()
    }

    fn turn(&self, window: usize, how: impl FnOnce(&mut Window, Duration)) {
        let mut recorder = self.recorder();
        let now = recorder.since_start(self.world.now());
        if let Some(window) = recorder.window(window) {
            how(window, now);
        }
    }

    /// The time on the world's clock.
    pub(crate) fn now(&self) -> Duration {
        self.world.now()
    }

    /// The right answer to a request. Each attempt is recorded; the first is late from the intended start of `origin`
    /// on.
    ///
    /// # Errors
    /// When a wrong answer comes, the right one does not come in time, or the run is lost.
    pub(crate) async fn ask(
        &self,
        role: &str,
        request: &Request,
        expectation: &Expectation<'_>,
        origin: &Origin<'_>,
    ) -> Result<Response, String> {
        let deadline = self.world.now() + expectation.patience;
        let mut pause = FIRST_PAUSE;
        let mut attempt = Attempt::first(request, origin.intended);
        loop {
            if let (Some(reason), false) = (&*self.given_up.borrow(), expectation.even_if_given_up) {
                return Err(format!("the run was given up: {reason}"));
            }
            let left = deadline.saturating_sub(self.world.now());
            self.sent.fetch_add(1, Relaxed);
            let start = self.world.now();
            let sent = self.world.send(role, request, self.answer_within.min(left));
            let answer = attempt.context.clone().scope(sent).await;
            let judgement = match &answer {
                Ok(response) => self.judge(response, expectation),
                Err(no_answer) => Judgement::Repeat(no_answer.to_string()),
            };
            self.record(role, request, origin, &attempt, (start, &answer, &judgement));
            attempt = attempt.next(request, matches!(judgement, Judgement::Repeat(_)));
            let reason = match judgement {
                Judgement::Right => return answer.map_err(|no_answer| no_answer.to_string()),
                Judgement::Wrong(reason) => return Err(format!("{role}: {request} {reason}")),
                Judgement::NotYet(reason) => reason,
                Judgement::Repeat(reason) => {
                    self.unanswered.fetch_add(u64::from(answer.is_err()), Relaxed);
                    self.repeated.fetch_add(1, Relaxed);
                    reason
                }
            };
            if self.world.now() + pause >= deadline {
                let patience = expectation.patience.as_millis();
                return Err(format!("{role}: {request} gave up after {patience} ms: {reason}"));
            }
            attempt.intended = self.world.now() + pause;
            self.world.pause(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn record(
        &self,
        role: &str,
        request: &Request,
        origin: &Origin<'_>,
        attempt: &Attempt,
        (start, answer, judgement): (Duration, &Result<Response, NoAnswer>, &Judgement),
    ) {
        let failure = match judgement {
            Judgement::Right | Judgement::NotYet(_) => None,
            Judgement::Wrong(reason) | Judgement::Repeat(reason) => Some(reason.clone()),
        };
        self.replays.note(request, answer.as_ref().ok());
        self.failed.fetch_add(u64::from(failure.is_some()), Relaxed);
        let observed = Observed {
            origin,
            role,
            request,
            attempt: attempt.number,
            is_repeat: attempt.is_repeat,
            intended: attempt.intended.min(start),
            start,
            end: self.world.now(),
            status: answer.as_ref().ok().map(|response| response.status),
            failure,
            request_id: attempt.context.request_id.clone(),
            trace_id: attempt.context.trace.trace_id(),
        };
        let node = || self.world.node_of(role).unwrap_or_else(|_| role.to_owned());
        self.recorder().record(observed, node);
    }

    fn recorder(&self) -> MutexGuard<'_, Recorder> {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn judge(&self, response: &Response, expectation: &Expectation<'_>) -> Judgement {
        let statuses = expectation.statuses;
        if !statuses.contains(&response.status) {
            let excerpt: String = response.body.to_string().chars().take(300).collect();
            let reason = format!("answered {}, wanted {statuses:?}: {excerpt}", response.status);
            return if self.is_repeated(response) {
                Judgement::Repeat(reason)
            } else {
                Judgement::Wrong(reason)
            };
        }
        let Some(until) = expectation.until else {
            return Judgement::Right;
        };
        match response.body.pointer(&until.pointer) {
            Some(value) if until.one_of.contains(value) => Judgement::Right,
            value => {
                let value = value.map_or_else(|| "missing".to_owned(), ToString::to_string);
                let wanted: Vec<String> = until.one_of.iter().map(ToString::to_string).collect();
                Judgement::NotYet(format!("{} is {value}, wanted {}", until.pointer, wanted.join(" or ")))
            }
        }
    }

    fn is_repeated(&self, response: &Response) -> bool {
        let said = |answer: &RepeatedAnswer| {
            let value = response.body.pointer(&answer.pointer);
            answer.status == response.status && value.is_some_and(|value| answer.one_of.contains(value))
        };
        self.repeat.statuses.contains(&response.status) || self.repeat.answers.iter().any(said)
    }
}

/// One sending of a request among its repeats.
struct Attempt {
    /// From 1.
    number: u64,
    /// Sent because the one before failed.
    is_repeat: bool,
    /// The moment at which it should be sent, on the world's clock.
    intended: Duration,
    context: Context,
}

impl Attempt {
    fn first(request: &Request, intended: Duration) -> Self {
        Self {
            number: 1,
            is_repeat: false,
            intended,
            context: context_of(request),
        }
    }

    /// The one after this, of the same trace.
    fn next(&self, request: &Request, is_repeat: bool) -> Self {
        let trace = self.context.trace.child();
        Self {
            number: self.number + 1,
            is_repeat,
            intended: self.intended,
            context: Context {
                trace,
                ..context_of(request)
            },
        }
    }
}

/// The context of a request: the headers that a step sets, such as its caller and its ids, and new ids for the rest.
fn context_of(request: &Request) -> Context {
    let header = |(name, value): (&String, &String)| {
        Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
    };
    let headers: HeaderMap = request.headers.iter().filter_map(header).collect();
    extract(&headers)
}
