use serde_json::{Value, json};

use super::{judge::Judgement, process::Process};
use crate::commands::output;

/// The judgements as a table, with the reasons below.
pub(super) fn text(judgements: &[Judgement], process: Option<&Process>) -> String {
    let mut table = output::table(output::width());
    table.set_header([
        "module",
        "verdict",
        "points",
        "checks",
        "calls per request",
        "bytes",
        "time",
        "a split adds",
    ]);
    for judged in judgements {
        let mut row = vec![judged.module.clone(), judged.verdict.word().to_owned()];
        row.extend(figures(judged));
        table.add_row(row);
    }
    let mut text = table.trim_fmt();
    for judged in judgements {
        text.push_str(&format!("\n\n{}: {}", judged.module, judged.why));
        for aspect in &judged.aspects {
            text.push_str(&format!("\n  {}: {}", heading(aspect), aspect.reason));
        }
    }
    text.push_str(&format!("\n\n{}\n", source(process)));
    text
}

/// The figures of a module as a table shows them, without its name and verdict.
pub(super) fn figures(judged: &Judgement) -> [String; 6] {
    let none = || "-".to_owned();
    let measured = judged.measured.as_ref();
    [
        judged.points.map_or_else(none, |points| format!("{points}/10")),
        judged.checks.map_or_else(none, |checks| format!("{checks}/5")),
        measured.map_or_else(none, |it| format!("{:.1}", it.per_request)),
        measured
            .and_then(|it| it.bytes_per_call)
            .map_or_else(none, |bytes| format!("{bytes:.0}")),
        measured
            .and_then(|it| it.share_of_time)
            .map_or_else(none, |share| format!("{share:.0} %")),
        measured
            .filter(|it| it.calls > 0)
            .map_or_else(none, |it| super::judge::millis(it.added.p50_us)),
    ]
}

fn heading(aspect: &super::judge::Aspect) -> String {
    let points = aspect.points.map(|points| format!("{points}"));
    let splits = aspect
        .splits
        .map(|splits| if splits { "splits" } else { "does not split" }.to_owned());
    let parts: Vec<String> = points.into_iter().chain(splits).collect();
    if parts.is_empty() {
        return aspect.aspect.to_owned();
    }
    format!("{} ({})", aspect.aspect, parts.join(", "))
}

/// The origin of the measured figures, in a sentence.
pub(super) fn source(process: Option<&Process>) -> String {
    match process {
        None => "nothing was measured: give --url of a process that runs the modules".to_owned(),
        Some(process) => {
            let work = super::measured::work(&process.figures);
            let hop = process.hop;
            format!(
                "measured at {}: {work} requests and events; a hop takes {} us (p50) and {} us (p99) over {} calls",
                process.url, hop.p50_us, hop.p99_us, hop.calls
            )
        }
    }
}

/// The judgements as JSON.
pub(super) fn json(judgements: &[Judgement], process: Option<&Process>) -> Value {
    json!({
        "modules": judgements,
        "url": process.map(|process| &process.url),
        "hop": process.map(|process| process.hop),
    })
}
