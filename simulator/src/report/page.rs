use maud::{Markup, html};

use super::{Facts, invariants, picture, requests, timeline, words};
use crate::scenario::{Report, Verdict};

pub(super) const STYLE: &str = include_str!("style.css");

/// Renders a run as one page that loads nothing. Secrets of its topology are hidden.
pub(crate) fn html(facts: &Facts<'_>) -> String {
    let report = facts.report;
    let secrets = facts.topology.secrets();
    let title = secrets.hide(&format!("{}: {}", report.scenario, report.verdict.as_str()));
    let body = html! {
        (head(facts)) "\n"
        h2 { "Timeline" } "\n"
        (timeline::figure(report))
        @if !report.faults.is_empty() { (faults(report)) }
        (invariants::section(report))
        h2 { "Topology " span.muted { (facts.topology.name()) } } "\n"
        (picture::figure(facts.topology, report))
        (requests::by_step(report))
        (requests::single(facts))
        (requests::logs(report, facts.evidence))
    };
    let page = page::styled(&title, STYLE, body);
    hidden(&page, |text| secrets.hide(text))
}

/// Hides secrets in the texts of a page's body, and not in its markup: a secret may be a word that stands there too.
pub(super) fn hidden(page: &str, hide: impl Fn(&str) -> String) -> String {
    let (head, body) = page.split_once("</style>").unwrap_or(("", page));
    let mut hidden = String::with_capacity(page.len());
    hidden.push_str(head);
    hidden.push_str(if head.is_empty() { "" } else { "</style>" });
    // Every `<` and `>` of a text is escaped, so these are those of the markup.
    for piece in body.split_inclusive('>') {
        let (text, tag) = piece.split_at(piece.find('<').unwrap_or(piece.len()));
        hidden.push_str(&hide(text));
        hidden.push_str(tag);
    }
    hidden
}

fn head(facts: &Facts<'_>) -> Markup {
    let report = facts.report;
    let load = report.samples.load;
    let reached = report.count.saturating_sub(report.failed_journeys.len() as u64);
    let class = match report.verdict {
        Verdict::Pass => "verdict pass",
        Verdict::Fail => "verdict fail",
        Verdict::Inconclusive => "verdict unproven",
    };
    html! {
        div class=(class) {
            strong { (invariants::mark(report.verdict)) " " (report.verdict.as_str()) }
            span { (words::reasons(report).join("; ")) }
        }
        p { (facts.about) }
        div.tiles {
            (tile("journeys reached their end", &format!("{reached} of {}", report.count)))
            (tile("requests", &words::count(load.count)))
            (tile("of them failed", &words::count(load.errors)))
            (tile("latency, p50", &words::us(load.p50_us)))
            (tile("latency, p99", &words::us(load.p99_us)))
            (tile("length of the run", &words::ms(report.timeline.total_ms)))
        }
        p {
            "seed " b { (report.seed) } ", topology " b { (facts.topology.name()) } ", " (facts.profile) ", "
            span.muted { "began " (facts.evidence.began.strftime("%Y-%m-%d %H:%M:%S UTC")) } br;
            "run it again: " code.replay { (facts.replay) }
        }
    }
}

fn tile(name: &str, value: &str) -> Markup {
    html! { div { b { (value) } span { (name) } } }
}

fn faults(report: &Report) -> Markup {
    html! {
        details {
            summary { (words::many(report.faults.len(), "fault", "faults")) ", one by one" }
            ul.rows {
                @for fault in &report.faults {
                    li {
                        b { (fault.name) } @if fault.drawn { " (drawn by the seed)" } ", " (words::fault(fault))
                        ", at journey " (fault.at_journey) ": "
                        (words::outcome(fault))
                        @if let Some(difference) = &fault.approximated { "; approximated: " (difference) }
                        @for traffic in &fault.traffic { br; span.muted { (traffic) } }
                        @if let Some(met) = &fault.met { br; span.muted { (met) } }
                    }
                }
            }
        }
        "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::hidden;

    #[test]
    fn a_secret_that_is_a_word_of_the_markup_is_hidden_in_texts_alone() {
        let page = "<style>p b {}</style><p class=\"p\">p &lt;p&gt; is</p><b title>p</b>";
        let hid = hidden(page, |text| text.replace('p', "***"));
        assert_eq!(
            hid,
            "<style>p b {}</style><p class=\"p\">*** &lt;***&gt; is</p><b title>***</b>"
        );
    }
}
