//! The counts of a launch in the text format of Prometheus.

use std::fmt::Write;

use crate::launch::{
    Side,
    recorder::{Recorder, Seen, Tally},
    settings::Lane,
};

/// Renders every series there is, those at zero too: a series that is not there reads as no trouble.
pub(crate) fn text(
    contract: &str,
    recorder: &Recorder,
    lanes: [(&str, Lane); 2],
    gauges: &[(&str, &str, u64)],
) -> String {
    let mut text = String::new();
    let methods = recorder.methods();
    head(&mut text, "calls_total", "counter", "Calls, by the side that answered.");
    for (index, method) in methods.iter().enumerate() {
        for side in [Side::Control, Side::Candidate] {
            let labels = format!("method=\"{}\",side=\"{side}\"", method.name);
            line(&mut text, contract, "calls_total", &labels, recorder.calls(index, side));
        }
    }
    let book = recorder.book();
    let of_methods = || methods.iter().zip(&book.total);
    head(
        &mut text,
        "shadowed_total",
        "counter",
        "Calls that went to both sides or should have, by the result.",
    );
    for (method, tally) in of_methods() {
        for seen in Seen::ALL {
            let labels = format!("method=\"{}\",result=\"{}\"", method.name, seen.name());
            line(&mut text, contract, "shadowed_total", &labels, tally.of(seen));
        }
    }
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
    for (name, help, value) in by_side {
        head(&mut text, name, "counter", help);
        for (method, tally) in of_methods() {
            for side in [Side::Control, Side::Candidate] {
                let labels = format!("method=\"{}\",side=\"{side}\"", method.name);
                line(&mut text, contract, name, &labels, value(tally, side as usize));
            }
        }
    }
    head(
        &mut text,
        "timed_total",
        "counter",
        "Calls whose time on both sides is counted.",
    );
    for (method, tally) in of_methods() {
        line(
            &mut text,
            contract,
            "timed_total",
            &format!("method=\"{}\"", method.name),
            tally.timed,
        );
    }
    drop(book);
    head(
        &mut text,
        "stage",
        "gauge",
        "The stage: 0 off, 1 dualwrite, 2 shadow, 3 live, 4 rampdown, 5 complete.",
    );
    for (name, lane) in lanes {
        line(
            &mut text,
            contract,
            "stage",
            &format!("lane=\"{name}\""),
            lane.stage.number(),
        );
    }
    head(
        &mut text,
        "dial",
        "gauge",
        "The dials, in hundred-thousandths of the keys.",
    );
    for (name, lane) in lanes {
        for (dial, share) in [("shadowed", lane.shadowed), ("served", lane.share_served())] {
            let labels = format!("lane=\"{name}\",dial=\"{dial}\"");
            line(&mut text, contract, "dial", &labels, share.hundred_thousandths().into());
        }
    }
    for (name, help, value) in gauges {
        head(&mut text, name, "gauge", help);
        line(&mut text, contract, name, "", *value);
    }
    text
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a text can't fail.
    let _ = writeln!(
        text,
        "# HELP seam_launch_{name} {help}\n# TYPE seam_launch_{name} {kind}"
    );
}

fn line(text: &mut String, contract: &str, name: &str, labels: &str, value: u64) {
    let comma = if labels.is_empty() { "" } else { "," };
    let _ = writeln!(
        text,
        "seam_launch_{name}{{contract=\"{contract}\"{comma}{labels}}} {value}"
    );
}
