use maud::{Markup, html};
use page::Tone;

use super::{
    judge::{Judgement, Verdict},
    process::Process,
    show,
};

/// Narrow screens scroll a wide table, not the page.
const STYLE: &str = ".wide { overflow-x: auto; } .reason { min-width: 14rem; }\n";

/// The judgements as a page.
pub(super) fn page(judgements: &[Judgement], process: Option<&Process>) -> String {
    let body = html! {
        p { (show::source(process)) }
        div class="wide" {
            table {
                tr {
                    th { "module" } th { "verdict" } th { "points" } th { "checks" } th { "calls per request" }
                    th { "bytes" } th { "time" } th { "a split adds" }
                }
                @for judged in judgements {
                    tr {
                        td { a href={ "#" (judged.module) } { (judged.module) } }
                        td class=(tone(judged.verdict)) { (judged.verdict.word()) }
                        @for figure in show::figures(judged) { td { (figure) } }
                    }
                }
            }
        }
        @for judged in judgements { (module(judged)) }
    };
    page::styled("Which module to take out", STYLE, body)
}

fn module(judged: &Judgement) -> Markup {
    html! {
        h2 id=(judged.module) {
            (judged.module) ": " span class=(tone(judged.verdict)) { (judged.verdict.word()) }
        }
        p { (judged.why) }
        div class="wide" {
            table {
                tr { th { "aspect" } th { "points" } th { "splits" } th class="reason" { "reason" } }
                @for aspect in &judged.aspects {
                    tr {
                        td { (aspect.aspect) }
                        td { @if let Some(points) = aspect.points { (points) } }
                        td { @if let Some(splits) = aspect.splits { @if splits { "yes" } @else { "no" } } }
                        td { (aspect.reason) }
                    }
                }
            }
        }
    }
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Extract => Tone::Good,
        Verdict::Stay => Tone::Muted,
        Verdict::BatchFirst | Verdict::Inconclusive => Tone::Open,
    }
}
