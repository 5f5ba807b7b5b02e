use std::{cell::Cell, collections::BTreeMap, future::Future, pin::pin, time::Duration};

use futures::{
    StreamExt,
    future::{Either, ready, select},
    stream,
};
use tokio::sync::watch;

use super::{
    Event, InvariantReport, Row, Scenario, Verdict,
    journey::{Journey, travel},
    plan::Stop,
    timekeeper::Timekeeper,
};
use crate::steps::{Client, Errand, World};

/// The journeys of a run.
pub(super) struct Journeys<'a> {
    /// Journeys are begun while it is true; without it, as many as the scenario says.
    pub(super) goes_on: Option<&'a Cell<bool>>,
    pub(super) scenario: &'a Scenario,
    pub(super) world: &'a dyn World,
    pub(super) client: &'a Client<'a>,
    pub(super) time: &'a Timekeeper<'a>,
    pub(super) seed: u64,
}

impl Journeys<'_> {
    /// Takes all journeys, or runs the program that is there in their place. `started` gets the number of those that
    /// were started; it is dropped with the last, so that faults still waiting learn that their moment will not come.
    pub(super) async fn run(&self, started: watch::Sender<u64>) -> (Vec<Journey>, Option<InvariantReport>) {
        if let Some(errand) = &self.scenario.command {
            return (Vec::new(), Some(self.command(errand, &started).await));
        }
        let count = self.goes_on.map_or(self.scenario.workload.count, |_| u64::MAX);
        let begun = self.world.now();
        let (mut over, mut failed) = (0, 0);
        let mut journeys: Vec<Journey> = stream::iter(1..=count)
            .take_while(|_| ready(self.goes_on.is_none_or(Cell::get)))
            .map(|number| self.one(number, begun, &started))
            .buffer_unordered(self.scenario.workload.concurrency)
            .inspect(|journey| {
                over += 1;
                failed += u64::from(journey.failure.is_some());
                let (requests, errors) = self.client.errors();
                self.time.report(&Event::Journeys {
                    over,
                    of: count,
                    failed,
                    requests,
                    errors,
                });
                self.stop_if_hopeless(failed);
            })
            .collect()
            .await;
        journeys.sort_by_key(|journey| journey.number);
        (journeys, None)
    }

    /// Runs the program that is the workload. It must end with status 0.
    async fn command(&self, errand: &Errand, started: &watch::Sender<u64>) -> InvariantReport {
        started.send_replace(1);
        let mut errand = errand.clone();
        errand.env.push(("SEAM_SEED".to_owned(), self.seed.to_string()));
        let ended = match select(self.world.run(&errand), pin!(self.client.given_up())).await {
            Either::Left((ended, _)) => ended,
            Either::Right((reason, _)) => Err(format!("it was killed, since the run was given up: {reason}")),
        };
        let evidence = ended
            .err()
            .map(|reason| Row::from_iter([("reason".to_owned(), reason.into())]));
        InvariantReport {
            name: "the workload ends with status 0".to_owned(),
            verdict: if evidence.is_some() {
                Verdict::Fail
            } else {
                Verdict::Pass
            },
            checked: 1,
            figures: BTreeMap::new(),
            violations: usize::from(evidence.is_some()),
            evidence: evidence.into_iter().collect(),
        }
    }

    async fn one(&self, number: u64, begun: Duration, started: &watch::Sender<u64>) -> Journey {
        let intended = match self.scenario.workload.rate {
            Some(rate) => begun + nth_start(number, rate),
            None => self.world.now(),
        };
        let early = intended.saturating_sub(self.world.now());
        if !early.is_zero() {
            // A journey of a run that is lost fails at its first step.
            unless_lost(self.client, self.world.pause(early)).await;
        }
        // Those that wait for their moment side by side may be woken in another order.
        started.send_if_modified(|last| {
            let later = number > *last;
            *last = number.max(*last);
            later
        });
        travel(self.scenario, self.client, (self.seed, number), intended).await
    }

    fn stop_if_hopeless(&self, failed: u64) {
        let (requests, errors) = self.client.errors();
        for stop in &self.scenario.stops {
            match *stop {
                Stop::FailedJourneys(enough) if failed >= enough => {
                    self.client.give_up(&format!("{enough} journeys failed"));
                }
                Stop::Errors { above, after } if requests >= after && share(errors, requests) > above => {
                    self.client.give_up(&format!(
                        "{errors} of {requests} requests failed, more than the share of {above} at which it stops"
                    ));
                }
                Stop::FailedJourneys(_) | Stop::Errors { .. } => {}
            }
        }
    }
}

/// Waits, at most until the run is lost.
async fn unless_lost(client: &Client<'_>, wait: impl Future<Output = ()>) {
    if let Either::Left(((), _)) = select(pin!(wait), pin!(client.given_up())).await {}
}

/// The time from the first start to that of a journey, at so many starts in a second.
#[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^52 journeys")]
fn nth_start(number: u64, rate: f64) -> Duration {
    Duration::try_from_secs_f64(number.saturating_sub(1) as f64 / rate).unwrap_or(Duration::MAX)
}

/// A part of a whole, which is more than nothing.
#[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^52 requests")]
pub(super) fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}
