mod callers;
mod completion;
mod counterexample;
mod explanation;
mod recorder;
mod report;
mod yields;

pub use self::{
    completion::Completion,
    counterexample::{ConcurrentCall, ConcurrentCounterexample, Part},
    report::ConcurrentReport,
};

use linearizability::Operation;

use self::callers::Callers;
use super::{CallOf, Failure, Model, ReplyOf, Suite, plan::Plan, settings::Settings, suite::run_on};

/// The completed and pending operations of several callers, by the time of the call.
type History<M> = Vec<Operation<CallOf<M>, ReplyOf<M>>>;

impl<M: Model> Suite<M>
where
    ReplyOf<M>: Sync,
{
    /// Splits each generated sequence among `callers` concurrent callers and checks that the recorded history is
    /// linearizable: some total order of the calls respects real-time order and yields the observed replies.
    ///
    /// `completion` says which replies are answers, which refuse because of another call under way, and which
    /// leave open whether the call took effect. A reply that [`Contract::outcome`](crate::Contract::outcome)
    /// calls a transport failure is always [`Completion::Info`]; so is a panic, and silence. Effects are not
    /// compared, since their order is not known.
    ///
    /// # Errors
    ///
    /// The first history that is not linearizable, or could not be decided; 0 callers; a `SEAM_REPLAY`, because saved
    /// sequences are for one caller; and everything that stops [`Suite::run`] from starting.
    pub fn run_concurrently(
        self,
        callers: usize,
        completion: fn(&ReplyOf<M>) -> Completion,
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
        let plan = Plan::of(self, settings)?;
        let name = plan.suite.clone();
        let callers = Callers {
            plan,
            count: callers,
            completion,
        };
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        run_on(runtime.worker_threads(2), &name, callers.run())
    }
}
