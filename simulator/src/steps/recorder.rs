use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    time::Duration,
};

use seam::Histogram;
use seam::chance::draw;

use super::{Purpose, Request, RequestFigures, Sample, Samples, StepSamples, buckets::Buckets, window::Window};

/// Right answers that are kept one by one; of more, a sample.
const KEPT: usize = 100_000;
/// Failures that are kept one by one, the first of them.
const KEPT_FAILURES: usize = 20_000;
/// The slowest right answers that are kept beside the sample.
const KEPT_SLOWEST: usize = 100;

/// The occasion of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) purpose: Purpose,
    /// The step, or the table of an observation.
    pub(crate) name: &'a str,
    /// The path as the file has it, before its names are filled in.
    pub(crate) path: &'a str,
    pub(crate) journey: Option<u64>,
    /// The moment at which it should be sent, on the world's clock: a wait before that counts as latency.
    pub(crate) intended: Duration,
}

/// One request as its client saw it; moments are on the world's clock.
pub(super) struct Observed<'a> {
    pub(super) origin: &'a Origin<'a>,
    pub(super) role: &'a str,
    pub(super) request: &'a Request,
    pub(super) attempt: u64,
    /// Sent because the request before failed.
    pub(super) is_repeat: bool,
    pub(super) intended: Duration,
    pub(super) start: Duration,
    pub(super) end: Duration,
    pub(super) status: Option<u16>,
    pub(super) failure: Option<String>,
    pub(super) request_id: String,
    pub(super) trace_id: String,
}

/// Records the requests of a run within bounds.
pub(super) struct Recorder {
    /// The start of the run, on the world's clock.
    begun: Duration,
    steps: Vec<Step>,
    known: BTreeMap<(Purpose, String, String), usize>,
    buckets: Buckets,
    total: u64,
    right: u64,
    kept: Vec<Sample>,
    failures: Vec<Sample>,
    slowest: BinaryHeap<Reverse<BySlowness>>,
    windows: Vec<Window>,
}

struct Step {
    /// Without percentiles.
    counted: StepSamples,
    latencies: Histogram,
}

impl Step {
    fn figures(&self) -> RequestFigures {
        with_percentiles(self.counted.figures, &self.latencies)
    }
}

fn with_percentiles(counted: RequestFigures, latencies: &Histogram) -> RequestFigures {
    RequestFigures {
        p50_us: latencies.percentile(50),
        p95_us: latencies.percentile(95),
        p99_us: latencies.percentile(99),
        max_us: latencies.max(),
        ..counted
    }
}

impl Recorder {
    /// A recorder of a run that begins at this moment on the world's clock.
    pub(super) fn new(begun: Duration) -> Self {
        Self {
            begun,
            steps: Vec::new(),
            known: BTreeMap::new(),
            buckets: Buckets::default(),
            total: 0,
            right: 0,
            kept: Vec::new(),
            failures: Vec::new(),
            slowest: BinaryHeap::new(),
            windows: Vec::new(),
        }
    }

    /// Records a request; `node` tells the node that plays its role.
    pub(super) fn record(&mut self, observed: Observed<'_>, node: impl FnOnce() -> String) {
        let step = self.step(&observed, node);
        let micros = |moment: Duration| micros(moment.saturating_sub(self.begun));
        let sample = Sample {
            step,
            path: observed.request.path.clone(),
            journey: observed.origin.journey,
            attempt: observed.attempt,
            intended_us: micros(observed.intended),
            start_us: micros(observed.start),
            end_us: micros(observed.end),
            status: observed.status,
            failure: observed.failure,
            request_id: observed.request_id,
            trace_id: observed.trace_id,
        };
        let (latency, failed) = (sample.latency_us(), sample.failure.is_some());
        self.total += 1;
        if let Some(step) = self.steps.get_mut(step) {
            let counted = &mut step.counted.figures;
            counted.count += 1;
            counted.errors += u64::from(failed);
            counted.repeats += u64::from(observed.is_repeat);
            step.latencies.add(latency);
            if step.counted.purpose == Purpose::Journey {
                let begun = self.begun;
                let since = |moment: Duration| moment.saturating_sub(begun);
                let ends = (since(observed.intended), since(observed.end));
                let name = &step.counted.step;
                self.windows
                    .iter_mut()
                    .for_each(|window| window.add(name, ends, latency, failed));
            }
        }
        if observed.origin.purpose != Purpose::Observe {
            self.buckets.add(sample.intended_us, latency, failed);
        }
        self.keep(sample);
    }

    /// The requests so far.
    pub(super) fn samples(&self) -> Samples {
        let slowest = self.slowest.iter().map(|Reverse(BySlowness(sample))| sample);
        let kept = self.kept.iter().chain(&self.failures).chain(slowest);
        let mut kept: Vec<Sample> = kept.cloned().collect();
        kept.sort_by_key(|sample| (sample.intended_us, sample.start_us));
        let summary = |step: &Step| StepSamples {
            figures: step.figures(),
            ..step.counted.clone()
        };
        Samples {
            load: self.load(),
            steps: self.steps.iter().map(summary).collect(),
            over_time: self.buckets.over_time(),
            left_out: self.total.saturating_sub(kept.len() as u64),
            kept,
        }
    }

    /// The latencies of all requests of the journeys, of one step or of every step.
    pub(super) fn latencies(&self, step: Option<&str>) -> Histogram {
        let mut latencies = Histogram::default();
        let is_meant =
            |counted: &StepSamples| counted.purpose == Purpose::Journey && step.is_none_or(|step| counted.step == step);
        for step in self.steps.iter().filter(|step| is_meant(&step.counted)) {
            latencies.merge(&step.latencies);
        }
        latencies
    }

    /// Adds a window, and returns its number.
    pub(super) fn watch(&mut self, window: Window) -> usize {
        self.windows.push(window);
        self.windows.len() - 1
    }

    /// The window of this number.
    pub(super) fn window(&mut self, number: usize) -> Option<&mut Window> {
        self.windows.get_mut(number)
    }

    /// The time from the start of the run to a moment on the world's clock.
    pub(super) fn since_start(&self, moment: Duration) -> Duration {
        moment.saturating_sub(self.begun)
    }

    fn load(&self) -> RequestFigures {
        let mut counted = RequestFigures::default();
        let mut latencies = Histogram::default();
        for step in self.steps.iter().filter(|it| it.counted.purpose != Purpose::Observe) {
            let own = step.counted.figures;
            counted.count += own.count;
            counted.errors += own.errors;
            counted.repeats += own.repeats;
            latencies.merge(&step.latencies);
        }
        with_percentiles(counted, &latencies)
    }

    fn step(&mut self, observed: &Observed<'_>, node: impl FnOnce() -> String) -> usize {
        let Origin {
            purpose, name, path, ..
        } = *observed.origin;
        let key = (purpose, name.to_owned(), observed.role.to_owned());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let counted = StepSamples {
            purpose,
            step: name.to_owned(),
            role: observed.role.to_owned(),
            node: node(),
            method: observed.request.method.clone(),
            path: path.to_owned(),
            figures: RequestFigures::default(),
        };
        self.steps.push(Step {
            counted,
            latencies: Histogram::default(),
        });
        let index = self.steps.len() - 1;
        self.known.insert(key, index);
        index
    }

    /// Keeps a request or lets another go for it.
    fn keep(&mut self, sample: Sample) {
        if sample.failure.is_some() {
            if self.failures.len() < KEPT_FAILURES {
                self.failures.push(sample);
            }
            return;
        }
        self.right += 1;
        if self.kept.len() < KEPT {
            self.kept.push(sample);
            return;
        }
        // Each right answer has the same chance to be in the sample (algorithm R), and the same run keeps the same.
        let place = usize::try_from(draw(0, "steps/sample", self.right) % self.right).unwrap_or(usize::MAX);
        let gone = match self.kept.get_mut(place) {
            Some(other) => std::mem::replace(other, sample),
            None => sample,
        };
        self.slowest.push(Reverse(BySlowness(gone)));
        if self.slowest.len() > KEPT_SLOWEST {
            self.slowest.pop();
        }
    }
}

/// A request in the order of latencies.
struct BySlowness(Sample);

impl PartialEq for BySlowness {
    fn eq(&self, other: &Self) -> bool {
        self.0.latency_us() == other.0.latency_us()
    }
}

impl Eq for BySlowness {}

impl PartialOrd for BySlowness {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for BySlowness {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.latency_us().cmp(&other.0.latency_us())
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(recorder: &mut Recorder, name: &str, at_ms: u64, took_ms: u64, failure: Option<&str>) {
        let at = Duration::from_millis(1_000 + at_ms);
        let origin = Origin {
            purpose: Purpose::Journey,
            name,
            path: "/orders/${id}",
            journey: Some(7),
            intended: at,
        };
        let observed = Observed {
            origin: &origin,
            role: "shop",
            request: &Request::get("/orders/4".to_owned()),
            attempt: 1,
            is_repeat: failure.is_some(),
            intended: at,
            start: at,
            end: at + Duration::from_millis(took_ms),
            status: Some(200),
            failure: failure.map(str::to_owned),
            request_id: String::new(),
            trace_id: String::new(),
        };
        recorder.record(observed, || "corner-shop".to_owned());
    }

    #[test]
    fn every_request_counts_and_what_is_kept_is_bounded_but_has_every_failure_and_the_slowest() {
        let mut recorder = Recorder::new(Duration::from_secs(1));
        let all = 3 * KEPT as u64;
        let slow = |n: u64| n % 30_011 == 17;
        for n in 0..all {
            record(
                &mut recorder,
                "read",
                n / 100,
                if slow(n) { 900 + n / 30_011 } else { n % 5 },
                None,
            );
            if n % 1_000 == 0 {
                record(&mut recorder, "write", n / 100, 3, Some("no answer"));
            }
        }
        let samples = recorder.samples();

        let [read, write] = samples.steps.as_slice() else {
            panic!("{:?}", samples.steps)
        };
        let (load, read, write) = (samples.load, read.figures, write.figures);
        assert_eq!((load.count, load.errors, load.max_us), (all + 300, 300, read.max_us));
        assert_eq!((read.count, read.errors, read.repeats), (all, 0, 0));
        assert_eq!((write.count, write.errors, write.repeats), (300, 300, 300));
        assert_eq!((read.p50_us / 1_000, read.max_us / 1_000), (2, 909));
        assert_eq!(samples.kept.len(), KEPT + 300 + KEPT_SLOWEST);
        assert_eq!(samples.left_out + samples.kept.len() as u64, all + 300);
        assert_eq!(samples.kept.iter().filter(|it| it.failure.is_some()).count(), 300);
        let slowest = samples.kept.iter().filter(|it| it.latency_us() >= 900_000).count() as u64;
        assert_eq!(slowest, (0..all).filter(|n| slow(*n)).count() as u64);
        // A sample of the whole run, not its beginning.
        let late = samples.kept.iter().filter(|it| it.start_us > 1_500_000).count();
        assert!((45_000..56_000).contains(&late), "{late} of the later half");
        let counted: u64 = samples.over_time.parts.iter().map(|part| part.requests).sum();
        assert_eq!(counted, all + 300);
    }

    #[test]
    fn latencies_are_of_all_requests_though_some_are_not_kept_one_by_one() {
        let mut recorder = Recorder::new(Duration::from_secs(1));
        let (right, failed) = (KEPT as u64 + 20_000, 3 * KEPT_FAILURES as u64);
        for n in 0..right {
            record(&mut recorder, "order", n, 1, None);
        }
        for n in 0..failed {
            record(&mut recorder, "order", n, 5_000, Some("no answer"));
        }
        record(&mut recorder, "look", 0, 9_000, None);

        let orders = recorder.latencies(Some("order"));

        assert_eq!(orders.count(), right + failed);
        let millis = |rank| orders.at(rank) / 1_000;
        // Of those that are kept, failures are one in six only.
        assert_eq!((millis(right), millis(right + 1)), (1, 5_000));
        let all = recorder.latencies(None);
        assert_eq!((all.count(), all.max() / 1_000), (right + failed + 1, 9_000));
    }

    #[test]
    fn a_wait_before_the_start_counts_as_latency() {
        let mut recorder = Recorder::new(Duration::ZERO);
        let origin = Origin {
            purpose: Purpose::Observe,
            name: "orders",
            path: "/orders",
            journey: None,
            intended: Duration::from_millis(10),
        };
        let observed = Observed {
            origin: &origin,
            role: "shop",
            request: &Request::get("/orders".to_owned()),
            attempt: 1,
            is_repeat: false,
            intended: Duration::from_millis(10),
            start: Duration::from_millis(60),
            end: Duration::from_millis(61),
            status: Some(200),
            failure: None,
            request_id: String::new(),
            trace_id: String::new(),
        };
        recorder.record(observed, || "corner-shop".to_owned());

        let samples = recorder.samples();
        assert_eq!(
            (samples.kept[0].latency_us(), samples.steps[0].figures.max_us),
            (51_000, 51_000)
        );
        assert_eq!(samples.over_time.parts, [], "observations are no load");
    }
}
