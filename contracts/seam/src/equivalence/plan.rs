use std::{ops::Range, path::PathBuf, time::Duration};

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{
    Failure, Model, Suite,
    guide::Guide,
    model::CallOf,
    sequence::{Drawn, Expected},
    settings::Settings,
    subject::Subject,
};
use crate::{Contract, compare::Rule};

/// A suite that was checked, with the settings of the environment applied: everything that a run needs to know.
pub(super) struct Plan<M: Model> {
    pub(super) suite: String,
    pub(super) model: M,
    pub(super) subjects: Vec<Subject<M::Contract>>,
    pub(super) rules: Vec<Rule>,
    /// The cases to generate.
    pub(super) cases: Range<u64>,
    /// The calls that each generated case starts with.
    pub(super) setup: Vec<CallOf<M>>,
    /// The number of calls generated for each case, after the setup.
    pub(super) calls: usize,
    /// The number of times that the cases must meet each reachable cell.
    pub(super) each_cell: u64,
    pub(super) seed: u64,
    pub(super) saved: Saved,
    /// The folder for sequences that fail.
    pub(super) regressions: Option<PathBuf>,
    pub(super) patience: Duration,
    pub(super) settling: Duration,
    pub(super) is_shrinking: bool,
    pub(super) has_independent_keys: bool,
    /// Set if every case of the suite runs, so that coverage and unused rules can be judged.
    pub(super) is_whole: bool,
    /// Set if a single case was asked for, which then runs on every subject.
    is_one_case: bool,
    config: Config,
}

/// The saved sequences that run before the generated ones.
pub(super) enum Saved {
    /// All in this folder.
    In(PathBuf),
    /// This one, and no generated case.
    Only(PathBuf),
    Nothing,
}

impl<M: Model> Plan<M> {
    /// Checks a suite and applies the settings.
    pub(super) fn of(suite: Suite<M>, settings: Settings) -> Result<Self, Failure> {
        if M::reachable().is_empty() {
            let model = std::any::type_name::<M>();
            return Err(Failure::EmptyModel {
                suite: suite.name,
                model,
            });
        }
        let subjects = subjects(suite.name.clone(), suite.subjects, &suite.sampled, &settings)?;
        let is_one_case = settings.case.is_some();
        let saved = match (settings.replay, &suite.regressions) {
            (Some(file), _) => Saved::Only(file),
            (None, Some(folder)) if !is_one_case => Saved::In(folder.clone()),
            _ => Saved::Nothing,
        };
        let cases = match (&saved, settings.case) {
            (Saved::Only(_), _) => 0..0,
            (_, Some(case)) => case..case + 1,
            (_, None) => 0..settings.cases.or(suite.at_most).unwrap_or(suite.cases),
        };
        Ok(Self {
            model: suite.model,
            subjects,
            rules: suite.rules,
            is_whole: cases.end - cases.start >= suite.cases && suite.at_most.is_none(),
            cases,
            setup: suite.setup,
            calls: suite.calls,
            each_cell: suite.each_cell,
            seed: settings.seed.unwrap_or(suite.seed),
            saved,
            regressions: suite.regressions,
            patience: suite.patience,
            settling: suite.settling,
            is_shrinking: suite.is_shrinking,
            has_independent_keys: suite.has_independent_keys,
            is_one_case,
            config: Config::default(),
            suite: suite.name,
        })
    }

    /// Draws the sequence of a case, and the replies that the model gives to it. The guide has seen the case before it,
    /// or draws those that it needs.
    pub(super) fn draw(&self, case: u64, guide: &mut Guide) -> Result<(Drawn<M>, Expected<M>), Failure> {
        for earlier in guide.begin(case) {
            self.draw_guided(earlier, guide)?;
        }
        self.draw_guided(case, guide)
    }

    fn draw_guided(&self, case: u64, guide: &mut Guide) -> Result<(Drawn<M>, Expected<M>), Failure> {
        guide.lean(case);
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed_of(self.seed, case));
        let mut runner = TestRunner::new_with_rng(self.config.clone(), rng);
        let drawn = Drawn::draw(&self.model, &self.setup, &self.rules, self.calls, (guide, &mut runner));
        drawn.map_err(|reason| Failure::NoCall {
            suite: self.suite.clone(),
            reason: reason.to_string(),
        })
    }

    /// Returns `true` if a generated case runs on this subject.
    pub(super) fn is_turn_of(&self, subject: &Subject<M::Contract>, case: u64) -> bool {
        self.is_one_case || case.is_multiple_of(subject.every)
    }
}

/// The subjects to run, each with its sampling rate.
fn subjects<C: Contract + ?Sized>(
    suite: String,
    mut subjects: Vec<Subject<C>>,
    sampled: &[(String, u64)],
    settings: &Settings,
) -> Result<Vec<Subject<C>>, Failure> {
    let names: Vec<String> = subjects.iter().map(|subject| subject.name.clone()).collect();
    if names.is_empty() {
        return Err(Failure::NoSubject { suite });
    }
    if let Some((_, name)) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        let name = name.clone();
        return Err(Failure::SameName { suite, name });
    }
    let mut asked = settings
        .subjects
        .iter()
        .flatten()
        .chain(sampled.iter().map(|(name, _)| name));
    if let Some(unknown) = asked.find(|name| !names.contains(name)) {
        return Err(Failure::UnknownSubject {
            suite,
            name: unknown.clone(),
            known: names,
        });
    }
    for subject in &mut subjects {
        let last = sampled.iter().rfind(|(name, _)| *name == subject.name);
        subject.every = last.map_or(1, |(_, every)| *every);
    }
    if let Some(wanted) = &settings.subjects {
        subjects.retain(|subject| wanted.contains(&subject.name));
    }
    Ok(subjects)
}

fn seed_of(seed: u64, case: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&case.to_le_bytes());
    bytes
}
