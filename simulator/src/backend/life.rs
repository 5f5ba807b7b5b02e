use std::sync::Arc;

use tokio::sync::watch;

use super::{
    NodeState,
    runner::{Instance, NodeExit},
};

/// State of one node over its starts and ends. Its supervisor changes it; anybody may wait for a change.
#[derive(Debug)]
pub(super) struct Life(watch::Sender<Phase>);

#[derive(Debug)]
struct Phase {
    state: NodeState,
    /// Present while the node runs.
    instance: Option<Arc<dyn Instance>>,
    /// State to enter when the instance ends, if `seam` is ending it. Without one the end is a death.
    ending: Option<NodeState>,
    /// Number of times that the node became ready.
    readied: u64,
}

impl Life {
    pub(super) fn waiting() -> Self {
        Self(watch::Sender::new(Phase {
            state: NodeState::Waiting,
            instance: None,
            ending: None,
            readied: 0,
        }))
    }

    pub(super) fn state(&self) -> NodeState {
        self.0.borrow().state.clone()
    }

    pub(super) fn instance(&self) -> Option<Arc<dyn Instance>> {
        self.0.borrow().instance.clone()
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.0.borrow().instance.as_ref()?.pid()
    }

    pub(super) fn started(&self, instance: Arc<dyn Instance>) {
        self.0.send_modify(|phase| {
            phase.state = NodeState::Starting;
            phase.instance = Some(instance);
            phase.ending = None;
        });
    }

    /// Marks the node as ready if it still runs. False if it has ended.
    pub(super) fn settle(&self) -> bool {
        self.0.send_if_modified(|phase| {
            let runs = phase.state == NodeState::Starting;
            if runs {
                phase.state = NodeState::Ready;
                phase.readied += 1;
            }
            runs
        })
    }

    /// Announces that the running instance is about to be ended, and that its end will mean `meaning` instead of
    /// a death. Returns the instance, or `None` if nothing runs.
    pub(super) fn announce_end(&self, meaning: NodeState) -> Option<Arc<dyn Instance>> {
        let mut running = None;
        self.0.send_if_modified(|phase| {
            running = phase.instance.clone();
            phase.ending = running.is_some().then_some(meaning);
            false
        });
        running
    }

    /// Records the end of the running instance. `may_end` is true for a node that runs once: status 0 is no death.
    pub(super) fn ended(&self, exit: &NodeExit, may_end: bool) {
        self.0.send_modify(|phase| {
            phase.instance = None;
            let own = || match exit {
                NodeExit::Status(0) if may_end => NodeState::Done,
                other => NodeState::Died(other.to_string()),
            };
            phase.state = phase.ending.take().unwrap_or_else(own);
        });
    }

    /// Waits for a state that satisfies `wanted`, and returns it.
    pub(super) async fn until(&self, wanted: impl Fn(&NodeState) -> bool) -> NodeState {
        self.wait(|phase| wanted(&phase.state)).await
    }

    /// Number of times that the node became ready so far.
    pub(super) fn readied(&self) -> u64 {
        self.0.borrow().readied
    }

    /// Waits until the node has become ready more often than this.
    pub(super) async fn ready_after(&self, times: u64) {
        self.wait(|phase| phase.readied > times).await;
    }

    /// Waits until no instance runs.
    pub(super) async fn gone(&self) {
        self.wait(|phase| phase.instance.is_none()).await;
    }

    async fn wait(&self, wanted: impl Fn(&Phase) -> bool) -> NodeState {
        let mut phases = self.0.subscribe();
        match phases.wait_for(wanted).await {
            Ok(phase) => phase.state.clone(),
            // The sender is `self`, so the channel cannot be closed here.
            Err(_) => self.state(),
        }
    }
}
