use std::path::{Path, PathBuf};

use super::{
    Counterexample, Failure, Model, Origin, Report,
    counterexample::Exchange,
    coverage::Coverage,
    execution::{Difference, Executed, Execution, as_text},
    guide::Guide,
    model::CallOf,
    plan::{Plan, Saved},
    replay, saved,
    sequence::{Drawn, Expected, Step},
    shrink::{Shrinking, Shrunk},
    subject::Subject,
};
use crate::Contract;

/// One run of a suite by a single caller.
pub(super) struct Run<M: Model> {
    plan: Plan<M>,
    coverage: Coverage,
    guide: Guide,
    applied: Vec<bool>,
}

impl<M: Model> Run<M> {
    pub(super) fn of(plan: Plan<M>) -> Self {
        Self {
            coverage: Coverage::of(M::reachable()),
            guide: Guide::of::<M>(),
            applied: vec![false; plan.rules.len()],
            plan,
        }
    }

    pub(super) async fn run(mut self) -> Result<Report, Failure> {
        let saved = self.saved().await?;
        let cases = self.plan.cases.end - self.plan.cases.start;
        for case in self.plan.cases.clone() {
            self.case(case).await?;
        }
        if self.plan.is_whole {
            self.judge_coverage(cases)?;
        }
        let rules = self.plan.rules.iter().zip(&self.applied);
        let subjects = self.plan.subjects.iter();
        Ok(Report {
            subjects: subjects.map(|subject| (subject.name.clone(), subject.every)).collect(),
            seed: self.plan.seed,
            cases,
            calls: self.plan.calls,
            saved,
            cells: self.coverage.into_cells(),
            unused_rules: rules
                .filter(|(_, applied)| self.plan.is_whole && !**applied)
                .map(|(rule, _)| rule.clone())
                .collect(),
            suite: self.plan.suite,
        })
    }

    /// Runs the saved sequences and returns their number.
    async fn saved(&mut self) -> Result<usize, Failure> {
        let files = match &self.plan.saved {
            Saved::Only(file) => vec![file.clone()],
            Saved::In(folder) => saved::in_folder(folder)?,
            Saved::Nothing => Vec::new(),
        };
        for file in &files {
            let steps = saved::load::<M>(file)?;
            let expected = Expected::of(&self.plan.model, &steps);
            if let Some((subject, difference)) = self.first_difference(None, &steps, &expected).await? {
                let origin = Origin::Saved(file.clone());
                return Err(self.counterexample(subject, difference, &steps, origin, None).await?);
            }
        }
        Ok(files.len())
    }

    async fn case(&mut self, case: u64) -> Result<(), Failure> {
        let (drawn, expected) = self.plan.draw(case, &mut self.guide)?;
        for reply in &expected.replies {
            self.coverage.met(&reply.cell);
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
            seed: self.plan.seed,
            case,
            calls,
            runs: smallest.runs,
        };
        let saved = self.save(subject, &smallest.difference, &steps)?;
        Err(self
            .counterexample(subject, smallest.difference, &steps, origin, saved)
            .await?)
    }

    /// Finds the first subject that differs. `case` is `None` for a saved sequence, which runs on every subject.
    async fn first_difference(
        &mut self,
        case: Option<u64>,
        steps: &[Step<CallOf<M>>],
        expected: &Expected<M>,
    ) -> Result<Option<(usize, Difference)>, Failure> {
        for position in 0..self.plan.subjects.len() {
            let subject = &self.plan.subjects[position];
            if case.is_some_and(|case| !self.plan.is_turn_of(subject, case)) {
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
            rules: &self.plan.rules,
            patience: self.plan.patience,
            settling: self.plan.settling,
            keep_replies,
        };
        Ok(execution.on(instance).await)
    }

    async fn shrink(&self, subject: usize, difference: Difference, drawn: Drawn<M>) -> Shrunk<M> {
        if !self.plan.is_shrinking {
            return Shrunk {
                drawn,
                difference,
                runs: 0,
            };
        }
        let subject = &self.plan.subjects[subject];
        let fails = |drawn: &Drawn<M>| {
            let steps = drawn.steps();
            async move {
                let steps = steps?;
                let expected = Expected::of(&self.plan.model, &steps);
                // A subject that can no longer be opened shows nothing about the sequence.
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
        let Some(folder) = &self.plan.regressions else {
            return Ok(None);
        };
        let found = format!("{}: {}", self.plan.subjects[subject].name, difference.what);
        saved::save::<M>(folder, found, steps).map(Some)
    }

    /// Runs the sequence on every subject once more, so that the counterexample shows them side by side.
    async fn counterexample(
        &self,
        subject: usize,
        difference: Difference,
        steps: &[Step<CallOf<M>>],
        origin: Origin,
        saved: Option<PathBuf>,
    ) -> Result<Failure, Failure> {
        let expected = Expected::of(&self.plan.model, steps);
        let mut shown = Vec::new();
        for subject in &self.plan.subjects {
            let executed = self.execute(subject, steps, &expected, true).await?;
            shown.push((subject.name.clone(), executed.replies));
        }
        let history = expected.replies.iter().enumerate().map(|(position, wanted)| Exchange {
            method: M::Contract::method(&wanted.call).name,
            arguments: as_text_of(&wanted.call),
            expected: as_text::<M::Contract>(&wanted.reply),
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
            suite: self.plan.suite.clone(),
            subject: self.plan.subjects[subject].name.clone(),
            difference,
            history: history.collect(),
            origin,
            replay,
            saved,
        })))
    }

    fn judge_coverage(&self, cases: u64) -> Result<(), Failure> {
        let (suite, model) = (self.plan.suite.clone(), std::any::type_name::<M>());
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
        let (wanted, cells) = (self.plan.each_cell, self.coverage.thin(self.plan.each_cell));
        if !cells.is_empty() {
            return Err(Failure::Thin {
                suite,
                model,
                cases,
                wanted,
                cells,
            });
        }
        Ok(())
    }
}

/// The arguments of a call as JSON, without the name of the method.
pub(super) fn as_text_of(call: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(call).unwrap_or_default();
    let inner = json.as_object().and_then(|call| call.values().next());
    inner.unwrap_or(&json).to_string()
}

fn absolute(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}
