use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::future::{BoxFuture, join_all};
use serde::Serialize;

/// Time limit of a check; one that takes longer counts as failed.
const LIMIT: Duration = Duration::from_secs(2);

type Ask = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Readiness of the process: named checks with reasons. A clone is another handle on the same checks.
#[derive(Clone, Default)]
pub struct Health {
    checks: Arc<Mutex<Vec<Check>>>,
}

#[derive(Clone)]
struct Check {
    name: String,
    required: bool,
    ask: Ask,
}

/// Results of all checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Report {
    /// `true` if all required checks passed.
    pub ready: bool,
    /// `true` if any check failed, required or not: something that the process needs is away, and part of its work
    /// waits for it.
    pub degraded: bool,
    /// Result of each check, in the order in which they were added.
    pub checks: Vec<CheckReport>,
}

/// Result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CheckReport {
    /// Name of the check, such as `orders.database`.
    pub name: String,
    /// `true` if the check passed.
    pub ok: bool,
    /// `true` if the process is not ready when this check fails. The others are only shown: a service that works
    /// must not be taken out of rotation because a service that it follows is down.
    pub required: bool,
    /// Reason of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Health {
    /// Health without checks, which is ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a required check that answers at once.
    pub fn add(&self, name: impl Into<String>, check: impl Fn() -> Result<(), String> + Send + Sync + 'static) {
        self.add_async(name, move || futures::future::ready(check()));
    }

    /// Adds a check that is shown with its reason but does not decide readiness, for trouble that passes when
    /// another process comes back.
    pub fn watch(&self, name: impl Into<String>, check: impl Fn() -> Result<(), String> + Send + Sync + 'static) {
        self.push(name.into(), false, move || futures::future::ready(check()));
    }

    /// Adds a required check that takes time; after 2 s it counts as failed.
    pub fn add_async<F>(&self, name: impl Into<String>, check: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.push(name.into(), true, check);
    }

    fn push<F>(&self, name: String, required: bool, check: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let ask: Ask = Arc::new(move || Box::pin(check()));
        self.checks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Check { name, required, ask });
    }

    /// Runs all checks concurrently.
    pub async fn report(&self) -> Report {
        let checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let checks = join_all(checks.into_iter().map(|Check { name, required, ask }| async move {
            let outcome = tokio::time::timeout(LIMIT, ask()).await;
            let reason = match outcome {
                Ok(Ok(())) => None,
                Ok(Err(reason)) => Some(reason),
                Err(_) => Some(format!("check did not finish within {} s", LIMIT.as_secs())),
            };
            CheckReport {
                name,
                ok: reason.is_none(),
                required,
                reason,
            }
        }))
        .await;
        Report {
            ready: checks.iter().all(|check| check.ok || !check.required),
            degraded: checks.iter().any(|check| !check.ok),
            checks,
        }
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_list().entries(checks.iter().map(|check| &check.name)).finish()
    }
}
