use std::{fmt, sync::Arc, time::Duration};

use seam::{BoxFuture, Carrier, Context, Contract, Direct, Outcome, TransportFailure, original};

/// Carries the calls that a module makes to another module in the course of its own work.
///
/// Put one round every neighbour where the module is wired, usually with
/// [`Environment::neighbour`](crate::Environment::neighbour). Each call then
/// - takes `limit` at most, and never longer than the deadline of the caller's [`Context`]. A call that outlives
///   its limit is dropped and fails as a transport failure: its outcome is unknown, as on a network;
/// - runs in a child span of the caller's trace, with the rest of the caller's context;
/// - names the neighbour's contract in a failure, instead of the address that the transport knows it by, and leaves
///   out the transport's own reason, which is logged: the failure may become part of an answer, and neither is
///   anybody's business outside;
/// - keeps its mark of a repeated reply to itself: a reply that the neighbour repeats does not make ours a repetition.
///
/// It wraps a carrier as well as an implementation, in this process or over HTTP, and a panic of either passes
/// through.
///
/// ```
/// # use commerce::Orders;
/// # use std::{sync::Arc, time::Duration};
/// use shared::Neighbour;
///
/// # fn wire(orders: Arc<dyn Orders>) -> Arc<dyn Orders> {
/// Neighbour::of(orders, Duration::from_secs(2)).into_service()
/// # }
/// ```
pub struct Neighbour<C: Contract + ?Sized> {
    carrier: Arc<dyn Carrier<C>>,
    limit: Duration,
    extra: fn(&C::Call) -> Duration,
}

impl<C: Contract + ?Sized> Neighbour<C> {
    /// Wraps a carrier; its calls take `limit` at most.
    pub fn new(carrier: impl Carrier<C> + 'static, limit: Duration) -> Self {
        Self {
            carrier: Arc::new(carrier),
            limit,
            extra: |_| Duration::ZERO,
        }
    }

    /// Wraps an implementation, or a client of one; its calls take `limit` at most.
    pub fn of(service: Arc<C>, limit: Duration) -> Self {
        Self::new(Direct(service), limit)
    }

    /// Adds `extra` to the limit of each call, for calls that ask the neighbour to wait, such as a long poll.
    #[must_use]
    pub fn with_extra(self, extra: fn(&C::Call) -> Duration) -> Self {
        Self { extra, ..self }
    }

    /// The neighbour as the trait that its contract is.
    pub fn into_service(self) -> Arc<C> {
        C::via(Arc::new(self))
    }
}

impl<C: Contract + ?Sized> Carrier<C> for Neighbour<C> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        Box::pin(async move {
            let limit = self.limit.saturating_add((self.extra)(&call));
            let context = Context::current().child().within(limit);
            let patience = context.remaining().unwrap_or(limit);
            // The reply that says "no answer" is made from the call, which the carrier consumes.
            let asked = call.clone();
            let answer = context.scope(original::shield(self.carrier.carry(call)));
            match tokio::time::timeout(patience, answer).await {
                Ok(reply) => named::<C>(&asked, reply),
                Err(_elapsed) => C::failed(&asked, late::<C>(&asked, patience)),
            }
        })
    }
}

/// A service of another process whose failures name its contract, as those of a [`Neighbour`] do. It has nothing else
/// of a neighbour: no limit of its own, and its mark of a repeated reply reaches the caller. For routes that pass
/// calls on.
pub fn passed_on<C: Contract + ?Sized>(service: Arc<C>) -> Arc<C> {
    struct PassedOn<C: Contract + ?Sized>(Direct<C>);

    impl<C: Contract + ?Sized> Carrier<C> for PassedOn<C> {
        fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
            Box::pin(async move {
                let asked = call.clone();
                named::<C>(&asked, self.0.carry(call).await)
            })
        }
    }

    C::via(Arc::new(PassedOn(Direct(service))))
}

fn named<C: Contract + ?Sized>(call: &C::Call, reply: C::Reply) -> C::Reply {
    match C::outcome(&reply) {
        Outcome::Transport(TransportFailure { to, reason, .. }) if to.contains("://") => {
            let method = C::method(call).name;
            tracing::warn!(to, method, reason, "no answer of a neighbour");
            C::failed(
                call,
                TransportFailure::new(C::NAME, format!("{method} was not answered")),
            )
        }
        _ => reply,
    }
}

fn late<C: Contract + ?Sized>(call: &C::Call, patience: Duration) -> TransportFailure {
    let method = C::method(call).name;
    TransportFailure::new(
        C::NAME,
        format!("{method} was not answered within {} ms", patience.as_millis()),
    )
}

impl<C: Contract + ?Sized> fmt::Debug for Neighbour<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Neighbour")
            .field("contract", &C::NAME)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
