//! The counts of a launch in the text format of Prometheus.

use std::{fmt::Write, sync::Arc};

use crate::launch::{
    Operated, Side,
    recorder::{Recorder, Seen, Tally},
    settings::Lane,
};

/// Renders every series there is, those at zero too: a series that is not there reads as no trouble.
pub(crate) fn text(
    contract: &str,
    launch: &str,
    recorder: &Recorder,
    lanes: [(&str, Lane); 2],
    gauges: &[(&str, &str, u64)],
) -> String {
    let mut text = String::new();
    let own = format!("contract=\"{}\",launch=\"{}\"", escaped(contract), escaped(launch));
    counters(&mut text, &own, recorder);
    for_sides(&mut text, &own, recorder);
    positions(&mut text, &own, lanes);
    for (name, help, value) in gauges {
        head(&mut text, name, "gauge", help);
        line(&mut text, &own, name, "", *value);
    }
    text
}

/// The counts of several launches in one text of Prometheus: a help and a type stand once before all series of a name.
/// Launches of one contract need names that differ.
pub fn metrics_of(launches: &[Arc<dyn Operated>]) -> String {
    let mut families: Vec<(String, String)> = Vec::new();
    for text in launches.iter().map(|launch| launch.metrics()) {
        // Each family begins with its help and its type, which no series does.
        for family in text.split("# HELP ").filter(|family| !family.is_empty()) {
            let second = family.match_indices('\n').nth(1).map_or(family.len(), |(at, _)| at + 1);
            let (head, series) = family.split_at(second);
            match families.iter_mut().find(|(known, _)| known == head) {
                Some((_, all)) => all.push_str(series),
                None => families.push((head.to_owned(), series.to_owned())),
            }
        }
    }
    families
        .into_iter()
        .map(|(head, series)| format!("# HELP {head}{series}"))
        .collect()
}

const SIDES: [Side; 2] = [Side::Control, Side::Candidate];

fn counters(text: &mut String, own: &str, recorder: &Recorder) {
    let methods = recorder.methods();
    head(text, "calls_total", "counter", "Calls, by the side that answered.");
    for (index, method) in methods.iter().enumerate() {
        for side in SIDES {
            let labels = format!("method=\"{}\",side=\"{side}\"", method.name);
            line(text, own, "calls_total", &labels, recorder.calls(index, side));
        }
    }
    let help = "Calls that went to both sides or should have, by the result.";
    head(text, "shadowed_total", "counter", help);
    for (method, tally) in methods.iter().zip(&recorder.book().total) {
        for seen in Seen::ALL {
            let labels = format!("method=\"{}\",result=\"{}\"", method.name, seen.name());
            line(text, own, "shadowed_total", &labels, tally.of(seen));
        }
    }
}

fn for_sides(text: &mut String, own: &str, recorder: &Recorder) {
    type OfSide = fn(&Tally, usize) -> u64;
    let by_side: [(&str, &str, OfSide); 2] = [
        (
            "failures_total",
            "Calls to both sides in which this one gave no answer.",
            |tally, side| tally.failures[side],
        ),
        (
            "micros_total",
            "Time of the calls that both sides took, in microseconds.",
            |tally, side| tally.micros[side],
        ),
    ];
    let book = recorder.book();
    let of_methods = || recorder.methods().iter().zip(&book.total);
    for (name, help, value) in by_side {
        head(text, name, "counter", help);
        for (method, tally) in of_methods() {
            for side in SIDES {
                let labels = format!("method=\"{}\",side=\"{side}\"", method.name);
                line(text, own, name, &labels, value(tally, side as usize));
            }
        }
    }
    head(
        text,
        "timed_total",
        "counter",
        "Calls whose time on both sides is counted.",
    );
    for (method, tally) in of_methods() {
        let labels = format!("method=\"{}\"", method.name);
        line(text, own, "timed_total", &labels, tally.timed);
    }
}

fn positions(text: &mut String, own: &str, lanes: [(&str, Lane); 2]) {
    let help = "The stage: 0 off, 1 dualwrite, 2 shadow, 3 live, 4 rampdown, 5 complete.";
    head(text, "stage", "gauge", help);
    for (name, lane) in lanes {
        line(text, own, "stage", &format!("lane=\"{name}\""), lane.stage.number());
    }
    head(text, "dial", "gauge", "The dials, in hundred-thousandths of the keys.");
    for (name, lane) in lanes {
        for (dial, share) in [("shadowed", lane.shadowed), ("served", lane.share_served())] {
            let labels = format!("lane=\"{name}\",dial=\"{dial}\"");
            line(text, own, "dial", &labels, share.hundred_thousandths().into());
        }
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a text can't fail.
    let _ = writeln!(
        text,
        "# HELP seam_launch_{name} {help}\n# TYPE seam_launch_{name} {kind}"
    );
}

/// The value of a label as the format has it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn line(text: &mut String, own: &str, name: &str, labels: &str, value: u64) {
    let comma = if labels.is_empty() { "" } else { "," };
    let _ = writeln!(text, "seam_launch_{name}{{{own}{comma}{labels}}} {value}");
}
