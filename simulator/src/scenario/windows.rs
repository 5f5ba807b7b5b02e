use super::{
    Scenario,
    check::{During, How},
};
use seam::Histogram;

use crate::steps::{Client, Edge};

/// The parts of the run that single claims look at, opened and closed as phases begin and faults come and go.
pub(super) struct Windows<'a> {
    client: &'a Client<'a>,
    all: Vec<Watched<'a>>,
}

/// The part that one claim looks at.
struct Watched<'a> {
    /// The claim, by its number from 0.
    check: usize,
    during: &'a During,
    /// The window at the client.
    window: usize,
}

impl<'a> Windows<'a> {
    /// Opens those that begin with the run.
    pub(super) fn new(scenario: &'a Scenario, client: &'a Client<'a>) -> Self {
        let watched = |(check, claim): (usize, &'a super::Check)| {
            let during = claim.during.as_ref()?;
            let step = match &claim.how {
                How::Latency { step, .. } | How::Errors { step, .. } => step.as_deref(),
                How::Probe { .. } | How::Log { .. } | How::Command(_) => None,
            };
            let edge = match during {
                During::Steady | During::Healed(..) => Edge::Ended,
                During::Faults | During::Fault(_) => Edge::Started,
            };
            let window = client.watch(step, edge);
            Some(Watched { check, during, window })
        };
        let all: Vec<Watched<'a>> = scenario.checks.iter().enumerate().filter_map(watched).collect();
        for it in all.iter().filter(|it| *it.during == During::Steady) {
            client.open(it.window, std::time::Duration::ZERO);
        }
        Self { client, all }
    }

    /// Notes that a fault is about to be laid.
    pub(super) fn faults_begin(&self) {
        for it in &self.all {
            match it.during {
                During::Steady => self.client.close(it.window),
                During::Faults => self.client.open(it.window, std::time::Duration::ZERO),
                During::Fault(_) | During::Healed(..) => {}
            }
        }
    }

    /// Notes that the fault of this name was laid.
    pub(super) fn laid(&self, fault: &str) {
        for it in &self.all {
            match it.during {
                During::Fault(name) if name == fault => self.client.open(it.window, std::time::Duration::ZERO),
                // What is wanted comes after its last laying.
                During::Healed(name, _) if name == fault => self.client.forget(it.window),
                _ => {}
            }
        }
    }

    /// Notes that the fault of this name was lifted.
    pub(super) fn lifted(&self, fault: &str) {
        for it in &self.all {
            match it.during {
                During::Fault(name) if name == fault => self.client.close(it.window),
                During::Healed(name, after) if name == fault => self.client.open(it.window, *after),
                _ => {}
            }
        }
    }

    /// The latencies of the requests that a claim is about, and the number of those that failed; `None` for a claim
    /// about the whole run.
    pub(super) fn seen_by(&self, check: usize) -> Option<(Histogram, u64)> {
        let it = self.all.iter().find(|it| it.check == check)?;
        Some(self.client.counted(it.window))
    }
}
