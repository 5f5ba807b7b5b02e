use std::fmt;

/// A history of concurrent callers that has no explanation, or for which none was found in time.
#[derive(Clone, Debug)]
pub struct ConcurrentCounterexample {
    /// The name of the suite.
    pub suite: String,
    /// The name of the subject.
    pub subject: String,
    /// The seed of all draws. The order in which callers come to turn does not derive from it.
    pub seed: u64,
    /// The number of the case, from 0.
    pub case: u64,
    /// The smallest part of the history without an explanation, with a lane for each caller.
    pub lanes: String,
    /// The calls of that part, and those that led there, in the order in which they were made.
    pub calls: Vec<ConcurrentCall>,
    /// The command that runs the case again.
    pub replay: String,
}

/// A call of a recorded history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConcurrentCall {
    /// The position in the history, which is its number in the lanes.
    pub number: usize,
    /// The number of the caller, from 0.
    pub caller: usize,
    /// The name of the method.
    pub method: &'static str,
    /// The arguments, as JSON.
    pub arguments: String,
    /// The reply, as JSON; `None` if the call may have happened or not.
    pub reply: Option<String>,
    /// The part of the history that the call belongs to.
    pub part: Part,
}

/// A part of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The calls of [`Suite::setup`](crate::equivalence::Suite::setup).
    Setup,
    /// The calls that were answered before the part in the lanes begins, and lead to its first state.
    Before,
    /// The calls in the lanes.
    Shown,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Setup => "setup",
            Self::Before => "before",
            Self::Shown => "shown",
        })
    }
}

impl fmt::Display for ConcurrentCounterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { suite, subject, .. } = self;
        let (case, seed) = (self.case, self.seed);
        writeln!(
            f,
            "{suite}: the replies to callers of {subject:?} in case {case} are not linearizable\n\n{}\n\n\
             the calls shown, and those that led there, in the order in which they were made:",
            self.lanes
        )?;
        for call in &self.calls {
            writeln!(f, "  {call}")?;
        }
        write!(
            f,
            "\nseed {seed}, case {case}\nreplay (several times, as callers come to turn differently): {}",
            self.replay
        )
    }
}

impl fmt::Display for ConcurrentCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            number,
            caller,
            method,
            arguments,
            part,
            ..
        } = self;
        let reply = self
            .reply
            .as_deref()
            .unwrap_or("no answer, it may have happened or not");
        write!(
            f,
            "{part:6}  #{number} caller {caller}: {method} {arguments} -> {reply}"
        )
    }
}
