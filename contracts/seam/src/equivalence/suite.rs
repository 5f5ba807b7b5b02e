use std::{
    error::Error,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    time::Duration,
};

use super::{
    CallOf, Failure, Instance, Model, Report, Rule, plan::Plan, run::Run, settings::Settings, subject::Subject,
};

/// A test that every subject of a contract behaves as the model says, over sequences of calls that the model
/// generates.
///
/// Saved sequences run first, then `cases` generated ones of `calls` calls each. Every subject is opened afresh
/// for each sequence. The first difference is shrunk, saved and returned. Everything derives from the seed, so
/// a run can be repeated.
///
/// Generation leans towards cells that are rarely met: in three of four cases every second call is chosen from up to
/// 16 that the model draws, for its cell or for the state to which it leads. All else stays as it was drawn.
///
/// Environment variables override the suite: `SEAM_CASES` (the number of cases), `SEAM_SEED` (the seed),
/// `SEAM_CASE` (run this case only), `SEAM_REPLAY` (run this saved file only), `SEAM_SUBJECTS` (run these
/// subjects only, separated by commas).
///
/// ```
/// # use proptest::prelude::*;
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, thiserror::Error)]
/// # #[error(transparent)]
/// # pub struct NoAnswer(#[from] seam::TransportFailure);
/// # impl seam::ContractError for NoAnswer {
/// #     fn transport(&self) -> Option<&seam::TransportFailure> { Some(&self.0) }
/// # }
/// use seam::equivalence::{Cell, Fake, Instance, Model, Suite};
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering::SeqCst}};
///
/// #[seam::contract(name = "counter")]
/// pub trait Counter: Send + Sync {
///     #[write]
///     async fn add(&self, count: u64) -> Result<u64, NoAnswer>;
/// }
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Total(u64);
///
/// impl Model for Total {
///     type Contract = dyn Counter;
///
///     fn next_call(&self) -> BoxedStrategy<CounterCall> {
///         (0..100u64).prop_map(|count| CounterCall::Add { count }).boxed()
///     }
///
///     fn apply(&mut self, call: &CounterCall) -> CounterReply {
///         let CounterCall::Add { count } = call;
///         self.0 += count;
///         CounterReply::Add(Ok(self.0))
///     }
///
///     fn reachable() -> Vec<Cell> {
///         vec![Cell::new("any", "add", "ok")]
///     }
/// }
///
/// struct ForgetsToAdd(AtomicU64);
///
/// #[seam::async_trait]
/// impl Counter for ForgetsToAdd {
///     async fn add(&self, count: u64) -> Result<u64, NoAnswer> {
///         Ok(self.0.fetch_add(count, SeqCst)) // the total before, not after
///     }
/// }
///
/// let right = || async { Ok::<_, NoAnswer>(Instance::new(Fake::begin(Total(0)))) };
/// let wrong = || async {
///     let service: Arc<dyn Counter> = Arc::new(ForgetsToAdd(AtomicU64::new(0)));
///     Ok::<_, NoAnswer>(Instance::new(service))
/// };
///
/// assert!(Suite::new("counter", Total(0)).subject("right", right).run().is_ok());
///
/// let failure = Suite::new("counter", Total(0)).subject("wrong", wrong).run().unwrap_err();
/// let counterexample = failure.counterexample().unwrap();
/// assert_eq!(counterexample.history.len(), 1, "one call is enough to show it");
/// assert_eq!(counterexample.history[0].arguments, r#"{"count":1}"#);
/// ```
pub struct Suite<M: Model> {
    pub(super) name: String,
    pub(super) model: M,
    pub(super) subjects: Vec<Subject<M::Contract>>,
    pub(super) sampled: Vec<(String, u64)>,
    pub(super) rules: Vec<Rule>,
    pub(super) cases: u64,
    pub(super) at_most: Option<u64>,
    pub(super) setup: Vec<CallOf<M>>,
    pub(super) calls: usize,
    pub(super) each_cell: u64,
    pub(super) seed: u64,
    pub(super) patience: Duration,
    pub(super) settling: Duration,
    pub(super) regressions: Option<PathBuf>,
    pub(super) is_shrinking: bool,
    pub(super) has_independent_keys: bool,
}

impl<M: Model> Suite<M> {
    /// Creates a suite of 256 cases with 20 calls each, from seed 0, without subjects.
    pub fn new(name: &str, model: M) -> Self {
        Self {
            name: name.to_owned(),
            model,
            subjects: Vec::new(),
            sampled: Vec::new(),
            rules: Vec::new(),
            cases: 256,
            at_most: None,
            setup: Vec::new(),
            calls: 20,
            each_cell: 1,
            seed: 0,
            patience: Duration::from_secs(30),
            settling: Duration::from_millis(500),
            regressions: None,
            is_shrinking: true,
            has_independent_keys: false,
        }
    }

    /// Adds an implementation to compare. `open` opens it in its initial state, once for each sequence.
    #[must_use]
    pub fn subject<Opening, E>(mut self, name: &str, open: impl Fn() -> Opening + Send + Sync + 'static) -> Self
    where
        Opening: Future<Output = Result<Instance<M::Contract>, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.subjects.push(Subject::new(name, open));
        self
    }

    /// Runs `subject` on every `every`-th generated sequence instead of all. Use it for expensive subjects that
    /// share code with others. Saved sequences and `SEAM_CASE` ignore it. The last setting wins; 0 means 1. An
    /// unknown name fails the run.
    #[must_use]
    pub fn sampled(mut self, subject: &str, every: u64) -> Self {
        self.sampled.push((subject.to_owned(), every.max(1)));
        self
    }

    /// Allows a difference. The first rule that is about a field decides.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Sets the number of generated sequences: 256 by default, at least 1.
    #[must_use]
    pub fn cases(mut self, cases: u64) -> Self {
        self.cases = cases.max(1);
        self
    }

    /// Limits the run to `cases` generated sequences and does not judge coverage. Use it for a quick look, or a
    /// measurement.
    #[must_use]
    pub fn at_most(mut self, cases: u64) -> Self {
        self.at_most = Some(cases.max(1));
        self
    }

    /// Sets the calls that each generated sequence starts with: none by default. One caller makes them, one after
    /// another, before concurrent callers start. They are compared, counted and printed like the calls after them.
    #[must_use]
    pub fn setup(mut self, calls: impl IntoIterator<Item = CallOf<M>>) -> Self {
        self.setup = calls.into_iter().collect();
        self
    }

    /// Sets the number of calls drawn for each generated sequence: 20 by default, at least 1.
    #[must_use]
    pub fn calls(mut self, calls: usize) -> Self {
        self.calls = calls.max(1);
        self
    }

    /// Sets the number of times that the cases must meet each reachable cell: 1 by default, at least 1. A cell that
    /// is met three times in thousands of calls has shown little of what it does.
    #[must_use]
    pub fn each_cell(mut self, times: u64) -> Self {
        self.each_cell = times.max(1);
        self
    }

    /// Sets the seed from which every draw derives: 0 by default.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the time limit of one call: 30 s by default. No reply in time is a difference.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sets the time that effects may take to show after the last reply: 500 ms by default. They are read again
    /// until they agree with the model, so a subject that is right seldom waits.
    #[must_use]
    pub fn settling(mut self, settling: Duration) -> Self {
        self.settling = settling;
        self
    }

    /// Sets the folder of saved sequences, created on the first failure. Each run starts with them, in the
    /// order of their file names.
    #[must_use]
    pub fn regressions(mut self, folder: impl Into<PathBuf>) -> Self {
        self.regressions = Some(folder.into());
        self
    }

    /// Leaves a failing sequence as long as it was generated. Use it to find out quickly whether there is one.
    #[must_use]
    pub fn without_shrinking(mut self) -> Self {
        self.is_shrinking = false;
        self
    }

    /// Declares that no call shows what was done under a key other than its own. Concurrent histories are then
    /// checked key by key, which takes far less time than checking them whole.
    #[must_use]
    pub fn independent_keys(mut self) -> Self {
        self.has_independent_keys = true;
        self
    }

    /// Runs the suite on a runtime of its own.
    ///
    /// # Errors
    ///
    /// The first difference; cells that were missed, met too seldom, or met although not declared; a suite, a
    /// setting or a saved sequence that can't be used. [`Failure::Runtime`] if another runtime is running on this
    /// thread.
    pub fn run(self) -> Result<Report, Failure> {
        let settings = Settings::from_env()?;
        let plan = Plan::of(self, settings)?;
        let name = plan.suite.clone();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        run_on(&mut runtime, &name, Run::of(plan).run())
    }
}

/// Runs a suite's work on a runtime of its own.
pub(super) fn run_on<T>(
    runtime: &mut tokio::runtime::Builder,
    suite: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let failed = |reason: String| Failure::Runtime {
        suite: suite.to_owned(),
        reason,
    };
    let runtime = runtime.enable_all().build();
    let runtime = runtime.map_err(|error| failed(error.to_string()))?;
    // There is no way to ask whether another runtime is running on this thread: `Handle::try_current` also
    // succeeds where one is merely entered, and then all is well. So the test is a future that does nothing.
    let idle = AssertUnwindSafe(|| runtime.block_on(std::future::ready(())));
    if catch_unwind(idle).is_err() {
        runtime.shutdown_background();
        let reason = "another is at work on this thread; call it from a plain `#[test]`, or by `spawn_blocking`";
        return Err(failed(reason.to_owned()));
    }
    runtime.block_on(work)
}

impl<M: Model> fmt::Debug for Suite<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
