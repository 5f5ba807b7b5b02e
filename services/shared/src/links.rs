use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use seam::{Breaker, BreakerPolicy, Bulkhead, CircuitState, Contract, Direct, Retry, RetryBudget, RetryPolicy};
use serde::Serialize;

use crate::{
    Environment, Settings, SettingsError,
    settings::{Declared, optional, standard},
};

/// Settings of the links to other services, which [`Environment::link`] reads.
pub const LINK_SETTINGS: &[Declared] = &[
    optional(&standard::CALL_ATTEMPTS),
    optional(&standard::RETRY_PERCENT),
    optional(&standard::RETRY_RATE),
    optional(&standard::CALL_PERMITS),
    optional(&standard::BREAKER_FAILURES),
    optional(&standard::BREAKER_OPEN_MS),
];

/// The links of the process to other services, with their figures. A clone is another handle on the same list.
#[derive(Clone, Default)]
pub(crate) struct Links(Arc<Mutex<Vec<Arc<dyn Figures>>>>);

/// Figures of a link to another service since the process started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LinkStats {
    /// Name of the service.
    pub to: String,
    /// State of the circuit breaker.
    pub circuit: Circuit,
    /// Number of times that the circuit opened.
    pub opened: u64,
    /// Number of calls that modules made, whatever became of them.
    pub calls: u64,
    /// Number of times that a call was sent again.
    pub retried: u64,
    /// Number of times that a call was not sent again because the budget of retries was used up.
    pub retries_over_budget: u64,
    /// Number of calls that were refused, and not sent, because the circuit was open.
    pub refused_open: u64,
    /// Number of calls that were refused, and not sent, because too many were under way.
    pub refused_full: u64,
    /// Number of calls under way now.
    pub under_way: u64,
}

/// State of a circuit breaker: calls go through, are refused, or are tried one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Circuit {
    /// Calls go through.
    Closed,
    /// Calls are refused, since the service did not answer.
    Open,
    /// One call at a time finds out whether the service answers again.
    HalfOpen,
}

trait Figures: Send + Sync {
    fn stats(&self) -> LinkStats;
}

/// The carriers of one link, from the caller to the wire.
struct Link<C: Contract + ?Sized> {
    retry: Arc<Retry<C>>,
    bulkhead: Arc<Bulkhead<C>>,
    breaker: Arc<Breaker<C>>,
}

impl<C: Contract + ?Sized> Link<C> {
    fn new(client: Arc<C>, settings: &Settings) -> Result<Self, SettingsError> {
        let circuit = BreakerPolicy {
            failures: settings.get(&standard::BREAKER_FAILURES)?,
            open: settings.get(&standard::BREAKER_OPEN_MS)?,
        };
        let policy = RetryPolicy {
            attempts: settings.get(&standard::CALL_ATTEMPTS)?,
            ..RetryPolicy::default()
        };
        let budget = RetryBudget::new(
            settings.get(&standard::RETRY_PERCENT)?,
            settings.get(&standard::RETRY_RATE)?,
        );
        let breaker = Arc::new(Breaker::new(Direct(client), circuit));
        let permits = settings.get(&standard::CALL_PERMITS)?;
        let bulkhead = Arc::new(Bulkhead::new(Arc::clone(&breaker), permits));
        let retry = Arc::new(Retry::new(Arc::clone(&bulkhead), policy, budget));
        Ok(Self {
            retry,
            bulkhead,
            breaker,
        })
    }
}

impl<C: Contract + ?Sized> Figures for Link<C> {
    fn stats(&self) -> LinkStats {
        let (retry, bulkhead, breaker) = (self.retry.stats(), self.bulkhead.stats(), self.breaker.stats());
        LinkStats {
            to: C::NAME.to_owned(),
            circuit: match breaker.state {
                CircuitState::Closed => Circuit::Closed,
                CircuitState::Open => Circuit::Open,
                CircuitState::HalfOpen => Circuit::HalfOpen,
            },
            opened: breaker.opened,
            calls: retry.calls,
            retried: retry.retries,
            retries_over_budget: retry.over_budget,
            refused_open: breaker.refused,
            refused_full: bulkhead.refused,
            under_way: u64::try_from(bulkhead.under_way).unwrap_or(u64::MAX),
        }
    }
}

impl Links {
    pub(crate) fn stats(&self) -> Vec<LinkStats> {
        self.all().iter().map(|link| link.stats()).collect()
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<Arc<dyn Figures>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Environment {
    /// Protects a link to a service of another process, for calls that modules of this one make, with a retry, a
    /// bulkhead and a circuit breaker of its own ([`LINK_SETTINGS`]). `/stats` shows its figures, and readiness shows,
    /// as `link.<contract>`, that it is not answered: a process whose neighbour is away is degraded, not unready.
    ///
    /// Give it the client itself; [`Environment::neighbour`], which limits the time of each call with all its attempts,
    /// goes round it.
    pub fn link<C: Contract + ?Sized>(&self, client: Arc<C>) -> Result<Arc<C>, SettingsError> {
        let link = Arc::new(Link::new(client, &self.settings)?);
        let carrier = Arc::clone(&link.retry);
        let checked = Arc::clone(&link.breaker);
        self.health
            .watch(format!("link.{}", C::NAME), move || match checked.stats().state {
                CircuitState::Closed => Ok(()),
                CircuitState::Open | CircuitState::HalfOpen => {
                    Err("it does not answer; calls to it are refused until it does".to_owned())
                }
            });
        self.links.all().push(link);
        Ok(C::via(carrier))
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.stats()).finish()
    }
}
