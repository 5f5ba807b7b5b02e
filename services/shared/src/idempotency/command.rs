use std::{fmt, panic::resume_unwind, sync::Arc, time::Duration};

use commerce::Error;
use futures::{StreamExt, future::BoxFuture, stream};
use seam::{Context, TransportFailure, original};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tracing::Instrument;

use super::{Claim, Expired, Lease, Scope, claim, complete, expired, fingerprint, release, resume};
use crate::{Database, DatabaseError, Next, Round, Tasks, Tx, Worker, fail_point};

/// Longest pause that a caller is told to make before it repeats a request in flight.
const SOON: Duration = Duration::from_secs(1);

/// Most requests that the recoverer resumes at the same time.
const AT_ONCE: usize = 8;

/// The part of a [`Command`] that is its own: the decision on a request, and its effect.
#[seam::async_trait]
pub trait Decide: Sized + Send + Sync + 'static {
    /// Name of the command in the [`Scope`] of its keys.
    const OPERATION: &'static str;
    /// The request. It is stored with the claim, so that somebody else can resume it.
    type Request: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// The value of an accepted request.
    type Value: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// The conflict that may refuse a request.
    type Conflict: fmt::Display + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Calls the other modules that it needs, and decides. The decision is final: a refusal is stored as well as a
    /// value.
    ///
    /// The same request may be decided more than once, so ids that the decision makes must derive from `scope`. The
    /// future may be dropped at any await. An error leaves the request open: the caller's repetition or the
    /// recoverer decides it.
    async fn decide(&self, scope: &Scope, request: Self::Request) -> Result<Decision<Self>, Error<Self::Conflict>>;

    /// Looks up the effect of a request whose stored reply has expired, so that a reused key cannot create it twice.
    ///
    /// Runs when the key is new. Errors are not stored.
    async fn known(
        tx: &mut Tx,
        scope: &Scope,
        request: &Self::Request,
    ) -> Result<Option<Self::Value>, Error<Self::Conflict>> {
        let _nothing_is_known_of = (tx, scope, request);
        Ok(None)
    }
}

/// The result for the caller, now and whenever it repeats its request.
type Answer<D> = Result<<D as Decide>::Value, Failure<D>>;
type Failure<D> = Error<<D as Decide>::Conflict>;
type Effect<D> = Box<dyn for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<(), Failure<D>>> + Send>;

/// An answer, and the effect that is written with it.
#[expect(missing_debug_implementations, reason = "it holds a closure and nothing to show")]
pub struct Decision<D: Decide> {
    answer: Answer<D>,
    effect: Effect<D>,
}

impl<D: Decide> Decision<D> {
    /// Decides for `answer`.
    ///
    /// `effect` runs in the same write, **after** the answer is stored: storing fails if the lease was lost, so
    /// only the holder of the claim has an effect. An error of `effect` rolls both back and leaves the request
    /// open.
    pub fn new(
        answer: Answer<D>,
        effect: impl for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<(), Failure<D>>> + Send + 'static,
    ) -> Self {
        let effect = Box::new(effect);
        Self { answer, effect }
    }
}

/// A command that has to call other modules before it can answer, from claim to answer.
///
/// A request is claimed first and then decided; then one write stores the answer and its effect. The work runs in a
/// task of its own, so a caller that goes away stops nothing. A process that dies in between leaves a claim whose
/// lease expires; it is resumed, forward and with the same request, by the caller's repetition or by the recoverer.
#[derive(Debug)]
pub struct Command<D> {
    db: Database,
    tasks: Tasks,
    /// Time until the lease of a claim expires.
    term: Duration,
    /// Resumes open requests; woken when a claim is given back.
    recoverer: Worker,
    decide: D,
}

/// The request as it is stored with its claim, so that it can be resumed.
#[derive(Serialize, Deserialize)]
struct StoredRequest<R> {
    request: R,
    request_id: String,
    correlation_id: String,
}

/// State of a request after its claim.
enum Start<A> {
    /// This process has to decide it.
    Ours(Lease),
    /// The request was answered before.
    Answered(A),
}

impl<D: Decide> Command<D> {
    /// Makes the command, and starts its recoverer, the task `<module>.recoverer`, for requests that were left
    /// open. A claim is leased for `term`.
    pub fn start(db: &Database, term: Duration, tasks: &Tasks, decide: D) -> Arc<Self> {
        let command = Arc::new(Self {
            db: db.clone(),
            tasks: tasks.clone(),
            term,
            recoverer: Worker::idle(),
            decide,
        });
        let name = format!("{}.recoverer", db.module());
        command.recoverer.run(&name, tasks, Recoverer(Arc::clone(&command)));
        command
    }

    /// Decides the request of the caller in `Context::current()`, or repeats its answer.
    ///
    /// Fails with [`Error::KeyReused`] if the key was used with another request, and with [`Error::InFlight`] while
    /// somebody else is deciding this one.
    ///
    /// [`Error::ServiceUnavailable`] means that nothing was done and nothing will be: there is no claim. Once the
    /// claim is committed, a request that can't be decided now is decided later, so its failure is an
    /// [`Error::Transport`], whatever failed, a panic too (see [`goes_on`]). A request whose deadline is past is
    /// refused before the claim.
    pub async fn run(self: &Arc<Self>, key: impl ToString, request: D::Request) -> Answer<D> {
        if Context::current().remaining().is_some_and(|left| left.is_zero()) {
            return Err(too_late(self.db.module()));
        }
        let (command, scope) = (Arc::clone(self), Scope::current(D::OPERATION, key));
        let unanswered = in_flight(scope.key.clone(), self.term);
        let work = original::capture(async move { command.answer(scope, request).await });
        let work = Context::current().scope(work).in_current_span();
        match self.tasks.track(work).await {
            Ok((answer, original)) => {
                original.into_iter().for_each(original::mark);
                answer
            }
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The process is going down; the claim stands, and another process resumes it.
                Err(_) => Err(unanswered),
            },
        }
    }

    async fn answer(&self, scope: Scope, request: D::Request) -> Answer<D> {
        match self.begin(scope, request.clone()).await? {
            Start::Answered(answer) => answer,
            Start::Ours(lease) => {
                fail_point!("{}.{}.after_claim", self.db.module(), D::OPERATION);
                let decided = seam::caught(self.carry_out(lease, request))
                    .await
                    .unwrap_or_else(|panic| {
                        tracing::error!(
                            operation = D::OPERATION,
                            message = panic.message,
                            "claimed request panicked"
                        );
                        Err(Error::Internal)
                    });
                decided.map_err(|open| goes_on(open, self.db.module()))?
            }
        }
    }

    async fn begin(&self, scope: Scope, request: D::Request) -> Result<Start<Answer<D>>, Failure<D>> {
        let fingerprint = fingerprint(&request)?;
        let context = Context::current();
        let begun = StoredRequest {
            request,
            request_id: context.request_id,
            correlation_id: context.correlation_id,
        };
        let term = self.term;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    match claim(tx, &scope, &fingerprint, &begun, term).await? {
                        Claim::New(lease) => match D::known(tx, &scope, &begun.request).await? {
                            Some(value) => {
                                let answer = Ok(value);
                                complete(tx, &lease, &answer).await?;
                                Ok(Start::Answered(answer))
                            }
                            None => Ok(Start::Ours(lease)),
                        },
                        Claim::Resumed(lease) => Ok(Start::Ours(lease)),
                        Claim::Answered(stored) => Ok(Start::Answered(stored.reply()?)),
                        Claim::InFlight { retry_after } => Err(in_flight(scope.key, retry_after)),
                        Claim::Reused => Err(Error::KeyReused { key: scope.key }),
                    }
                })
            })
            .await
    }

    /// Decides and stores the answer. An outer error leaves the request open.
    async fn carry_out(&self, lease: Lease, request: D::Request) -> Result<Answer<D>, Failure<D>> {
        let Decision { answer, effect } = match self.decide.decide(&lease.scope, request).await {
            Ok(decision) => decision,
            Err(open) => {
                self.give_back(lease).await;
                return Err(open);
            }
        };
        fail_point!("{}.{}.after_effect", self.db.module(), D::OPERATION);
        let stored = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    // First, because only this can tell who may decide: a holder that was too slow must have no
                    // effect.
                    complete(tx, &lease, &answer).await?;
                    effect(tx).await?;
                    Ok(answer)
                })
            })
            .await;
        fail_point!("{}.{}.before_answer", self.db.module(), D::OPERATION);
        stored
    }

    /// Leaves an undecided request to the first one that resumes it.
    async fn give_back(&self, lease: Lease) {
        let recoverer = self.recoverer.clone();
        let given_back: Result<(), DatabaseError> = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    release(tx, &lease).await?;
                    tx.on_commit(move || recoverer.wake());
                    Ok(())
                })
            })
            .await;
        if let Err(error) = given_back {
            tracing::warn!(%error, "claim not given back, can be resumed once its lease expires");
        }
    }

    /// Resumes a request that nobody works on any more. An error means that it is still open.
    async fn resume(&self, expired: Expired) -> Result<(), Failure<D>> {
        let begun: StoredRequest<D::Request> = expired.request()?;
        let term = self.term;
        let taken: Result<_, DatabaseError> = self
            .db
            .write(move |tx| Box::pin(async move { resume(tx, &expired, term).await }))
            .await;
        let Some(lease) = taken? else { return Ok(()) };
        let context = Context {
            request_id: begun.request_id,
            correlation_id: begun.correlation_id,
            caller: lease.scope.caller.clone(),
            ..Context::current()
        };
        match context.scope(self.carry_out(lease, begun.request)).await {
            // Somebody else has taken it over in the meantime.
            Ok(_) | Err(Error::InFlight { .. }) => Ok(()),
            Err(open) => Err(open),
        }
    }
}

/// Resumes requests that were left open: by a crash, or because a module that they need was not available.
struct Recoverer<D>(Arc<Command<D>>);

#[seam::async_trait]
impl<D: Decide> Round for Recoverer<D> {
    async fn round(&self) -> Result<Next, String> {
        let Self(command) = self;
        let left_over = expired(&command.db, D::OPERATION)
            .await
            .map_err(|error| error.to_string())?;
        let outcomes: Vec<_> = stream::iter(left_over)
            .map(|expired| command.resume(expired))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        match outcomes.into_iter().find_map(Result::err) {
            Some(error) => Err(error.to_string()),
            // Nothing wakes the recoverer when a lease expires.
            None => Ok(Next::After(command.term / 4)),
        }
    }
}

/// Turns the failure of a request of `module` that is stored already into the failure for its caller.
///
/// "Not available" would mean that nothing happens, and "internal error" might mean it, but whoever resumes the request
/// carries it out. So the outcome is unknown, whatever failed.
pub fn goes_on<C: fmt::Display>(failure: Error<C>, module: &str) -> Error<C> {
    let reason = failure.reason();
    let to = match failure {
        Error::InFlight { .. } => return failure,
        Error::ServiceUnavailable { service: to, .. } | Error::Transport(TransportFailure { to, .. }) => to,
        _ => module.to_owned(),
    };
    let reason = format!("{reason}; the request goes on, repeat it with the same key to learn its outcome");
    Error::Transport(TransportFailure::new(to, reason))
}

fn too_late<C: fmt::Display>(module: &str) -> Error<C> {
    Error::ServiceUnavailable {
        service: module.to_owned(),
        reason: "the caller's deadline was past before the request was begun".to_owned(),
    }
}

fn in_flight<C: fmt::Display>(key: String, retry_after: Duration) -> Error<C> {
    let retry_after_ms = u64::try_from(retry_after.min(SOON).as_millis()).unwrap_or(u64::MAX);
    Error::InFlight { key, retry_after_ms }
}
