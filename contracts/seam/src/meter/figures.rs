use serde::{Deserialize, Serialize};

/// The figures of a process since it started: everything that `seam score` asks of it. In JSON they are what a route
/// `GET /meters` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessFigures {
    /// The modules that run in the process, in the order in which they were mounted.
    pub modules: Vec<ModuleFigures>,
    /// The meters, in the order in which they were made.
    pub meters: Vec<MeterFigures>,
}

/// The work of one module: requests from outside of the process, and events that it follows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleFigures {
    /// The name of the module.
    pub module: String,
    /// The number of requests that were answered.
    pub requests: u64,
    /// The number of events that were handled, or tried.
    pub events: u64,
    /// The time of these requests and events, all together, with the time in which the module waited for others.
    pub busy_ns: u64,
}

/// The calls of one caller to one contract.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterFigures {
    /// The name of the module that calls.
    pub from: String,
    /// The name of the contract that is called.
    pub to: String,
    /// The number of requests from outside that made at least one of these calls: different request ids, without a
    /// causation.
    pub requests: u64,
    /// The number of events whose handling made at least one of these calls: different request ids, with a causation.
    pub events: u64,
    /// The most calls that one request or event made.
    pub most: u64,
    /// The number of calls on behalf of no request and no event, such as those of a worker.
    pub on_own_account: u64,
    /// The figures of each method, in the order of the trait.
    pub methods: Vec<MethodFigures>,
}

/// The calls to one method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodFigures {
    /// The name of the method.
    pub method: String,
    /// The number of calls that were begun.
    pub calls: u64,
    /// The number of calls that returned a value.
    pub values: u64,
    /// The number of calls that were refused with a domain error.
    pub domain_errors: u64,
    /// The number of calls that ended without an answer.
    pub transport: u64,
    /// The number of calls that panicked.
    pub panics: u64,
    /// The number of calls that their caller gave up.
    pub given_up: u64,
    /// The time of the calls that ended with a reply.
    pub time: TimeFigures,
    /// The number of calls whose size was measured.
    pub sampled: u64,
    /// The size of the arguments of these calls in JSON, all together.
    pub argument_bytes: u64,
    /// The size of the replies to these calls in JSON, all together.
    pub reply_bytes: u64,
    /// The number of replies that were written as JSON and read back.
    pub checked: u64,
    /// The number of these that can't be written or read, or came back as something else: they cannot cross a wire.
    pub cannot_cross: u64,
}

/// Times of calls. Percentiles are never too small, and too large by less than 1 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeFigures {
    /// The number of calls.
    pub count: u64,
    /// The time of all of them.
    pub sum_ns: u64,
    /// The longest time.
    pub max_ns: u64,
    /// The time that half of them do not exceed.
    pub p50_ns: u64,
    /// The time that 99 of 100 do not exceed.
    pub p99_ns: u64,
}

impl MeterFigures {
    /// The number of calls to all methods.
    pub fn calls(&self) -> u64 {
        self.methods.iter().map(|method| method.calls).sum()
    }

    /// The time of all calls that ended with a reply.
    pub fn time_ns(&self) -> u64 {
        self.methods.iter().map(|method| method.time.sum_ns).sum()
    }
}
