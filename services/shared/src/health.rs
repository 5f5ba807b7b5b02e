use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::future::{BoxFuture, join_all};
use serde::Serialize;

/// How long a check may take before it counts as failed.
const LIMIT: Duration = Duration::from_secs(2);

type Ask = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Whether the process can do its work, as named checks with reasons.
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

/// What the checks said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// All required checks passed.
    pub ready: bool,
    /// Each of them, in the order they were added.
    pub checks: Vec<CheckReport>,
}

/// What one check said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Its name, such as `orders.database`.
    pub name: String,
    /// It passed.
    pub ok: bool,
    /// The process is not ready without it. The others are shown only: a service that works is not taken away because one that it
    /// follows is down.
    pub required: bool,
    /// Why it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Health {
    /// Without checks: ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a required check that answers at once.
    pub fn add(&self, name: impl Into<String>, check: impl Fn() -> Result<(), String> + Send + Sync + 'static) {
        self.add_async(name, move || futures::future::ready(check()));
    }

    /// Adds a check that is shown with its reason, but does not decide: trouble that passes when another process comes back.
    pub fn watch(&self, name: impl Into<String>, check: impl Fn() -> Result<(), String> + Send + Sync + 'static) {
        self.push(name.into(), false, move || futures::future::ready(check()));
    }

    /// Adds a required check that has to ask; after 2 s without an answer it counts as failed.
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

    /// Runs all checks at once.
    pub async fn report(&self) -> Report {
        let checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let checks = join_all(checks.into_iter().map(|Check { name, required, ask }| async move {
            let outcome = tokio::time::timeout(LIMIT, ask()).await;
            let reason = match outcome {
                Ok(Ok(())) => None,
                Ok(Err(reason)) => Some(reason),
                Err(_) => Some(format!("no answer within {} s", LIMIT.as_secs())),
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
