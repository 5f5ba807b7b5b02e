use std::path::{Path, PathBuf};

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::{
    Counterexample, Failure, Model, Origin, Report, Suite,
    counterexample::Exchange,
    coverage::Coverage,
    execution::{Difference, Executed, Execution, as_text},
    model::CallOf,
    replay, saved,
    sequence::{Drawn, Expected, Step},
    settings::Settings,
    shrink::{Shrinking, Shrunk},
    subject::Subject,
};
use crate::Contract;

/// One run of a suite.
pub(crate) struct Run<M: Model> {
    pub(crate) suite: Suite<M>,
    settings: Settings,
    pub(crate) seed: u64,
    cases: u64,
    config: Config,
    coverage: Coverage,
    applied: Vec<bool>,
}

impl<M: Model> Run<M> {
    pub(crate) fn of(suite: Suite<M>, settings: Settings) -> Self {
        Self {
            seed: settings.seed.unwrap_or(suite.seed),
            cases: settings.cases.or(suite.at_most).unwrap_or(suite.cases),
            config: Config::default(),
            coverage: Coverage::of(M::reachable()),
            applied: vec![false; suite.rules.len()],
            settings,
            suite,
        }
    }

    pub(crate) async fn run(mut self) -> Result<Report, Failure> {
        let saved = self.saved().await?;
        let drawn = self.drawn_cases();
        let cases = drawn.end - drawn.start;
        for case in drawn {
            self.case(case).await?;
        }
        let is_whole = cases >= self.suite.cases && self.suite.at_most.is_none();
        if is_whole {
            self.judge_coverage(cases)?;
        }
        let rules = self.suite.rules.iter().zip(&self.applied);
        let subjects = self.suite.subjects.iter();
        Ok(Report {
            subjects: subjects.map(|subject| (subject.name.clone(), subject.every)).collect(),
            seed: self.seed,
            cases,
            calls: self.suite.calls,
            saved,
            cells: self.coverage.into_cells(),
            unused_rules: rules
                .filter(|(_, applied)| is_whole && !**applied)
                .map(|(rule, _)| rule.clone())
                .collect(),
            suite: self.suite.name,
        })
    }

    /// Which sequences are to be drawn.
    pub(crate) fn drawn_cases(&self) -> std::ops::Range<u64> {
        match (&self.settings.replay, self.settings.case) {
            (Some(_), _) => 0..0,
            (None, Some(case)) => case..case + 1,
            (None, None) => 0..self.cases,
        }
    }

    /// Runs the saved sequences: the one that is asked for, or all of the suite's.
    async fn saved(&mut self) -> Result<usize, Failure> {
        let files = match (&self.settings.replay, &self.suite.regressions) {
            (Some(file), _) => vec![file.clone()],
            (None, Some(folder)) if self.settings.case.is_none() => saved::in_folder(folder)?,
            _ => Vec::new(),
        };
        for file in &files {
            let steps = saved::load::<M>(file)?;
            let expected = Expected::of(&self.suite.model, &steps);
            if let Some((subject, difference)) = self.first_difference(None, &steps, &expected).await? {
                let origin = Origin::Saved(file.clone());
                return Err(self.counterexample(subject, difference, &steps, origin, None).await?);
            }
        }
        Ok(files.len())
    }

    async fn case(&mut self, case: u64) -> Result<(), Failure> {
        let (drawn, expected) = self.draw(case)?;
        for promise in &expected.steps {
            self.coverage.met(&promise.cell);
        }
        let Some(steps) = drawn.steps() else {
            unreachable!("a sequence as it was drawn names only what was named before");
        };
        let Some((subject, difference)) = self.first_difference(Some(case), &steps, &expected).await? else {
            return Ok(());
        };
        let calls = steps.len();
        let smallest = self.shrink(subject, difference, drawn).await;
        let steps = smallest.drawn.steps().unwrap_or(steps);
        let origin = Origin::Drawn {
            seed: self.seed,
            case,
            calls,
            runs: smallest.runs,
        };
        let saved = self.save(subject, &smallest.difference, &steps)?;
        Err(self
            .counterexample(subject, smallest.difference, &steps, origin, saved)
            .await?)
    }

    pub(crate) fn draw(&self, case: u64) -> Result<(Drawn<M>, Expected<M>), Failure> {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed_of(self.seed, case));
        let mut runner = TestRunner::new_with_rng(self.config.clone(), rng);
        let Suite {
            model, rules, calls, ..
        } = &self.suite;
        let drawn = Drawn::draw(model, rules, *calls, |model| {
            Ok(Box::new(model.call().new_tree(&mut runner)?))
        });
        drawn.map_err(|reason| Failure::NoCall {
            suite: self.suite.name.clone(),
            reason: reason.to_string(),
        })
    }

    /// Whether a drawn sequence runs on this subject.
    pub(crate) fn is_turn_of(&self, subject: &Subject<M::Contract>, case: u64) -> bool {
        self.settings.case.is_some() || case.is_multiple_of(subject.every)
    }

    /// The first subject that differs; every one is asked about a sequence that is no drawn case.
    async fn first_difference(
        &mut self,
        case: Option<u64>,
        steps: &[Step<CallOf<M>>],
        expected: &Expected<M>,
    ) -> Result<Option<(usize, Difference)>, Failure> {
        for position in 0..self.suite.subjects.len() {
            let subject = &self.suite.subjects[position];
            if case.is_some_and(|case| !self.is_turn_of(subject, case)) {
                continue;
            }
            let executed = self.execute(subject, steps, expected, false).await?;
            for (applied, now) in self.applied.iter_mut().zip(executed.applied) {
                *applied |= now;
            }
            if let Some(difference) = executed.difference {
                return Ok(Some((position, difference)));
            }
        }
        Ok(None)
    }

    async fn execute(
        &self,
        subject: &Subject<M::Contract>,
        steps: &[Step<CallOf<M>>],
        expected: &Expected<M>,
        keep_replies: bool,
    ) -> Result<Executed, Failure> {
        let instance = subject.open().await?;
        let execution = Execution::<M> {
            steps,
            expected,
            rules: &self.suite.rules,
            patience: self.suite.patience,
            settling: self.suite.settling,
            keep_replies,
        };
        Ok(execution.on(instance).await)
    }

    async fn shrink(&self, subject: usize, difference: Difference, drawn: Drawn<M>) -> Shrunk<M> {
        if !self.suite.shrinking {
            return Shrunk {
                drawn,
                difference,
                runs: 0,
            };
        }
        let subject = &self.suite.subjects[subject];
        let fails = |drawn: &Drawn<M>| {
            let steps = drawn.steps();
            async move {
                let steps = steps?;
                let expected = Expected::of(&self.suite.model, &steps);
                // A subject that can't be opened any more shows nothing about the sequence.
                let executed = self.execute(subject, &steps, &expected, false).await.ok()?;
                executed.difference
            }
        };
        Shrinking::new(drawn, difference, fails).smallest().await
    }

    fn save(
        &self,
        subject: usize,
        difference: &Difference,
        steps: &[Step<CallOf<M>>],
    ) -> Result<Option<PathBuf>, Failure> {
        let Some(folder) = &self.suite.regressions else {
            return Ok(None);
        };
        let found = format!("{}: {}", self.suite.subjects[subject].name, difference.what);
        saved::save::<M>(folder, found, steps).map(Some)
    }

    /// Runs the sequence on every subject once more, to show them side by side.
    async fn counterexample(
        &self,
        subject: usize,
        difference: Difference,
        steps: &[Step<CallOf<M>>],
        origin: Origin,
        saved: Option<PathBuf>,
    ) -> Result<Failure, Failure> {
        let expected = Expected::of(&self.suite.model, steps);
        let mut shown = Vec::new();
        for subject in &self.suite.subjects {
            let executed = self.execute(subject, steps, &expected, true).await?;
            shown.push((subject.name.clone(), executed.replies));
        }
        let history = expected.steps.iter().enumerate().map(|(position, promise)| Exchange {
            method: M::Contract::method(&promise.call).name,
            arguments: as_text_of(&promise.call),
            expected: as_text::<M::Contract>(&promise.reply),
            answers: shown
                .iter()
                .map(|(name, replies)| (name.clone(), replies.get(position).cloned()))
                .collect(),
        });
        let replay = match &origin {
            Origin::Drawn { seed, case, .. } => replay::command(&[("SEAM_SEED", *seed), ("SEAM_CASE", *case)]),
            Origin::Saved(file) => replay::command(&[("SEAM_REPLAY", absolute(file).display())]),
        };
        Ok(Failure::Different(Box::new(Counterexample {
            suite: self.suite.name.clone(),
            subject: self.suite.subjects[subject].name.clone(),
            difference,
            history: history.collect(),
            origin,
            replay,
            saved,
        })))
    }

    fn judge_coverage(&self, cases: u64) -> Result<(), Failure> {
        let (suite, model) = (self.suite.name.clone(), std::any::type_name::<M>());
        let cells = self.coverage.undeclared();
        if !cells.is_empty() {
            return Err(Failure::Undeclared { suite, model, cells });
        }
        let cells = self.coverage.unmet();
        if !cells.is_empty() {
            return Err(Failure::Uncovered {
                suite,
                model,
                cases,
                cells,
            });
        }
        Ok(())
    }
}

/// The arguments without the name of the method, which stands beside them.
fn as_text_of(call: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(call).unwrap_or_default();
    let inner = json.as_object().and_then(|call| call.values().next());
    inner.unwrap_or(&json).to_string()
}

fn absolute(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}

fn seed_of(seed: u64, case: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&case.to_le_bytes());
    bytes
}
