//! The steps of a rehearsal on an axis of time, with the share that the candidate answers.

use maud::{Markup, html};
use seam::launch::Dial;

use super::{
    plot::{Anchor, Scale, Size, area, fitting, line, px, text},
    words,
};
use crate::rehearsal::{Outcome, RehearsalReport};

const ROW: f64 = 22.0;
const SHARES: f64 = 90.0;
const TITLE: f64 = 26.0;
const AXIS: f64 = 24.0;

/// A bar of time: its name, its class, its beginning and its end in ms.
type Bar = (String, &'static str, u64, u64);

/// Draws the steps in both sizes.
pub(super) fn figure(report: &RehearsalReport) -> Markup {
    html! {
        @for size in Size::BOTH { (drawn(report, size)) "\n" }
    }
}

fn drawn(report: &RehearsalReport, size: Size) -> Markup {
    let bars = bars(report);
    let (left, right) = (46.0, size.width() - 12.0);
    let end = bars.iter().map(|bar| bar.3).max().unwrap_or(0).max(1);
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a run")]
    let time = Scale::linear((0.0, end as f64), (left, right));
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a run")]
    let at = |ms: u64| time.at(ms as f64);
    let share = Scale::linear((0.0, f64::from(Dial::BUCKETS)), (TITLE + SHARES, TITLE));
    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    let row = |number: usize| TITLE + SHARES + TITLE + ROW * number as f64;
    let (width, height) = (size.width(), row(bars.len()) + AXIS);
    html! {
        svg class=(size.class()) viewBox={ "0 0 " (width) " " (px(height)) } width=(width) height=(px(height))
            role="img" aria-label="steps of the rehearsal, and the share that the candidate answers, over time" {
            (text("title", Anchor::Start, (0.0, 14.0), "share of the keys that the candidate answers"))
            @for percent in [0u32, 50, 100] {
                @let y = share.at(f64::from(percent * 1_000));
                (line("grid", (left, y), (right, y)))
                (text("tick", Anchor::End, (left - 6.0, y + 4.0), &format!("{percent} %")))
            }
            @for step in &report.steps {
                @let y = share.at(f64::from(step.served.hundred_thousandths()));
                @let title = format!("{}: {} served", step.step, step.served);
                (area("right", (at(step.began_ms), y - 1.0), (at(step.ended_ms), TITLE + SHARES + 1.0), &title))
            }
            (text("title", Anchor::Start, (0.0, row(0) - 8.0), "steps and defects"))
            @for (number, (name, class, began, ended)) in bars.iter().enumerate() {
                @let (from, to) = (at(*began), at(*ended).max(at(*began) + 2.0));
                @let title = format!("{name}: {} to {}", words::ms(*began), words::ms(*ended));
                (area(class, (from, row(number) + 3.0), (to, row(number) + ROW - 3.0), &title))
                @let is_left = right - to > from - left;
                @let space = if is_left { right - to } else { from - left } - 12.0;
                @let (anchor, x) = if is_left { (Anchor::Start, to + 6.0) } else { (Anchor::End, from - 6.0) };
                (text("label", anchor, (x, row(number) + ROW - 7.0), &fitting(name, space)))
            }
            @for tick in time.ticks(6) {
                @let x = time.at(tick);
                (text("tick", Anchor::Middle, (x, height - 6.0), &format!("{:.0} s", tick / 1_000.0)))
            }
        }
    }
}

fn bars(report: &RehearsalReport) -> Vec<Bar> {
    let defects = report.defects.iter().map(|defect| {
        let class = if defect.caught { "fault" } else { "failed" };
        (
            format!("defect: {}", defect.name),
            class,
            defect.began_ms,
            defect.ended_ms,
        )
    });
    let steps = report.steps.iter().map(|step| {
        let class = match step.outcome {
            Outcome::Promoted | Outcome::WentBack => "right",
            Outcome::Held => "laid",
            Outcome::RolledBack | Outcome::Failed => "failed",
        };
        let again = if step.visit > 1 { " again" } else { "" };
        (
            format!("{}. {}{again}", step.number, step.step),
            class,
            step.began_ms,
            step.ended_ms,
        )
    });
    let kills = report.kills.iter().map(|kill| {
        let ready = kill.ready_ms.unwrap_or(kill.at_ms);
        (format!("killed {}", kill.node), "failed", kill.at_ms, ready)
    });
    let mut bars: Vec<Bar> = defects.chain(steps).chain(kills).collect();
    bars.sort_by_key(|bar| bar.2);
    bars
}
