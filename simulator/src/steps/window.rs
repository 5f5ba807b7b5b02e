use std::time::Duration;

use seam::Histogram;

/// The requests of journeys in a part of a run, which is told while the run goes on. Moments count from its start.
pub(crate) struct Window {
    /// The step whose requests are meant; all without one.
    step: Option<String>,
    edge: Edge,
    spans: Vec<Span>,
    latencies: Histogram,
    errors: u64,
}

/// The requests at the end of a window that belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// Those that were to start in it.
    Started,
    /// Those that ended in it too: what comes after it does not touch them.
    Ended,
}

struct Span {
    from: Duration,
    to: Option<Duration>,
}

impl Window {
    /// A window that is not open yet.
    pub(crate) fn new(step: Option<&str>, edge: Edge) -> Self {
        Self {
            step: step.map(str::to_owned),
            edge,
            spans: Vec::new(),
            latencies: Histogram::default(),
            errors: 0,
        }
    }

    /// Opens it at a moment, unless it is open.
    pub(super) fn open(&mut self, from: Duration) {
        if self.spans.last().is_none_or(|last| last.to.is_some()) {
            self.spans.push(Span { from, to: None });
        }
    }

    /// Closes it at a moment, if it is open.
    pub(super) fn close(&mut self, at: Duration) {
        if let Some(last) = self.spans.last_mut() {
            last.to.get_or_insert(at);
        }
    }

    /// Forgets everything: it has not been open yet.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.step.as_deref(), self.edge);
    }

    /// Counts a request, with its latency in microseconds, if it belongs here.
    pub(super) fn add(&mut self, step: &str, (intended, end): (Duration, Duration), latency_us: u64, failed: bool) {
        let last = match self.edge {
            Edge::Started => intended,
            Edge::Ended => end,
        };
        let holds = |span: &Span| span.from <= intended && span.to.is_none_or(|to| last <= to);
        if self.step.as_deref().is_none_or(|meant| meant == step) && self.spans.iter().rev().any(holds) {
            self.latencies.add(latency_us);
            self.errors += u64::from(failed);
        }
    }

    /// The latencies of its requests, and the number of those that failed.
    pub(super) fn counted(&self) -> (Histogram, u64) {
        (self.latencies.clone(), self.errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(window: &mut Window, intended: u64, end: u64) {
        let moment = Duration::from_millis;
        window.add("order", (moment(intended), moment(end)), end - intended, end % 2 == 1);
    }

    fn seen(window: &Window) -> (u64, u64) {
        let (latencies, errors) = window.counted();
        (latencies.count(), errors)
    }

    #[test]
    fn a_request_at_the_edge_belongs_to_a_window_by_its_start_or_by_both_ends() {
        for (edge, wanted) in [(Edge::Started, (3, 2)), (Edge::Ended, (2, 1))] {
            let mut window = Window::new(None, edge);
            at(&mut window, 5, 6);
            window.open(Duration::from_millis(10));
            window.open(Duration::from_millis(50));
            at(&mut window, 9, 12);
            at(&mut window, 10, 12);
            window.close(Duration::from_millis(20));
            window.close(Duration::from_millis(90));
            at(&mut window, 20, 31);
            at(&mut window, 21, 31);
            window.open(Duration::from_millis(40));
            at(&mut window, 40, 45);
            assert_eq!(seen(&window), wanted, "{edge:?}");
        }
    }

    #[test]
    fn a_window_has_the_requests_of_its_step_since_it_last_forgot() {
        let mut window = Window::new(Some("pay"), Edge::Started);
        window.open(Duration::ZERO);
        at(&mut window, 1, 2);
        assert_eq!(seen(&window), (0, 0));
        window.add("pay", (Duration::ZERO, Duration::ZERO), 7, false);
        assert_eq!(seen(&window), (1, 0));
        window.forget();
        window.add("pay", (Duration::ZERO, Duration::ZERO), 7, false);
        assert_eq!(seen(&window), (0, 0), "it is closed");
    }
}
