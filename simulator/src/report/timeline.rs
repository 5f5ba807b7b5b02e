//! The timeline of a run: requests, errors, latencies and faults on one axis of time.

use maud::{Markup, html};

use super::{
    plot::{Anchor, Scale, Size, area, fitting, line, number, path, px, text},
    words,
};
use crate::{
    scenario::{FaultReport, Report},
    steps::{OverTime, Part, Sample},
};

/// Marks of failed requests that are drawn.
const MARKS: usize = 400;
/// Lanes of faults that are drawn.
const LANES: usize = 40;

const PHASES: f64 = 20.0;
const TITLE: f64 = 26.0;
const RATES: f64 = 120.0;
const LATENCIES: f64 = 150.0;
const LANE: f64 = 34.0;
const AXIS: f64 = 40.0;

/// Draws the timeline in both sizes.
pub(super) fn figure(report: &Report) -> Markup {
    html! {
        @for size in Size::BOTH {
            (Chart::of(report, size).draw()) "\n"
        }
    }
}

/// The name of a percentile and its value in a part.
type Percentile = (&'static str, fn(&Part) -> u64);

struct Chart<'r> {
    report: &'r Report,
    size: Size,
    time: Scale,
    /// The left and right end of the axis of time.
    left: f64,
    right: f64,
    /// The top and bottom of each panel.
    rates: (f64, f64),
    latencies: (f64, f64),
    lanes: (f64, f64),
}

impl<'r> Chart<'r> {
    fn of(report: &'r Report, size: Size) -> Self {
        let (left, right) = match size {
            Size::Wide => (56.0, size.width() - 52.0),
            Size::Narrow => (44.0, size.width() - 40.0),
        };
        let over_time = &report.samples.over_time;
        let end = (over_time.parts.len() as u64 * over_time.width_ms).max(report.timeline.total_ms);
        let rates = (PHASES + TITLE, PHASES + TITLE + RATES);
        let latencies = (rates.1 + TITLE + 8.0, rates.1 + TITLE + 8.0 + LATENCIES);
        let top = latencies.1 + TITLE + 4.0;
        let count = lanes(report).len().min(LANES) + usize::from(!report.deaths.is_empty());
        Self {
            report,
            size,
            time: Scale::linear((0.0, end as f64), (left, right)),
            left,
            right,
            rates,
            latencies,
            lanes: (top, top + LANE * count.max(1) as f64),
        }
    }

    fn draw(&self) -> Markup {
        let (width, height) = (self.size.width(), self.lanes.1 + AXIS);
        html! {
            svg class=(self.size.class()) viewBox={ "0 0 " (width) " " (px(height)) } width=(width) height=(px(height))
                role="img" aria-label="requests, latencies and faults over time" {
                (self.phases()) "\n"
                (self.fault_bands())
                (self.rates()) "\n"
                (self.latencies()) "\n"
                (self.lanes()) "\n"
                (self.axis()) "\n"
                (self.hits())
            }
        }
    }

    fn over_time(&self) -> &'r OverTime {
        &self.report.samples.over_time
    }

    fn at_ms(&self, ms: u64) -> f64 {
        self.time.at(ms as f64)
    }

    /// The parts with the pixels at which each begins and ends.
    fn parts(&self) -> impl Iterator<Item = (f64, f64, &'r Part)> {
        let width_ms = self.over_time().width_ms;
        let parts = (0u64..).zip(&self.over_time().parts);
        parts.map(move |(n, part)| (self.at_ms(n * width_ms), self.at_ms((n + 1) * width_ms), part))
    }

    fn phases(&self) -> Markup {
        let phases = &self.report.timeline.phases;
        let ends = phases.iter().skip(1).map(|(_, at)| *at);
        let ends = ends.chain([self.report.timeline.total_ms]);
        html! {
            @for (number, ((phase, from), to)) in phases.iter().zip(ends).enumerate() {
                @let (left, right) = (self.at_ms(*from), self.at_ms(to));
                @let name = phase.to_string();
                @let title = format!("phase {name}: {} to {}", words::ms(*from), words::ms(to));
                @if number % 2 == 1 {
                    (area("band", (left, 0.0), (right, self.lanes.1), ""))
                }
                (area("phase", (left, 0.0), (right, PHASES - 2.0), &title))
                @if right - left > 7.0 * name.len() as f64 {
                    (text("phase-name", Anchor::Middle, (f64::midpoint(left, right), 13.0), &name))
                }
            }
        }
    }

    /// The time of each fault, behind the plots.
    fn fault_bands(&self) -> Markup {
        let total = self.report.timeline.total_ms;
        html! {
            @for (from, to) in self.report.faults.iter().filter_map(|fault| words::laid(fault, total)) {
                (area("laid", (self.at_ms(from), self.rates.0), (self.at_ms(to), self.lanes.1), ""))
            }
            @for death in &self.report.deaths {
                @let x = self.at_ms(death.at_ms);
                (line("death", (x, self.rates.0), (x, self.lanes.1)))
            }
            "\n"
        }
    }

    fn per_second(&self, count: u64) -> f64 {
        count as f64 * 1_000.0 / self.over_time().width_ms.max(1) as f64
    }

    fn rates(&self) -> Markup {
        let (top, bottom) = self.rates;
        let most = self.over_time().parts.iter().map(|part| part.requests).max();
        let scale = Scale::linear((0.0, self.per_second(most.unwrap_or(0))), (bottom, top));
        let title = match self.size {
            Size::Wide => "requests per second",
            Size::Narrow => "requests/s",
        };
        html! {
            (self.grid(scale, &scale.ticks(3), self.rates))
            @for (left, right, part) in self.parts().filter(|(.., part)| part.requests > 0) {
                @let failed = scale.at(self.per_second(part.errors));
                @let all = scale.at(self.per_second(part.requests));
                @let (left, right) = (left + 0.25, right - 0.25);
                @if part.requests > part.errors { (area("right", (left, all), (right, failed), "")) }
                @if part.errors > 0 { (area("failed", (left, failed), (right, bottom), "")) }
            }
            (text("title", Anchor::Start, (self.left, top - 9.0), title))
            (self.legend(top - 9.0))
            @if most.is_none() { (self.nothing("no requests", self.rates)) }
        }
    }

    fn legend(&self, y: f64) -> Markup {
        let (name, room) = match self.size {
            Size::Wide => ("answered right", 122.0),
            Size::Narrow => ("right", 64.0),
        };
        let failed = self.right - 52.0;
        let right = failed - room;
        html! {
            (area("right", (right, y - 9.0), (right + 10.0, y + 1.0), ""))
            (text("label", Anchor::Start, (right + 15.0, y), name))
            (area("failed", (failed, y - 9.0), (failed + 10.0, y + 1.0), ""))
            (text("label", Anchor::Start, (failed + 15.0, y), "failed"))
            @if self.size == Size::Wide {
                @let laid = right - 104.0;
                (area("laid", (laid, y - 9.0), (laid + 10.0, y + 1.0), ""))
                (text("label", Anchor::Start, (laid + 15.0, y), "fault laid"))
            }
        }
    }

    fn latencies(&self) -> Markup {
        let (top, bottom) = self.latencies;
        let failed = self.failed();
        let busy = || self.over_time().parts.iter().filter(|part| part.requests > 0);
        let in_ms = |us: u64| us as f64 / 1_000.0;
        let low = busy()
            .map(|part| part.p50_us)
            .min()
            .map_or(1.0, |us| in_ms(us).max(0.001));
        let marks = failed.iter().map(|sample| sample.latency_us());
        let high = busy().map(|part| part.p99_us).chain(marks).max().map_or(10.0, in_ms);
        let scale = Scale::logarithmic((low, high), (bottom, top));
        let lines: [Percentile; 3] = [
            ("p99", |part| part.p99_us),
            ("p95", |part| part.p95_us),
            ("p50", |part| part.p50_us),
        ];
        let ends = self.parts().filter(|(.., part)| part.requests > 0).last();
        html! {
            (self.grid(scale, &scale.ticks(4), self.latencies))
            (text("title", Anchor::Start, (self.left, top - 9.0), "latency in ms"))
            @if failed.is_empty() {} @else {
                (text("label", Anchor::End, (self.right, top - 9.0), "✕ failed request"))
            }
            @for (name, of) in lines {
                @let points = self.parts().map(|(left, right, part)| {
                    let y = scale.at(in_ms(of(part)));
                    (part.requests > 0).then_some((f64::midpoint(left, right), y))
                });
                path class={ (name) " line" } d=(path(points)) {}
            }
            @for sample in failed {
                (cross((self.time.at(in_ms(sample.intended_us)), scale.at(in_ms(sample.latency_us())))))
            }
            @if let Some((left, right, part)) = ends {
                @let x = f64::midpoint(left, right) + 6.0;
                @let ys = spread(lines.map(|(_, of)| scale.at(in_ms(of(part)))), top);
                @for ((name, _), y) in lines.iter().zip(ys) {
                    (text(name, Anchor::Start, (x, y + 4.0), name))
                }
            } @else {
                (self.nothing("no answers", self.latencies))
            }
        }
    }

    /// Failed requests that are marked: all, or some of each time if there are too many.
    fn failed(&self) -> Vec<&'r Sample> {
        let kept = self.report.samples.kept.iter();
        let failed: Vec<&Sample> = kept.filter(|sample| sample.failure.is_some()).collect();
        let every = failed.len().div_ceil(MARKS).max(1);
        failed.into_iter().step_by(every).collect()
    }

    fn lanes(&self) -> Markup {
        let (top, bottom) = self.lanes;
        let deaths = &self.report.deaths;
        let lanes = lanes(self.report);
        let shown = lanes.len().min(LANES);
        let title = match lanes.len() {
            more @ LANES.. if more > LANES => format!("faults, the first {LANES} of {more}"),
            _ if deaths.is_empty() => "faults".to_owned(),
            _ => "faults and deaths".to_owned(),
        };
        html! {
            (text("title", Anchor::Start, (self.left, top - 9.0), &title))
            (line("axis", (self.left, bottom), (self.right, bottom)))
            @for (number, lane) in lanes.iter().take(LANES).enumerate() {
                (self.lane(top + LANE * number as f64, lane))
            }
            @for death in deaths {
                @let (x, y) = (self.at_ms(death.at_ms), top + LANE * shown as f64);
                @let title = format!("{} died by itself at {}: {}", death.node, words::ms(death.at_ms), death.how);
                g { title { (title) } (cross((x, y + 24.0))) }
                (self.lane_name(x, y, &format!("{} died", death.node)))
            }
            @if shown == 0 && deaths.is_empty() { (self.nothing("none", self.lanes)) }
        }
    }

    fn lane(&self, y: f64, lane: &[&FaultReport]) -> Markup {
        let total = self.report.timeline.total_ms;
        let begin = lane
            .iter()
            .filter_map(|fault| words::laid(fault, total))
            .map(|(from, _)| from)
            .min();
        let (x, lower) = begin.map_or((self.left, 8.0), |from| (self.at_ms(from), 0.0));
        html! {
            @for fault in lane {
                @if let Some((from, to)) = words::laid(fault, total) {
                    @let (left, right) = (self.at_ms(from), self.at_ms(to).max(self.at_ms(from) + 2.0));
                    @let (name, outcome) = (words::fault(fault), words::outcome(fault));
                    @let title = format!("{name}, at journey {}: {outcome}", fault.at_journey);
                    (area("fault", (left, y + 18.0), (right, y + 30.0), &title))
                }
            }
            (self.lane_name(x, y + lower, &named(lane, total)))
        }
    }

    /// A text over the beginning of something, or before its end where there is no room after it.
    fn lane_name(&self, x: f64, y: f64, name: &str) -> Markup {
        let (before, after) = (x - self.left, self.right - x);
        let (anchor, room) = if before > after {
            (Anchor::End, before)
        } else {
            (Anchor::Start, after)
        };
        text("fault-name", anchor, (x, y + 14.0), &fitting(name, room + 30.0))
    }

    fn axis(&self) -> Markup {
        let y = self.lanes.1;
        let most = if self.size == Size::Wide { 10 } else { 5 };
        html! {
            @for tick in self.time.ticks(most) {
                @let x = self.time.at(tick);
                (line("axis", (x, y), (x, y + 5.0)))
                (text("tick", Anchor::Middle, (x, y + 18.0), &number(tick / 1_000.0)))
            }
            (text("label", Anchor::End, (self.right, y + 34.0), "seconds from the start of the run"))
        }
    }

    /// Lines across a panel, each with its value.
    fn grid(&self, scale: Scale, ticks: &[f64], (_, bottom): (f64, f64)) -> Markup {
        html! {
            @for tick in ticks {
                @let y = scale.at(*tick);
                (line("grid-line", (self.left, y), (self.right, y)))
                (text("tick", Anchor::End, (self.left - 6.0, y + 4.0), &number(*tick)))
            }
            (line("axis", (self.left, bottom), (self.right, bottom)))
        }
    }

    fn nothing(&self, what: &str, (top, bottom): (f64, f64)) -> Markup {
        let middle = (f64::midpoint(self.left, self.right), f64::midpoint(top, bottom) + 4.0);
        text("label", Anchor::Middle, middle, what)
    }

    /// Invisible areas, which say the figures of their time when the pointer rests on them.
    fn hits(&self) -> Markup {
        let width_ms = self.over_time().width_ms;
        html! {
            @for (number, (left, right, part)) in (0u64..).zip(self.parts()).filter(|(_, it)| it.2.requests > 0) {
                @let title = format!(
                    "{} to {}\n{:.0} requests/s, {:.0} failed/s\np50 {}, p95 {}, p99 {}",
                    words::ms(number * width_ms), words::ms((number + 1) * width_ms),
                    self.per_second(part.requests), self.per_second(part.errors),
                    words::us(part.p50_us), words::us(part.p95_us), words::us(part.p99_us),
                );
                (area("hit", (left, self.rates.0), (right, self.latencies.1), &title))
            }
        }
    }
}

/// The faults in lanes: those that do the same to the same, as a repeated one does, share one.
fn lanes(report: &Report) -> Vec<Vec<&FaultReport>> {
    let mut lanes: Vec<Vec<&FaultReport>> = Vec::new();
    for fault in &report.faults {
        let name = words::fault(fault);
        let own = |lane: &&mut Vec<&FaultReport>| lane.first().is_some_and(|first| words::fault(first) == name);
        match lanes.iter_mut().find(own) {
            Some(lane) => lane.push(fault),
            None => lanes.push(vec![fault]),
        }
    }
    lanes
}

/// The faults of a lane in words: how often, how long in all, and the traffic that they met.
fn named(lane: &[&FaultReport], total_ms: u64) -> String {
    let name = lane.first().map(|fault| words::fault(fault)).unwrap_or_default();
    let laid = lane.iter().filter_map(|fault| words::laid(fault, total_ms));
    let (times, length) = laid.fold((0, 0), |(times, all), (from, to)| {
        (times + 1, all + to.saturating_sub(from))
    });
    let mut parts = vec![match lane.len() {
        1 => name,
        several => format!("{name} ×{several}"),
    }];
    if times > 0 {
        parts.push(words::ms(length));
    }
    match lane.len() - times {
        0 => {}
        never if times > 0 => parts.push(format!("{never} never laid")),
        _ => parts.push("never laid".to_owned()),
    }
    let hits = words::hits(lane.iter().flat_map(|fault| &fault.traffic));
    parts.extend((!hits.is_empty()).then_some(hits));
    parts.join(", ")
}

fn cross((x, y): (f64, f64)) -> Markup {
    let d = format!("M{} {}l6 6m0 -6l-6 6", px(x - 3.0), px(y - 3.0));
    html! { path class="cross" d=(d) {} }
}

/// Places of labels, from the top of a panel down, moved apart until none covers another.
fn spread(mut ys: [f64; 3], top: f64) -> [f64; 3] {
    const APART: f64 = 13.0;
    let mut least = top;
    for y in &mut ys {
        *y = y.max(least);
        least = *y + APART;
    }
    ys
}
