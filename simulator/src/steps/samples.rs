use serde::Serialize;

/// The purposes of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Before the journeys.
    Setup,
    /// A step of a journey.
    Journey,
    /// Observation of the system, for a table.
    Observe,
}

/// The requests of a run: figures of all, and single ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Samples {
    /// Figures of the requests of setup and journeys, all together.
    pub load: RequestFigures,
    /// Figures of each step, in the order of their first requests.
    pub steps: Vec<StepSamples>,
    /// Figures over time of the requests of setup and journeys.
    pub over_time: OverTime,
    /// Requests that are counted in all figures but not kept one by one.
    pub left_out: u64,
    /// Requests one by one, in the order of their intended starts: all, or else the first 20,000 failures, the 100
    /// slowest, and a sample of 100,000.
    #[serde(skip)]
    pub kept: Vec<Sample>,
}

/// Figures of the requests of one step to one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepSamples {
    /// The reason why they are sent.
    pub purpose: Purpose,
    /// The name of the step, or of the table of an observation.
    pub step: String,
    /// The role that was asked.
    pub role: String,
    /// The node that plays the role.
    pub node: String,
    /// The method.
    pub method: String,
    /// The path as the file has it, before its names are filled in.
    pub path: String,
    /// Figures of the requests.
    #[serde(flatten)]
    pub figures: RequestFigures,
}

/// Figures of some requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RequestFigures {
    /// Requests sent, repeats included.
    pub count: u64,
    /// Requests without an answer, or with a status that is not right.
    pub errors: u64,
    /// Requests that were sent because the one before had no answer, or one that asked for it.
    pub repeats: u64,
    /// The latency that half of the requests did not exceed, in microseconds, as all latencies here from the intended
    /// start to the end of the answer.
    pub p50_us: u64,
    /// The latency that 95 % did not exceed, with an error below 1 %.
    pub p95_us: u64,
    /// The latency that 99 % did not exceed, with an error below 1 %.
    pub p99_us: u64,
    /// The longest latency.
    pub max_us: u64,
}

/// Figures over time, in parts of equal length.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OverTime {
    /// The length of each part, in milliseconds.
    pub width_ms: u64,
    /// The parts from the start of the run, the empty ones too.
    pub parts: Vec<Part>,
}

/// Figures of the requests that were to start within one part of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Requests, repeats included.
    pub requests: u64,
    /// Requests without an answer, or with a status that is not right.
    pub errors: u64,
    /// The latency that half of the requests did not exceed, in microseconds.
    pub p50_us: u64,
    /// The latency that 95 % did not exceed.
    pub p95_us: u64,
    /// The latency that 99 % did not exceed.
    pub p99_us: u64,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// The index of its step in [`Samples::steps`].
    pub step: usize,
    /// The path that was asked.
    pub path: String,
    /// The journey that it belongs to.
    pub journey: Option<u64>,
    /// The number of the attempt within its step, from 1.
    pub attempt: u64,
    /// The moment when it was to be sent, in microseconds from the start of the run.
    pub intended_us: u64,
    /// The moment when it was sent.
    pub start_us: u64,
    /// The moment when the answer was there, or the wait for it over.
    pub end_us: u64,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The reason why it was no right answer, for people.
    pub failure: Option<String>,
    /// The id of the request, as the nodes know it.
    pub request_id: String,
    /// The id of its trace, as the nodes know it.
    pub trace_id: String,
}

impl Sample {
    /// The time from the intended start to the end of the answer, in microseconds.
    pub fn latency_us(&self) -> u64 {
        self.end_us.saturating_sub(self.intended_us)
    }
}
