use std::fmt::Debug;

/// The sequential object that the operations of a history should behave like: a model that handles one call
/// after another.
///
/// Test the model with a single caller first: a model that is wrong for one caller is wrong for several.
pub trait Specification {
    /// The calls that the object handles.
    type Call: Clone + Debug;
    /// The replies that it gives.
    type Reply: Clone + Debug + PartialEq;
    /// The state that it keeps between calls. Every configuration that a search visits holds one, so it should
    /// be small.
    type State: Clone + Debug + PartialEq;

    /// The state before the first operation.
    fn initial(&self) -> Self::State;

    /// Handles one call: changes `state` and returns the reply.
    ///
    /// Must be deterministic, and must treat equal states alike, because a search visits each equal state only once.
    fn apply(&self, state: &mut Self::State, call: &Self::Call) -> Self::Reply;

    /// Compares the reply `expected`, which [`apply`](Self::apply) returned, with the recorded reply `seen`.
    /// Equality by default.
    fn agrees(&self, expected: &Self::Reply, seen: &Self::Reply) -> bool {
        expected == seen
    }

    /// Marks calls that change no state, whatever the state is. None by default.
    ///
    /// The verdict does not depend on it. Searches get shorter, because they need not try at which moment a
    /// read takes effect. A search panics if the model changes its state on such a call.
    fn is_read(&self, call: &Self::Call) -> bool {
        let _ = call;
        false
    }

    /// The key of the object that `call` is about, for [`check_partitioned`](crate::check_partitioned). `None`
    /// by default.
    ///
    /// Give a key only if no call shows what was done under another key.
    fn partition(&self, call: &Self::Call) -> Option<String> {
        let _ = call;
        None
    }

    /// The budget of each search, in calls of [`apply`](Self::apply) plus a share for looking up visited
    /// configurations. 1,000,000 by default.
    ///
    /// It also bounds the number of states kept. A hundred operations, eight of them at a time, take thousands
    /// of steps if replies reveal the state, and tens of thousands if not. 1,000,000 steps take some seconds
    /// without optimisation.
    fn limit(&self) -> usize {
        1_000_000
    }
}
