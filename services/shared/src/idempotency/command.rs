use std::{fmt, panic::resume_unwind, sync::Arc, time::Duration};

use commerce::Error;
use futures::{StreamExt, future::BoxFuture, stream};
use seam::{Context, replay};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tracing::Instrument;

use super::{Claim, Expired, Scope, Ticket, claim, complete, expired, fingerprint, release, resume};
use crate::{Database, DatabaseError, Next, Round, Tasks, Tx, Worker};

/// The most that a caller whose request is in flight is told to wait.
const SOON: Duration = Duration::from_secs(1);

/// How many requests are gone on with at a time.
const AT_ONCE: usize = 8;

/// What is a command's own: how a request is decided, and what follows from it.
#[seam::async_trait]
pub trait Decide: Sized + Send + Sync + 'static {
    /// The command as it stands in the scope of its key.
    const OPERATION: &'static str;
    /// What a caller asks for.
    type Request: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What a caller gets.
    type Value: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What may forbid it.
    type Conflict: fmt::Display + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Asks whom it has to ask and decides, for ever: a refusal is remembered too. Whoever decides the same request again must use the same
    /// ids, so they derive from `scope`. It may be dropped at any await.
    ///
    /// An error leaves the request open: the caller's repetition or the recoverer decides it.
    async fn decide(&self, scope: &Scope, request: Self::Request) -> Result<Decision<Self>, Error<Self::Conflict>>;

    /// What an earlier request under a key that is new has made: its answer was forgotten long ago. An error is not remembered.
    async fn known(
        tx: &mut Tx,
        scope: &Scope,
        request: &Self::Request,
    ) -> Result<Option<Self::Value>, Error<Self::Conflict>> {
        let _nothing_is_known_of = (tx, scope, request);
        Ok(None)
    }
}

/// What a caller is answered, now and whenever it repeats its request.
type Answer<D> = Result<<D as Decide>::Value, Failure<D>>;
type Failure<D> = Error<<D as Decide>::Conflict>;
type Effect<D> = Box<dyn for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<(), Failure<D>>> + Send>;

/// An answer, and what is written with it.
#[expect(missing_debug_implementations, reason = "it holds a closure and nothing to show")]
pub struct Decision<D: Decide> {
    answer: Answer<D>,
    effect: Effect<D>,
}

impl<D: Decide> Decision<D> {
    /// `effect` runs after the answer was stored, in the same write: what it gives away is given away by who may decide. Its error undoes
    /// both and leaves the request open.
    pub fn new(
        answer: Answer<D>,
        effect: impl for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<(), Failure<D>>> + Send + 'static,
    ) -> Self {
        let effect = Box::new(effect);
        Self { answer, effect }
    }
}

/// A command that has to ask others before it can answer, carried out from claim to answer.
///
/// A request is claimed first. Then it is decided, and then one write stores the answer and does what follows from it. A caller that goes
/// away stops nothing: it goes on in a task of its own. A process that dies in between leaves a claim that somebody resumes, forward, as the
/// request that it was: the caller's repetition, or the recoverer.
#[derive(Debug)]
pub struct Command<D> {
    db: Database,
    tasks: Tasks,
    /// How long a claim is held.
    lease: Duration,
    /// Woken when a claim was given back.
    recoverer: Worker,
    decide: D,
}

/// What is kept with a claim, for whoever goes on with it.
#[derive(Serialize, Deserialize)]
struct Begun<R> {
    request: R,
    request_id: String,
    correlation_id: String,
}

/// Where a request stands after it was claimed.
enum Start<A> {
    /// It is ours to decide.
    Ours(Ticket),
    /// It was answered before.
    Answered(A),
}

impl<D: Decide> Command<D> {
    /// Makes the command, and starts the recoverer `<module>.recoverer` for what was left half done.
    pub fn start(db: &Database, lease: Duration, tasks: &Tasks, decide: D) -> Arc<Self> {
        let command = Arc::new(Self {
            db: db.clone(),
            tasks: tasks.clone(),
            lease,
            recoverer: Worker::idle(),
            decide,
        });
        let name = format!("{}.recoverer", db.module());
        command.recoverer.run(&name, tasks, Recoverer(Arc::clone(&command)));
        command
    }

    /// Decides the request of the caller in `Context::current()`, or repeats its answer.
    ///
    /// Fails with [`Error::KeyReused`] if the key was used with another request, and with [`Error::InFlight`] if somebody is deciding
    /// this one.
    pub async fn run(self: &Arc<Self>, key: impl ToString, request: D::Request) -> Answer<D> {
        let (command, scope) = (Arc::clone(self), Scope::current(D::OPERATION, key));
        let unanswered = in_flight(scope.key.clone(), self.lease);
        let work = replay::capture(async move { command.answer(scope, request).await });
        let work = Context::current().scope(work).in_current_span();
        match self.tasks.track(work).await {
            Ok((answer, original)) => {
                original.into_iter().for_each(replay::mark);
                answer
            }
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The process ends; the claim stands.
                Err(_) => Err(unanswered),
            },
        }
    }

    async fn answer(&self, scope: Scope, request: D::Request) -> Answer<D> {
        match self.begin(scope, request.clone()).await? {
            Start::Answered(answer) => answer,
            Start::Ours(ticket) => self.carry_out(ticket, request).await?,
        }
    }

    async fn begin(&self, scope: Scope, request: D::Request) -> Result<Start<Answer<D>>, Failure<D>> {
        let fingerprint = fingerprint(&request)?;
        let context = Context::current();
        let begun = Begun {
            request,
            request_id: context.request_id,
            correlation_id: context.correlation_id,
        };
        let lease = self.lease;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    match claim(tx, &scope, &fingerprint, &begun, lease).await? {
                        Claim::New(ticket) => match D::known(tx, &scope, &begun.request).await? {
                            Some(value) => {
                                let answer = Ok(value);
                                complete(tx, &ticket, &answer).await?;
                                Ok(Start::Answered(answer))
                            }
                            None => Ok(Start::Ours(ticket)),
                        },
                        Claim::Resumed(ticket) => Ok(Start::Ours(ticket)),
                        Claim::Replay(stored) => Ok(Start::Answered(stored.reply()?)),
                        Claim::InFlight { retry_after } => Err(in_flight(scope.key, retry_after)),
                        Claim::Reused => Err(Error::KeyReused { key: scope.key }),
                    }
                })
            })
            .await
    }

    /// The stored answer; an outer error leaves the request open.
    async fn carry_out(&self, ticket: Ticket, request: D::Request) -> Result<Answer<D>, Failure<D>> {
        let Decision { answer, effect } = match self.decide.decide(&ticket.scope, request).await {
            Ok(decision) => decision,
            Err(open) => {
                self.give_back(ticket).await;
                return Err(open);
            }
        };
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    // Only this can tell who may decide: a holder that was too slow must not have any effect.
                    complete(tx, &ticket, &answer).await?;
                    effect(tx).await?;
                    Ok(answer)
                })
            })
            .await
    }

    /// Leaves an undecided request to whoever comes first.
    async fn give_back(&self, ticket: Ticket) {
        let recoverer = self.recoverer.clone();
        let given_back: Result<(), DatabaseError> = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    release(tx, &ticket).await?;
                    tx.on_commit(move || recoverer.wake());
                    Ok(())
                })
            })
            .await;
        if let Err(error) = given_back {
            tracing::warn!(%error, "claim was not given back; it can be resumed when its lease runs out");
        }
    }

    /// Goes on with a request that nobody works on any more. An error means that it is still open.
    async fn resume(&self, expired: Expired) -> Result<(), Failure<D>> {
        let begun: Begun<D::Request> = expired.request()?;
        let lease = self.lease;
        let taken: Result<_, DatabaseError> = self
            .db
            .write(move |tx| Box::pin(async move { resume(tx, &expired, lease).await }))
            .await;
        let Some(ticket) = taken? else { return Ok(()) };
        let context = Context {
            request_id: begun.request_id,
            correlation_id: begun.correlation_id,
            caller: ticket.scope.caller.clone(),
            ..Context::current()
        };
        match context.scope(self.carry_out(ticket, begun.request)).await {
            // Somebody else has taken it over meanwhile.
            Ok(_) | Err(Error::InFlight { .. }) => Ok(()),
            Err(open) => Err(open),
        }
    }
}

/// Goes on with requests that were left half done: by a crash, or because nobody could decide.
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
            // Nobody says so when a lease runs out.
            None => Ok(Next::After(command.lease / 4)),
        }
    }
}

fn in_flight<C: fmt::Display>(key: String, retry_after: Duration) -> Error<C> {
    let retry_after_ms = u64::try_from(retry_after.min(SOON).as_millis()).unwrap_or(u64::MAX);
    Error::InFlight { key, retry_after_ms }
}
