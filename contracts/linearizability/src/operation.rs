/// One call of a recorded history, with its response if one came.
///
/// Times are ticks of one counter that all callers share: each invocation and each response takes the next
/// tick. Of two equal times neither counts as the earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<C, R> {
    /// The number of the caller, for display. A caller may make further calls while one of its own is pending.
    pub caller: usize,
    /// The time of the invocation.
    pub invoked: u64,
    /// The call with its arguments.
    pub call: C,
    /// The response; `None` if the operation is pending. A pending call, after a timeout or a broken
    /// connection, may have taken effect, may do so at any later time, or never.
    pub response: Option<Response<R>>,
}

/// The end of a call. By then the call had taken effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response<R> {
    /// The time of the response, not before the invocation.
    pub at: u64,
    /// The reply that the caller saw.
    pub reply: R,
}

/// An operation with its index in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered<C, R> {
    /// The index in the history.
    pub number: usize,
    /// The operation as it was recorded.
    pub operation: Operation<C, R>,
}

impl<C, R> Operation<C, R> {
    /// The time of the response, if one came.
    pub fn answered(&self) -> Option<u64> {
        self.response.as_ref().map(|response| response.at)
    }

    /// The reply, if one came.
    pub fn reply(&self) -> Option<&R> {
        self.response.as_ref().map(|response| &response.reply)
    }
}

impl<C, R> Numbered<C, R> {
    /// The time of the response, if it came at `until` or before.
    pub fn answered_by(&self, until: u64) -> Option<u64> {
        self.operation.answered().filter(|at| *at <= until)
    }
}
