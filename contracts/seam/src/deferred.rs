use std::{fmt, sync::Arc};

use tokio::{sync::watch, time};

use crate::{BoxFuture, Carrier, Context, Contract, TransportFailure};

/// A carrier to an implementation that is named later, for modules that need each other.
///
/// A call made before [`Slot::set`] waits for it, up to the deadline of its [`Context`]. If the slot is dropped
/// unset, the call ends as a transport failure.
///
/// Modules that hold each other keep each other alive until the process ends.
pub struct Deferred<C: Contract + ?Sized> {
    implementation: watch::Receiver<Option<Arc<C>>>,
}

/// The place for the implementation of a [`Deferred`].
#[must_use = "until it is set, every call waits"]
pub struct Slot<C: Contract + ?Sized> {
    implementation: watch::Sender<Option<Arc<C>>>,
}

impl<C: Contract + ?Sized> Deferred<C> {
    /// Creates a slot, and the service that forwards to the implementation set there.
    #[expect(
        clippy::new_ret_no_self,
        reason = "nobody wants the carrier without its slot, or bare"
    )]
    pub fn new() -> (Slot<C>, Arc<C>) {
        let (sender, receiver) = watch::channel(None);
        let carrier = Arc::new(Self {
            implementation: receiver,
        });
        (Slot { implementation: sender }, C::via(carrier))
    }
}

impl<C: Contract + ?Sized> Slot<C> {
    /// Sets the implementation. Waiting calls go to it now.
    pub fn set(self, service: Arc<C>) {
        // Fails only if the service handed out with this slot is gone, and then nobody calls.
        let _ = self.implementation.send(Some(service));
    }
}

impl<C: Contract + ?Sized> Deferred<C> {
    async fn implementation(&self) -> Result<Arc<C>, &'static str> {
        if let Some(service) = self.implementation.borrow().as_ref() {
            return Ok(Arc::clone(service));
        }
        let mut receiver = self.implementation.clone();
        let set = receiver.wait_for(Option::is_some);
        let found = match Context::current().deadline {
            Some(deadline) => time::timeout_at(deadline, set).await,
            None => Ok(set.await),
        };
        match found {
            Ok(Ok(service)) => service.as_ref().map(Arc::clone).ok_or("it is not wired up"),
            Ok(Err(_)) => Err("it was never wired up"),
            Err(_) => Err("it was not wired up before the deadline"),
        }
    }
}

impl<C: Contract + ?Sized> Carrier<C> for Deferred<C> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        Box::pin(async move {
            match self.implementation().await {
                Ok(service) => service.dispatch(call).await,
                Err(reason) => {
                    let failure = TransportFailure::new(C::NAME, reason);
                    C::failed(&call, failure)
                }
            }
        })
    }
}

impl<C: Contract + ?Sized> fmt::Debug for Deferred<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Deferred({})", C::NAME)
    }
}

impl<C: Contract + ?Sized> fmt::Debug for Slot<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slot({})", C::NAME)
    }
}
