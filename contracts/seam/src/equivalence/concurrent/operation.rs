/// One call of a recorded history, and what came of it.
///
/// Times are ticks of one counter that all callers share: each call and each answer takes the next one. Where two are equal
/// all the same, neither is taken to be the earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<C, R> {
    /// Who called. A label for the reader: a caller may go on while a call of its own is still open.
    pub caller: usize,
    /// When the call was made.
    pub invoked: u64,
    /// What was called for.
    pub call: C,
    /// What came of it.
    pub answer: Answer<R>,
}

/// What a caller heard of its call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<R> {
    /// An answer: by then the call had taken effect.
    Came {
        /// When it came, not before the call.
        at: u64,
        /// What it said.
        reply: R,
    },
    /// A timeout or a broken connection: the call may have taken effect, may still do so at any later time, or never.
    Unknown,
}

impl<C, R> Operation<C, R> {
    /// When the answer came, if one did.
    pub fn answered(&self) -> Option<u64> {
        match self.answer {
            Answer::Came { at, .. } => Some(at),
            Answer::Unknown => None,
        }
    }

    /// What the answer said, if one came.
    pub fn reply(&self) -> Option<&R> {
        match &self.answer {
            Answer::Came { reply, .. } => Some(reply),
            Answer::Unknown => None,
        }
    }
}
