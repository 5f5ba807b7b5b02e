use std::{
    cell::{Cell, RefCell},
    env,
    path::PathBuf,
    time::Duration,
};

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use tokio::runtime::Runtime;

use super::{
    ADAPTERS, Adapter, Apply, Commit, Tally, Violation, commit,
    failure::{Counterexample, Failure, Origin},
    history, recorder, run, saved,
};
use crate::equivalence::Storage;

/// How many histories a suite draws, unless `SEAM_CASES` says otherwise.
const CASES: u64 = 24;

/// How often a smaller history is tried before it counts as one that breaks nothing: what tasks do at the same time differs.
const TRIES: u32 = 3;

/// What a suite is about: adapters, and how both sides keep what they know.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Each has a consumer of its own on the same log.
    pub adapters: Vec<Adapter>,
    /// How the module writes events.
    pub commit: Commit,
    /// How consumers write effects.
    pub apply: Apply,
    /// How long a consumer may take to come to the end of the log: far longer than it ever does.
    pub patience: Duration,
}

impl Default for Subject {
    /// The platform's: every adapter.
    fn default() -> Self {
        Self {
            adapters: ADAPTERS.to_vec(),
            commit: commit::with_the_change,
            apply: recorder::in_one_write,
            patience: Duration::from_secs(20),
        }
    }
}

/// Lets histories happen to the subject, those that were saved and those that it draws, and makes the first that breaks a property as
/// small as it gets.
///
/// Everything drawn derives from the seed, or `SEAM_SEED`. `SEAM_CASES` says how many histories are drawn, `SEAM_CASE` has only that
/// one run. What tasks do at the same time is not drawn, so a history may break a property in one run and not in the next.
#[derive(Debug)]
pub struct Suite {
    subject: Subject,
    storage: Storage,
    seed: u64,
    shrinks: u32,
    regressions: Option<PathBuf>,
}

/// What a suite that found nothing has seen.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// What it drew from.
    pub seed: u64,
    /// How many histories it drew.
    pub cases: u64,
    /// How many more were saved.
    pub saved: usize,
    /// What they all held.
    pub tally: Tally,
}

impl Suite {
    /// About this subject, with databases on this storage.
    pub fn new(subject: Subject, storage: Storage) -> Self {
        Self {
            subject,
            storage,
            seed: 0,
            shrinks: 200,
            regressions: None,
        }
    }

    /// What every draw derives from; 0 if not set.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Tries at most so many smaller histories; 200 if not set.
    #[must_use]
    pub fn shrinks(self, shrinks: u32) -> Self {
        Self { shrinks, ..self }
    }

    /// Runs the histories in this folder first, and saves there what it finds.
    #[must_use]
    pub fn regressions(self, folder: impl Into<PathBuf>) -> Self {
        let regressions = Some(folder.into());
        Self { regressions, ..self }
    }

    /// Runs it.
    pub fn run(&self) -> Result<Report, Failure> {
        let runtime = Runtime::new().map_err(|error| Failure::Runtime(error.to_string()))?;
        let seed = number("SEAM_SEED", 0)?.unwrap_or(self.seed);
        let case = number("SEAM_CASE", 0)?;
        let cases = match case {
            Some(case) => case..case + 1,
            None => 0..number("SEAM_CASES", 1)?.unwrap_or(CASES),
        };
        let mut report = Report {
            seed,
            cases: cases.end - cases.start,
            saved: 0,
            tally: Tally::default(),
        };
        if let Some(folder) = self.regressions.as_deref().filter(|_| case.is_none()) {
            for (file, history) in saved::in_folder(folder).map_err(Failure::Files)? {
                let happened = runtime.block_on(run::run(&self.subject, &self.storage, &history));
                report.tally += happened.map_err(|violations| Counterexample {
                    origin: Origin::Saved(file),
                    history,
                    violations,
                })?;
                report.saved += 1;
            }
        }
        for case in cases {
            report.tally += self.case(&runtime, seed, case)?;
        }
        Ok(report)
    }

    fn case(&self, runtime: &Runtime, seed: u64, case: u64) -> Result<Tally, Failure> {
        let mut runner = TestRunner::new_with_rng(self.config(), rng(seed, case));
        let drawn = history::history().new_tree(&mut runner);
        let drawn = drawn.expect("no history is filtered out");
        let tally = Cell::new(Tally::default());
        // Of the last history that broke something, which is the smallest.
        let violations = RefCell::new(Vec::new());
        let tried = runner.run_one(drawn, |history| {
            let first = violations.borrow().first().map(|first: &Violation| first.property);
            for _ in 0..first.map_or(1, |_| TRIES) {
                match runtime.block_on(run::run(&self.subject, &self.storage, &history)) {
                    Ok(seen) => tally.set(seen),
                    // A smaller history that breaks something else is another find.
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
        match tried {
            Ok(_) => Ok(tally.get()),
            Err(TestError::Fail(_, history)) => {
                let saved = self.regressions.as_deref().map(|folder| {
                    let name = format!("seed-{seed}-case-{case}");
                    saved::save(folder, &name, &history)
                });
                Err(Failure::from(Counterexample {
                    origin: Origin::Drawn {
                        seed,
                        case,
                        saved: saved.transpose().map_err(Failure::Files)?,
                    },
                    history,
                    violations: violations.take(),
                }))
            }
            Err(TestError::Abort(reason)) => unreachable!("no history is rejected: {reason}"),
        }
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

fn number(name: &'static str, least: u64) -> Result<Option<u64>, Failure> {
    let text = env::var(name).ok().filter(|text| !text.is_empty());
    let Some(value) = text else { return Ok(None) };
    match value.parse() {
        Ok(number) if number >= least => Ok(Some(number)),
        _ => Err(Failure::Setting { name, value, least }),
    }
}
