use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use serde::Serialize;

use super::{MeterFigures, MethodFigures, distinct::Distinct, times::Times};
use crate::{
    BoxFuture, Carrier, Context, Contract, Outcome,
    time::{self, Instant},
};

/// A carrier that measures the calls to a service: their number by outcome, their time, their size, and how many of
/// them one request makes. Replies, failures and panics pass through unchanged.
///
/// ```
/// use seam::{Contract, Direct, TransportFailure, meter::Metered};
/// use std::sync::Arc;
///
/// #[seam::contract(name = "stock")]
/// pub trait Stock: Send + Sync {
///     #[read(key = sku)]
///     async fn count(&self, sku: String) -> Result<u32, TransportFailure>;
/// }
///
/// struct Shop;
///
/// #[seam::async_trait]
/// impl Stock for Shop {
///     async fn count(&self, _sku: String) -> Result<u32, TransportFailure> { Ok(3) }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let meter = Arc::new(Metered::new("till", Direct(Arc::new(Shop) as Arc<dyn Stock>), 64));
/// let stock = <dyn Stock>::via(meter.clone());
///
/// assert_eq!(stock.count("tea".into()).await, Ok(3));
/// assert_eq!(meter.figures().methods[0].values, 1);
/// # });
/// ```
pub struct Metered<C: Contract + ?Sized> {
    next: Arc<dyn Carrier<C>>,
    from: String,
    every: u64,
    counts: Mutex<Counts>,
}

#[derive(Debug)]
struct Counts {
    requests: Distinct,
    events: Distinct,
    on_own_account: u64,
    /// In the order of [`Contract::METHODS`].
    methods: Vec<OfMethod>,
}

#[derive(Debug)]
struct OfMethod {
    figures: MethodFigures,
    times: Times,
}

impl<C: Contract + ?Sized> Metered<C> {
    /// Wraps a carrier for calls of the module `from`.
    ///
    /// Of each method it looks into the first call and each `every`-th from there: it writes the arguments and the
    /// reply as JSON, and reads the reply back. It does the latter with the first domain error too, and each
    /// `every`-th, since errors are rare. This happens in the caller's task, before and after the call and not in its
    /// time. With 0 it looks into no call.
    pub fn new(from: &str, next: impl Carrier<C> + 'static, every: u64) -> Self {
        let of_method = |method: &crate::Method| OfMethod {
            figures: MethodFigures {
                method: method.name.to_owned(),
                ..MethodFigures::default()
            },
            times: Times::default(),
        };
        Self {
            next: Arc::new(next),
            from: from.to_owned(),
            every,
            counts: Mutex::new(Counts {
                requests: Distinct::default(),
                events: Distinct::default(),
                on_own_account: 0,
                methods: C::METHODS.iter().map(of_method).collect(),
            }),
        }
    }

    /// Returns the figures.
    pub fn figures(&self) -> MeterFigures {
        let counts = self.counts();
        let of_method = |method: &OfMethod| MethodFigures {
            time: method.times.figures(),
            ..method.figures.clone()
        };
        MeterFigures {
            from: self.from.clone(),
            to: C::NAME.to_owned(),
            requests: counts.requests.different,
            events: counts.events.different,
            most: counts.requests.most.max(counts.events.most),
            on_own_account: counts.on_own_account,
            methods: counts.methods.iter().map(of_method).collect(),
        }
    }

    /// Counts a call that begins; says whether to look into it.
    fn begin(&self, method: usize) -> bool {
        let mut counts = self.counts();
        Context::peek(|context| match context {
            None => counts.on_own_account += 1,
            Some(context) if context.causation_id.is_some() => counts.events.note(&context.request_id),
            Some(context) => counts.requests.note(&context.request_id),
        });
        let calls = &mut counts.methods[method].figures.calls;
        *calls += 1;
        self.is_due(*calls)
    }

    /// Returns `true` for the first of its kind, and each `every`-th from there.
    fn is_due(&self, number: u64) -> bool {
        self.every != 0 && (number - 1).is_multiple_of(self.every)
    }

    /// Counts a call that ended with a reply; says whether to look into it as an error.
    fn end(&self, method: usize, reply: &C::Reply, after: Duration) -> bool {
        let mut counts = self.counts();
        let OfMethod { figures, times } = &mut counts.methods[method];
        times.add(after);
        let count = match C::outcome(reply) {
            Outcome::Value(()) => &mut figures.values,
            Outcome::DomainError(_) => {
                figures.domain_errors += 1;
                return self.is_due(figures.domain_errors);
            }
            Outcome::Transport(_) => &mut figures.transport,
            Outcome::Panic(_) => &mut figures.panics,
        };
        *count += 1;
        false
    }

    /// Looks into a reply, and into the call whose arguments have this size.
    fn look_into(&self, method: usize, arguments: Option<u64>, reply: &C::Reply) {
        let written = serde_json::to_vec(reply);
        let crosses = written
            .as_ref()
            .is_ok_and(|text| serde_json::from_slice::<C::Reply>(text).is_ok_and(|read| read == *reply));
        let mut counts = self.counts();
        let figures = &mut counts.methods[method].figures;
        figures.checked += 1;
        figures.cannot_cross += u64::from(!crosses);
        if let (Some(arguments), Ok(reply)) = (arguments, written) {
            figures.sampled += 1;
            figures.argument_bytes += arguments;
            figures.reply_bytes += reply.len() as u64;
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Contract + ?Sized> Carrier<C> for Metered<C> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        Box::pin(async move {
            let name = C::method(&call).name;
            let Some(method) = C::METHODS.iter().position(|method| method.name == name) else {
                return self.next.carry(call).await;
            };
            let is_sampled = self.begin(method);
            let arguments = is_sampled.then(|| size(&call)).flatten();
            let mut under_way = UnderWay {
                meter: self,
                method,
                begun: time::monotonic(),
                is_over: false,
            };
            let reply = self.next.carry(call).await;
            under_way.is_over = true;
            let is_due = self.end(method, &reply, under_way.begun.elapsed());
            if is_sampled || is_due {
                self.look_into(method, arguments, &reply);
            }
            reply
        })
    }
}

fn size(value: &impl Serialize) -> Option<u64> {
    serde_json::to_vec(value).ok().map(|text| text.len() as u64)
}

/// A call that may end without a reply.
struct UnderWay<'a, C: Contract + ?Sized> {
    meter: &'a Metered<C>,
    method: usize,
    begun: Instant,
    is_over: bool,
}

impl<C: Contract + ?Sized> Drop for UnderWay<'_, C> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut counts = self.meter.counts();
        let figures = &mut counts.methods[self.method].figures;
        if thread::panicking() {
            figures.panics += 1;
        } else {
            figures.given_up += 1;
        }
    }
}

impl<C: Contract + ?Sized> fmt::Debug for Metered<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metered({} -> {})", self.from, C::NAME)
    }
}
