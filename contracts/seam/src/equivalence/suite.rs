use std::{
    error::Error,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    time::Duration,
};

use super::{Failure, Instance, Model, Report, Rule, run::Run, settings::Settings, subject::Subject};

/// Proves that every subject of a contract behaves as the model says, with sequences of calls that the model draws.
///
/// Saved sequences run first, then `cases` drawn ones of `calls` calls each; every subject is opened afresh for each. The first
/// difference is made as small as it gets, saved and returned. Everything derives from the seed, so a run can be repeated.
///
/// The environment overrides: `SEAM_CASES` (how many), `SEAM_SEED` (what every draw derives from), `SEAM_CASE` (this one only),
/// `SEAM_REPLAY` (this file only), `SEAM_SUBJECTS` (these only, separated by commas).
pub struct Suite<M: Model> {
    pub(super) name: String,
    pub(super) model: M,
    pub(super) subjects: Vec<Subject<M::Contract>>,
    pub(super) sampled: Vec<(String, u64)>,
    pub(super) rules: Vec<Rule>,
    pub(super) cases: u64,
    pub(super) at_most: Option<u64>,
    pub(super) calls: usize,
    pub(super) seed: u64,
    pub(super) patience: Duration,
    pub(super) settling: Duration,
    pub(super) regressions: Option<PathBuf>,
    pub(super) shrinking: bool,
    pub(super) independent_keys: bool,
}

impl<M: Model> Suite<M> {
    /// A suite of 256 cases with 20 calls each, from seed 0, without subjects.
    pub fn new(name: &str, model: M) -> Self {
        Self {
            name: name.to_owned(),
            model,
            subjects: Vec::new(),
            sampled: Vec::new(),
            rules: Vec::new(),
            cases: 256,
            at_most: None,
            calls: 20,
            seed: 0,
            patience: Duration::from_secs(30),
            settling: Duration::from_millis(500),
            regressions: None,
            shrinking: true,
            independent_keys: false,
        }
    }

    /// An implementation to compare, with a way to open it in its initial state.
    #[must_use]
    pub fn subject<Opening, E>(mut self, name: &str, open: impl Fn() -> Opening + Send + Sync + 'static) -> Self
    where
        Opening: Future<Output = Result<Instance<M::Contract>, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.subjects.push(Subject::new(name, open));
        self
    }

    /// Runs the subject of this name on the first of every `every` drawn sequences only: for one that costs much and shares most of its code
    /// with another. Saved sequences, and one that is asked for, run on it all the same. What is told last counts, and 0 is 1. A name that
    /// no subject has fails the run.
    #[must_use]
    pub fn sampled(mut self, subject: &str, every: u64) -> Self {
        self.sampled.push((subject.to_owned(), every.max(1)));
        self
    }

    /// A difference that is allowed. The first rule that is about a field decides.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// How many sequences are drawn: at least 1.
    #[must_use]
    pub fn cases(mut self, cases: u64) -> Self {
        self.cases = cases.max(1);
        self
    }

    /// Draws no more than so many, and so does not ask whether they met every cell: for a look, or a measurement.
    #[must_use]
    pub fn at_most(mut self, cases: u64) -> Self {
        self.at_most = Some(cases.max(1));
        self
    }

    /// How many calls each has: at least 1.
    #[must_use]
    pub fn calls(mut self, calls: usize) -> Self {
        self.calls = calls.max(1);
        self
    }

    /// What every draw derives from.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How long one call may take: 30 s unless told. Silence is a difference.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How long effects may take to show after the last reply: 500 ms unless told. They are compared as soon as they agree.
    #[must_use]
    pub fn settling(mut self, settling: Duration) -> Self {
        self.settling = settling;
        self
    }

    /// Where sequences that failed are kept: each run begins with them.
    #[must_use]
    pub fn regressions(mut self, folder: impl Into<PathBuf>) -> Self {
        self.regressions = Some(folder.into());
        self
    }

    /// Leaves a failing sequence as long as it was drawn: for those who only want to know whether there is one.
    #[must_use]
    pub fn without_shrinking(mut self) -> Self {
        self.shrinking = false;
        self
    }

    /// Says that a call never shows what was done under another key than its own: concurrent histories are checked key by key then, which
    /// takes far less than all together.
    #[must_use]
    pub fn independent_keys(mut self) -> Self {
        self.independent_keys = true;
        self
    }

    /// Runs it, on a runtime of its own: call it outside of any. Within one it fails with [`Failure::Runtime`].
    pub fn run(self) -> Result<Report, Failure> {
        let settings = Settings::from_env()?;
        let suite = self.checked(&settings)?;
        let name = suite.name.clone();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        run_on(&mut runtime, &name, Run::of(suite, settings).run())
    }

    pub(super) fn checked(mut self, settings: &Settings) -> Result<Self, Failure> {
        let suite = || self.name.clone();
        let names: Vec<String> = self.subjects.iter().map(|subject| subject.name.clone()).collect();
        if M::reachable().is_empty() {
            let model = std::any::type_name::<M>();
            return Err(Failure::EmptyModel { suite: suite(), model });
        }
        if names.is_empty() {
            return Err(Failure::NoSubject { suite: suite() });
        }
        if let Some(twice) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
            let name = twice.1.clone();
            return Err(Failure::SameName { suite: suite(), name });
        }
        let sampled = self.sampled.iter().map(|(name, _)| name);
        let mut asked = settings.subjects.iter().flatten().chain(sampled);
        if let Some(unknown) = asked.find(|name| !names.contains(name)) {
            return Err(Failure::UnknownSubject {
                suite: suite(),
                name: unknown.clone(),
                known: names,
            });
        }
        for subject in &mut self.subjects {
            let last = self.sampled.iter().rfind(|(name, _)| *name == subject.name);
            subject.every = last.map_or(1, |(_, every)| *every);
        }
        if let Some(wanted) = &settings.subjects {
            self.subjects.retain(|subject| wanted.contains(&subject.name));
        }
        Ok(self)
    }
}

/// Does a suite's work on a runtime of its own.
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
    // Only trying tells whether another runtime is at work on this thread: where one is merely entered, all is well.
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
