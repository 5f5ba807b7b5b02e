use std::{
    cell::{Cell, RefCell},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use seam::equivalence::{
    self, Origin,
    harness::{RunSettings, SavedCases, replay_command},
};
use tokio::runtime::Runtime;

use super::{
    ADAPTERS, Adapter, Apply, Commit, Tally, Violation, commit,
    failure::{Counterexample, Failure},
    history::{self, History},
    recorder, run,
};
use crate::{Nats, equivalence::Storage};

/// The name of this suite's kind of cases, in saved files and messages.
const KIND: &str = "event-feed";

/// Number of histories that a suite generates, unless `SEAM_CASES` is set.
const CASES: u64 = 24;

/// Number of runs in which a smaller history has to pass before it counts as harmless, since tasks interleave
/// differently in each.
const TRIES: u32 = 3;

/// The system under test: adapters, and the way in which both sides commit.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The adapters. Each has a consumer of its own on the same log.
    pub adapters: Vec<Adapter>,
    /// The broker that carries the log, for the adapter that needs one.
    pub broker: Option<Arc<Nats>>,
    /// Writes the module's events.
    pub commit: Commit,
    /// Writes the consumers' effects.
    pub apply: Apply,
    /// Time limit for a consumer to reach the end of the log: far longer than it ever takes.
    pub patience: Duration,
}

impl Default for Subject {
    /// The platform with every adapter that needs no broker.
    fn default() -> Self {
        Self {
            adapters: ADAPTERS.to_vec(),
            broker: None,
            commit: commit::with_the_change,
            apply: recorder::in_one_write,
            patience: Duration::from_secs(20),
        }
    }
}

impl Subject {
    /// The platform with this adapter alone.
    pub fn with(adapter: Adapter) -> Self {
        Self {
            adapters: vec![adapter],
            ..Self::default()
        }
    }

    /// The same with a broker. The module publishes its log there.
    #[must_use]
    pub fn on(self, broker: Arc<Nats>) -> Self {
        let broker = Some(broker);
        Self { broker, ..self }
    }
}

/// Runs saved and generated histories on the subject, and shrinks the first that violates a property.
///
/// Every draw derives from the seed, or from `SEAM_SEED`. `SEAM_CASES` sets the number of generated histories,
/// `SEAM_CASE` runs only the one with that number, `SEAM_REPLAY` only the one in that file. The interleaving of tasks
/// is not drawn, so a history may violate a property in one run and not in the next.
#[derive(Debug)]
pub struct Suite {
    subject: Subject,
    storage: Storage,
    seed: u64,
    shrinks: u32,
    regressions: Option<SavedCases>,
}

/// A summary of a suite that passed.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// The seed of all draws.
    pub seed: u64,
    /// Number of generated histories.
    pub cases: u64,
    /// Number of saved histories.
    pub saved: usize,
    /// Counts of what all histories contained.
    pub tally: Tally,
}

impl Suite {
    /// Creates a suite for this subject, with databases on this storage.
    pub fn new(subject: Subject, storage: Storage) -> Self {
        Self {
            subject,
            storage,
            seed: 0,
            shrinks: 200,
            regressions: None,
        }
    }

    /// Sets the seed of all draws; the default is 0.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the largest number of smaller histories to try; the default is 200.
    #[must_use]
    pub fn shrinks(self, shrinks: u32) -> Self {
        Self { shrinks, ..self }
    }

    /// Runs the histories saved in this folder first, and saves failing ones there.
    #[must_use]
    pub fn regressions(self, folder: impl Into<PathBuf>) -> Self {
        let regressions = Some(SavedCases::new(KIND, folder));
        Self { regressions, ..self }
    }

    /// Runs the suite.
    ///
    /// # Errors
    /// A history that violates a property, or the reason why the suite could not run.
    pub fn run(&self) -> Result<Report, Failure> {
        let runtime = Runtime::new().map_err(|error| equivalence::Failure::Runtime {
            suite: KIND.to_owned(),
            reason: error.to_string(),
        })?;
        let settings = RunSettings::from_env()?;
        let mut report = Report {
            seed: settings.seed.unwrap_or(self.seed),
            cases: 0,
            saved: 0,
            tally: Tally::default(),
        };
        for file in self.files(&settings)? {
            report.tally += self.saved(&runtime, &file)?;
            report.saved += 1;
        }
        for case in self.cases(&settings) {
            report.tally += self.case(&runtime, report.seed, case)?;
            report.cases += 1;
        }
        Ok(report)
    }

    fn files(&self, settings: &RunSettings) -> Result<Vec<PathBuf>, Failure> {
        match (&settings.replay, settings.case, &self.regressions) {
            (Some(file), ..) => Ok(vec![file.clone()]),
            (None, None, Some(saved)) => Ok(saved.files()?),
            _ => Ok(Vec::new()),
        }
    }

    fn cases(&self, settings: &RunSettings) -> std::ops::Range<u64> {
        match (&settings.replay, settings.case) {
            (Some(_), _) => 0..0,
            (None, Some(case)) => case..case + 1,
            (None, None) => 0..settings.cases.unwrap_or(CASES),
        }
    }

    fn saved(&self, runtime: &Runtime, file: &Path) -> Result<Tally, Failure> {
        let history: History = match &self.regressions {
            Some(saved) => saved.load(file)?,
            None => SavedCases::new(KIND, "").load(file)?,
        };
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let happened = runtime.block_on(run::run(&self.subject, &self.storage, &history));
        Ok(happened.map_err(|violations| Counterexample {
            origin: Origin::Saved(file.to_owned()),
            history,
            violations,
            replay: replay_command(&[("SEAM_REPLAY", absolute.display())]),
            saved: None,
        })?)
    }

    fn case(&self, runtime: &Runtime, seed: u64, case: u64) -> Result<Tally, Failure> {
        let mut runner = TestRunner::new_with_rng(self.config(), rng(seed, case));
        let drawn = history::history().new_tree(&mut runner);
        let drawn = drawn.expect("no history is filtered out");
        let (calls, runs) = (drawn.current().steps.len(), Cell::new(0));
        let tally = Cell::new(Tally::default());
        // Of the last history that violated something, which is the smallest.
        let violations = RefCell::new(Vec::new());
        let tried = runner.run_one(drawn, |history| {
            let first = violations.borrow().first().map(|first: &Violation| first.property);
            for _ in 0..first.map_or(1, |_| TRIES) {
                runs.set(runs.get() + 1);
                match runtime.block_on(run::run(&self.subject, &self.storage, &history)) {
                    Ok(seen) => tally.set(seen),
                    // A smaller history that violates another property is another failure.
                    Err(found) if first.is_some_and(|first| found.iter().all(|one| one.property != first)) => {}
                    Err(mut found) => {
                        found.sort_by_key(|one| first.is_some_and(|first| one.property != first));
                        violations.replace(found);
                        return Err(TestCaseError::fail("a property does not hold"));
                    }
                }
            }
            Ok(())
        });
        let origin = Origin::Drawn {
            seed,
            case,
            calls,
            runs: runs.get(),
        };
        match tried {
            Ok(_) => Ok(tally.get()),
            Err(TestError::Fail(_, history)) => Err(self.found(origin, history, violations.take())?),
            Err(TestError::Abort(reason)) => unreachable!("no history is rejected: {reason}"),
        }
    }

    /// Saves a generated history that violates properties.
    fn found(&self, origin: Origin, history: History, violations: Vec<Violation>) -> Result<Failure, Failure> {
        let found = violations.first().map_or_else(String::new, Violation::to_string);
        let saved = self.regressions.as_ref().map(|saved| saved.save(found, &history));
        let replay = match &origin {
            Origin::Drawn { seed, case, .. } => replay_command(&[("SEAM_SEED", seed), ("SEAM_CASE", case)]),
            Origin::Saved(file) => replay_command(&[("SEAM_REPLAY", file.display())]),
        };
        Ok(Failure::from(Counterexample {
            origin,
            history,
            violations,
            replay,
            saved: saved.transpose()?,
        }))
    }

    fn config(&self) -> Config {
        Config {
            failure_persistence: None,
            max_shrink_iters: self.shrinks,
            ..Config::default()
        }
    }
}

fn rng(seed: u64, case: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&case.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}
