use std::{sync::Arc, time::Duration};

use futures::future::join_all;

use super::{
    Completion, ConcurrentCounterexample, ConcurrentReport,
    explanation::{Unexplained, explain},
    recorder::{Invocation, Recorded, Recorder},
    yields::yields,
};
use crate::{
    Contract, caught,
    equivalence::{CallOf, Failure, Model, ReplyOf, guide::Guide, plan::Plan, replay, sequence::Draw},
};

/// A suite run by several concurrent callers.
pub(super) struct Callers<M: Model> {
    pub(super) plan: Plan<M>,
    pub(super) count: usize,
    pub(super) completion: fn(&ReplyOf<M>) -> Completion,
}

impl<M: Model> Callers<M>
where
    ReplyOf<M>: Sync,
{
    /// Runs every case on every subject, up to the first history without an explanation.
    pub(super) async fn run(self) -> Result<ConcurrentReport, Failure> {
        let mut report = ConcurrentReport {
            suite: self.plan.suite.clone(),
            seed: self.plan.seed,
            callers: self.count,
            histories: 0,
            answered: 0,
            failed: 0,
            unknown: 0,
            overlapping: 0,
        };
        let mut guide = Guide::of::<M>();
        for case in self.plan.cases.clone() {
            let (drawn, _) = self.plan.draw(case, &mut guide)?;
            let calls: Vec<CallOf<M>> = drawn.draws.iter().map(Draw::current).collect();
            let subjects = self.plan.subjects.iter();
            for subject in subjects.filter(|subject| self.plan.is_turn_of(subject, case)) {
                let instance = subject.open().await?;
                let recorded = self.record(case, instance.service(), &calls).await;
                instance.close().await;
                let Recorded { history, failed } = recorded?;
                report.count(&history, failed);
                explain(&self.plan, &history).map_err(|why| self.not_linearizable(case, &subject.name, why))?;
            }
        }
        Ok(report)
    }

    /// Makes the setup calls, lets the callers call, each its share in its order, and records all calls.
    async fn record(&self, case: u64, service: Arc<M::Contract>, calls: &[CallOf<M>]) -> Result<Recorded<M>, Failure> {
        let recorder = Arc::new(Recorder::<M>::default());
        let (setup, calls) = calls.split_at(self.plan.setup.len());
        let caller = |number| Caller {
            number,
            recorder: Arc::clone(&recorder),
            service: Arc::clone(&service),
            patience: self.plan.patience,
            completion: self.completion,
        };
        let preparing = caller(0).calls(setup.to_vec(), |_| 0);
        let prepared = tokio::spawn(preparing).await;
        let seed = self.plan.seed;
        let callers = (0..self.count).map(|number| {
            let share: Vec<CallOf<M>> = calls.iter().skip(number).step_by(self.count).cloned().collect();
            tokio::spawn(caller(number).calls(share, move |position| yields(seed, case, number, position)))
        });
        let mut ends = vec![prepared];
        ends.extend(join_all(callers).await);
        for ended in ends {
            // A caller that panicked has recorded half of its calls, and half a history proves nothing.
            ended.map_err(|error| Failure::CallerEnded {
                suite: self.plan.suite.clone(),
                case,
                reason: error.to_string(),
            })?;
        }
        Ok(recorder.take())
    }

    fn not_linearizable(&self, case: u64, subject: &str, why: Unexplained) -> Failure {
        Failure::NotLinearizable(Box::new(ConcurrentCounterexample {
            suite: self.plan.suite.clone(),
            subject: subject.to_owned(),
            seed: self.plan.seed,
            case,
            lanes: why.lanes,
            calls: why.calls,
            replay: replay::command(&[("SEAM_SEED", self.plan.seed), ("SEAM_CASE", case)]),
        }))
    }
}

/// One caller of a subject.
struct Caller<M: Model> {
    number: usize,
    recorder: Arc<Recorder<M>>,
    service: Arc<M::Contract>,
    patience: Duration,
    completion: fn(&ReplyOf<M>) -> Completion,
}

impl<M: Model> Caller<M>
where
    ReplyOf<M>: Sync,
{
    /// Makes the calls one after another, each after a number of yields.
    async fn calls(self, calls: Vec<CallOf<M>>, yields: impl Fn(usize) -> u64 + Send) {
        for (position, call) in calls.into_iter().enumerate() {
            for _ in 0..yields(position) {
                tokio::task::yield_now().await;
            }
            let invoked = self.recorder.tick();
            let answer = tokio::time::timeout(self.patience, caught(self.service.dispatch(call.clone()))).await;
            let at = self.recorder.tick();
            let reply = answer.ok().and_then(Result::ok);
            let invocation = Invocation {
                caller: self.number,
                invoked,
                call,
            };
            self.recorder.record(invocation, at, reply, self.completion);
        }
    }
}
