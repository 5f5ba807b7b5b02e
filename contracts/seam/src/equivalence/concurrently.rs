use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use futures::future::join_all;
use linearizability::{Operation, Response, Specification, Verdict, check_partitioned, minimize_partitioned};

use super::{CallOf, Failure, Model, ReplyOf, Suite, replay, run::Run, settings::Settings, suite::run_on};
use crate::{Contract, MethodKind, Outcome, caught, chance::mix, compare::Comparison};

/// A caller steps aside less often than this before a call.
const STEPS_ASIDE: u64 = 4;

/// What an answer says about whether the call has happened, when others are under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It has happened, and this is what came of it.
    Answer,
    /// Nothing was done, because another call was under way: no promise of the model, and nothing to explain.
    Nothing,
    /// It may have happened, or may still happen.
    Unknown,
}

/// What a concurrent run that passed has shown.
#[derive(Clone, Debug)]
pub struct ConcurrentReport {
    /// The suite.
    pub suite: String,
    /// What every draw derives from. The order in which callers come to turn does not.
    pub seed: u64,
    /// How many callers there were.
    pub callers: usize,
    /// How many histories were recorded, over all subjects.
    pub histories: u64,
    /// How many calls were answered, and explained.
    pub answered: u64,
    /// How many were told that nothing was done.
    pub nothing: u64,
    /// How many have an unknown outcome.
    pub unknown: u64,
    /// How many histories had calls that overlap: the others prove nothing about concurrency.
    pub overlapping: u64,
}

type History<M> = Vec<Operation<CallOf<M>, ReplyOf<M>>>;

impl<M: Model> Suite<M>
where
    ReplyOf<M>: Sync,
{
    /// Deals each drawn sequence out to so many callers, at least one, lets them call at once, and checks that what they heard is linearizable: that
    /// some order of the calls, which keeps those apart that did not overlap, makes the model answer just that.
    ///
    /// `heard` says which replies are no answers; one that [`Contract::outcome`] calls a transport failure is always
    /// [`Heard::Unknown`], and so is a panic or silence. Effects are not compared: their order is not told.
    pub fn run_concurrently(
        self,
        callers: usize,
        heard: fn(&ReplyOf<M>) -> Heard,
    ) -> Result<ConcurrentReport, Failure> {
        let settings = Settings::from_env()?;
        if let Some(file) = &settings.replay {
            return Err(Failure::Setting {
                name: "SEAM_REPLAY",
                value: file.display().to_string(),
                wanted: "nothing, as saved sequences are for one caller; name a test that uses `run`".to_owned(),
            });
        }
        if callers == 0 {
            return Err(Failure::NoCaller { suite: self.name });
        }
        let suite = self.checked(&settings)?;
        let name = suite.name.clone();
        let run = Run::of(suite, settings);
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        run_on(
            runtime.worker_threads(2),
            &name,
            Concurrently { run, callers, heard }.run(),
        )
    }
}

struct Concurrently<M: Model> {
    run: Run<M>,
    callers: usize,
    heard: fn(&ReplyOf<M>) -> Heard,
}

impl<M: Model> Concurrently<M>
where
    ReplyOf<M>: Sync,
{
    async fn run(self) -> Result<ConcurrentReport, Failure> {
        let mut report = ConcurrentReport {
            suite: self.run.suite.name.clone(),
            seed: self.run.seed,
            callers: self.callers,
            histories: 0,
            answered: 0,
            nothing: 0,
            unknown: 0,
            overlapping: 0,
        };
        for case in self.run.drawn_cases() {
            let (drawn, _) = self.run.draw(case)?;
            let calls: Vec<CallOf<M>> = drawn.draws.iter().map(super::sequence::Draw::current).collect();
            let subjects = self.run.suite.subjects.iter();
            for subject in subjects.filter(|subject| self.run.is_turn_of(subject, case)) {
                let instance = subject.open().await?;
                let heard = self.history(case, instance.service(), &calls).await;
                instance.close().await;
                let (history, nothing) = heard?;
                report.count(&history, nothing);
                self.explained(case, &subject.name, &history)?;
            }
        }
        Ok(report)
    }

    /// Lets the callers call, each its share in its order, and records what they heard.
    async fn history(
        &self,
        case: u64,
        service: Arc<M::Contract>,
        calls: &[CallOf<M>],
    ) -> Result<(History<M>, u64), Failure> {
        let recorder = Arc::new(Recorder::<M>::default());
        let callers = (0..self.callers).map(|caller| {
            let share: Vec<CallOf<M>> = calls.iter().skip(caller).step_by(self.callers).cloned().collect();
            let (recorder, service) = (Arc::clone(&recorder), Arc::clone(&service));
            let (heard, patience) = (self.heard, self.run.suite.patience);
            let seed = self.run.seed;
            tokio::spawn(async move {
                for (position, call) in share.into_iter().enumerate() {
                    for _ in 0..steps_aside(seed, case, caller, position) {
                        tokio::task::yield_now().await;
                    }
                    let invoked = recorder.tick();
                    let answer = tokio::time::timeout(patience, caught(service.dispatch(call.clone()))).await;
                    let at = recorder.tick();
                    let reply = answer.ok().and_then(Result::ok);
                    recorder.note(caller, invoked, call, at, reply, heard);
                }
            })
        });
        for ended in join_all(callers).await {
            // What it noted up to then is half a history, and half a history proves nothing.
            ended.map_err(|error| Failure::CallerEnded {
                suite: self.run.suite.name.clone(),
                case,
                reason: error.to_string(),
            })?;
        }
        Ok(recorder.history())
    }

    fn explained(&self, case: u64, subject: &str, history: &History<M>) -> Result<(), Failure> {
        let specification = Promises(&self.run.suite);
        let lanes = match check_partitioned(&specification, history).verdict {
            Verdict::Linearizable { .. } => return Ok(()),
            Verdict::Undecided { explored } => {
                format!("undecided after {explored} steps; fewer calls or callers decide it")
            }
            Verdict::NotLinearizable { .. } => {
                let smallest = minimize_partitioned(&specification, history);
                smallest.map_or_else(
                    || "the smallest part could not be found".to_owned(),
                    |part| part.to_string(),
                )
            }
        };
        Err(Failure::NotLinearizable {
            suite: self.run.suite.name.clone(),
            subject: subject.to_owned(),
            case,
            lanes,
            replay: replay::command(&[("SEAM_SEED", self.run.seed), ("SEAM_CASE", case)]),
        })
    }
}

/// The model of a suite as a specification, under the suite's rules.
struct Promises<'a, M: Model>(&'a Suite<M>);

impl<M: Model> Specification for Promises<'_, M> {
    type Call = CallOf<M>;
    type Reply = ReplyOf<M>;
    type State = M;

    fn initial(&self) -> M {
        self.0.model.clone()
    }

    fn apply(&self, model: &mut M, call: &CallOf<M>) -> ReplyOf<M> {
        model.apply(call)
    }

    fn agrees(&self, expected: &ReplyOf<M>, seen: &ReplyOf<M>) -> bool {
        expected == seen || Comparison::untracked(&self.0.rules).same(expected, seen).is_ok()
    }

    fn is_read(&self, call: &CallOf<M>) -> bool {
        M::Contract::method(call).kind == MethodKind::Read
    }

    fn partition(&self, call: &CallOf<M>) -> Option<String> {
        // Keys that depend on each other can't be checked apart: calls under one explain replies under another.
        self.0.independent_keys.then(|| M::Contract::key(call)).flatten()
    }
}

impl ConcurrentReport {
    fn count<C, R>(&mut self, history: &[Operation<C, R>], nothing: u64) {
        self.histories += 1;
        self.nothing += nothing;
        for operation in history {
            match operation.response {
                Some(_) => self.answered += 1,
                None => self.unknown += 1,
            }
        }
        let overlap = |one: &Operation<C, R>| {
            let until = one.answered().unwrap_or(u64::MAX);
            history
                .iter()
                .any(|other| one.invoked < other.invoked && other.invoked < until)
        };
        self.overlapping += u64::from(history.iter().any(overlap));
    }
}

impl fmt::Display for ConcurrentReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            suite,
            callers,
            histories,
            answered,
            nothing,
            unknown,
            overlapping,
            seed,
        } = self;
        write!(
            f,
            "{suite}: {histories} histories of {callers} callers are linearizable, {overlapping} of them with calls that overlap; \
             {answered} answers explained, {nothing} calls refused for the moment, {unknown} of unknown outcome; seed {seed}"
        )
    }
}

struct Recorder<M: Model> {
    clock: AtomicU64,
    noted: Mutex<(History<M>, u64)>,
}

impl<M: Model> Default for Recorder<M> {
    fn default() -> Self {
        Self {
            clock: AtomicU64::new(0),
            noted: Mutex::new((Vec::new(), 0)),
        }
    }
}

impl<M: Model> Recorder<M> {
    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, SeqCst)
    }

    fn note(
        &self,
        caller: usize,
        invoked: u64,
        call: CallOf<M>,
        at: u64,
        reply: Option<ReplyOf<M>>,
        heard: fn(&ReplyOf<M>) -> Heard,
    ) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let said = reply
            .as_ref()
            .map_or(Heard::Unknown, |reply| match M::Contract::outcome(reply) {
                Outcome::Transport(_) | Outcome::Panic(_) => Heard::Unknown,
                _ => heard(reply),
            });
        let response = match (said, reply) {
            (Heard::Nothing, _) => {
                noted.1 += 1;
                return;
            }
            (Heard::Answer, Some(reply)) => Some(Response { at, reply }),
            _ => None,
        };
        noted.0.push(Operation {
            caller,
            invoked,
            call,
            response,
        });
    }

    fn history(&self) -> (History<M>, u64) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut history, nothing) = std::mem::take(&mut *noted);
        history.sort_by_key(|operation| operation.invoked);
        (history, nothing)
    }
}

/// How often a caller steps aside before a call: drawn for each, and the same whenever the case is run again.
fn steps_aside(seed: u64, case: u64, caller: usize, position: usize) -> u64 {
    let place = [case, caller as u64, position as u64].into_iter();
    place.fold(mix(seed), |state, part| mix(state ^ part)) % STEPS_ASIDE
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{STEPS_ASIDE, steps_aside};

    #[test]
    fn every_caller_of_every_case_steps_aside_in_a_way_of_its_own() {
        let way = |seed, case, caller| (0..64).map(move |position| steps_aside(seed, case, caller, position));
        let callers =
            (0..8).flat_map(|seed| (0..8).flat_map(move |case| (0..8).map(move |caller| (seed, case, caller))));
        let ways: Vec<Vec<u64>> = callers
            .map(|(seed, case, caller)| way(seed, case, caller).collect())
            .collect();

        assert_eq!(ways.iter().collect::<HashSet<_>>().len(), 512);
        for steps in 0..STEPS_ASIDE {
            assert!(
                ways.iter().all(|way| way.contains(&steps)),
                "nobody steps aside {steps} times"
            );
        }
        assert!(ways.iter().flatten().all(|steps| *steps < STEPS_ASIDE));
    }
}
