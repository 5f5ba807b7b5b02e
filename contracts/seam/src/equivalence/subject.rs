use std::{any::Any, error::Error, fmt, future::Future, sync::Arc};

use serde_json::Value;

use crate::{BoxFuture, Contract};

type Boxed = Box<dyn Error + Send + Sync>;
type Open<C> = Box<dyn Fn() -> BoxFuture<'static, Result<Instance<C>, Boxed>> + Send + Sync>;
type Effects = Box<dyn Fn() -> BoxFuture<'static, Result<Vec<Value>, Boxed>> + Send + Sync>;

/// An implementation under test, opened afresh for each sequence.
pub(crate) struct Subject<C: Contract + ?Sized> {
    pub(crate) name: String,
    /// The subject runs on every `every`-th generated case.
    pub(crate) every: u64,
    open: Open<C>,
}

impl<C: Contract + ?Sized> Subject<C> {
    pub(crate) fn new<Opening, E>(name: &str, open: impl Fn() -> Opening + Send + Sync + 'static) -> Self
    where
        Opening: Future<Output = Result<Instance<C>, E>> + Send + 'static,
        E: Into<Boxed>,
    {
        let open: Open<C> = Box::new(move || {
            let opening = open();
            Box::pin(async move { opening.await.map_err(Into::into) })
        });
        Self {
            name: name.to_owned(),
            every: 1,
            open,
        }
    }

    pub(crate) async fn open(&self) -> Result<Instance<C>, super::Failure> {
        (self.open)().await.map_err(|reason| super::Failure::NotOpened {
            subject: self.name.clone(),
            reason: reason.to_string(),
        })
    }
}

/// One opened subject in its initial state, for one sequence of calls.
pub struct Instance<C: Contract + ?Sized> {
    service: Arc<C>,
    effects: Option<Effects>,
    close: Option<BoxFuture<'static, ()>>,
    kept: Vec<Box<dyn Any + Send>>,
}

impl<C: Contract + ?Sized> Instance<C> {
    /// Wraps an implementation that does not report effects.
    pub fn new(service: Arc<C>) -> Self {
        Self {
            service,
            effects: None,
            close: None,
            kept: Vec::new(),
        }
    }

    /// Reports effects: `read` returns all effects of the calls so far, oldest first. It is called after the
    /// last call, and again until the effects agree with the model's or
    /// [`Suite::settling`](super::Suite::settling) is over.
    #[must_use]
    pub fn with_effects<Reading, E>(mut self, read: impl Fn() -> Reading + Send + Sync + 'static) -> Self
    where
        Reading: Future<Output = Result<Vec<Value>, E>> + Send + 'static,
        E: Into<Boxed>,
    {
        self.effects = Some(Box::new(move || {
            let reading = read();
            Box::pin(async move { reading.await.map_err(Into::into) })
        }));
        self
    }

    /// Adds a future that is awaited after the last call: in the order of adding, and before kept values are dropped.
    #[must_use]
    pub fn closed_by(mut self, close: impl Future<Output = ()> + Send + 'static) -> Self {
        let before = self.close.take();
        self.close = Some(Box::pin(async move {
            if let Some(before) = before {
                before.await;
            }
            close.await;
        }));
        self
    }

    /// Keeps a value until the sequence is over: a folder, a server's guard.
    #[must_use]
    pub fn keeping(mut self, kept: impl Any + Send) -> Self {
        self.kept.push(Box::new(kept));
        self
    }

    /// The implementation, for driving an instance without a suite.
    pub fn service(&self) -> Arc<C> {
        Arc::clone(&self.service)
    }

    /// Reads the effects of the calls so far; `None` if the subject does not report any.
    pub async fn effects(&self) -> Result<Option<Vec<Value>>, String> {
        match &self.effects {
            Some(read) => read().await.map(Some).map_err(|error| error.to_string()),
            None => Ok(None),
        }
    }

    /// Closes the instance and drops the values that it keeps.
    pub async fn close(self) {
        let Self {
            close, kept, service, ..
        } = self;
        drop(service);
        if let Some(close) = close {
            close.await;
        }
        drop(kept);
    }
}

impl<C: Contract + ?Sized> From<Arc<C>> for Instance<C> {
    fn from(service: Arc<C>) -> Self {
        Self::new(service)
    }
}

impl<C: Contract + ?Sized> fmt::Debug for Instance<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instance({})", C::NAME)
    }
}
