use std::sync::Arc;

use futures::future::join_all;

use super::{
    Completion, ConcurrentReport,
    explanation::explain,
    recorder::{Invocation, Recorded, Recorder},
    yields::yields,
};
use crate::{
    Contract, caught,
    equivalence::{CallOf, Failure, Model, ReplyOf, plan::Plan, replay, sequence::Draw},
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
        for case in self.plan.cases.clone() {
            let (drawn, _) = self.plan.draw(case)?;
            let calls: Vec<CallOf<M>> = drawn.draws.iter().map(Draw::current).collect();
            let subjects = self.plan.subjects.iter();
            for subject in subjects.filter(|subject| self.plan.is_turn_of(subject, case)) {
                let instance = subject.open().await?;
                let recorded = self.record(case, instance.service(), &calls).await;
                instance.close().await;
                let Recorded { history, failed } = recorded?;
                report.count(&history, failed);
                explain(&self.plan, &history).map_err(|lanes| self.not_linearizable(case, &subject.name, lanes))?;
            }
        }
        Ok(report)
    }

    /// Lets the callers call, each its share in its order, and records their calls.
    async fn record(&self, case: u64, service: Arc<M::Contract>, calls: &[CallOf<M>]) -> Result<Recorded<M>, Failure> {
        let recorder = Arc::new(Recorder::<M>::default());
        let callers = (0..self.count).map(|caller| {
            let share: Vec<CallOf<M>> = calls.iter().skip(caller).step_by(self.count).cloned().collect();
            let (recorder, service) = (Arc::clone(&recorder), Arc::clone(&service));
            let (completion, patience, seed) = (self.completion, self.plan.patience, self.plan.seed);
            tokio::spawn(async move {
                for (position, call) in share.into_iter().enumerate() {
                    for _ in 0..yields(seed, case, caller, position) {
                        tokio::task::yield_now().await;
                    }
                    let invoked = recorder.tick();
                    let answer = tokio::time::timeout(patience, caught(service.dispatch(call.clone()))).await;
                    let at = recorder.tick();
                    let reply = answer.ok().and_then(Result::ok);
                    let invocation = Invocation { caller, invoked, call };
                    recorder.record(invocation, at, reply, completion);
                }
            })
        });
        for ended in join_all(callers).await {
            // A caller that panicked has recorded half of its calls, and half a history proves nothing.
            ended.map_err(|error| Failure::CallerEnded {
                suite: self.plan.suite.clone(),
                case,
                reason: error.to_string(),
            })?;
        }
        Ok(recorder.take())
    }

    fn not_linearizable(&self, case: u64, subject: &str, lanes: String) -> Failure {
        Failure::NotLinearizable {
            suite: self.plan.suite.clone(),
            subject: subject.to_owned(),
            case,
            lanes,
            replay: replay::command(&[("SEAM_SEED", self.plan.seed), ("SEAM_CASE", case)]),
        }
    }
}
