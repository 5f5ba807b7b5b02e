//! The state of launches as text.

use comfy_table::{CellAlignment, Table};
use seam::launch::{Decision, Dial, Lane, Seen, Side, Stage, Status};

use crate::commands::output;

/// Columns of numbers in the table of methods, with the results that each counts.
const RESULTS: [(&str, &[Seen]); 7] = [
    ("compared", &[Seen::Same, Seen::Explained, Seen::Different]),
    ("different", &[Seen::Different]),
    ("explained", &[Seen::Explained]),
    ("written", &[Seen::Written]),
    ("late", &[Seen::TimedOut]),
    ("shed", &[Seen::Shed, Seen::Killed, Seen::Parked, Seen::Unjournalled]),
    ("no answer", &[Seen::Transport, Seen::Unanswered]),
];

/// The state of every launch.
pub(super) fn of_all(all: &[Status], width: u16) -> String {
    if all.is_empty() {
        return "nothing is launched there\n".to_owned();
    }
    let texts: Vec<String> = all.iter().map(|status| of(status, width)).collect();
    texts.join("\n")
}

/// The stages and the dials in a line.
pub(super) fn position(status: &Status) -> String {
    let lane = |name: &str, lane: Lane| {
        let dials = match lane.stage {
            Stage::Off | Stage::Complete => String::new(),
            Stage::Live => format!(" (shadowed {}, served {})", lane.shadowed, lane.served),
            _ => format!(" (shadowed {})", lane.shadowed),
        };
        format!("{name} {}{dials}", lane.stage)
    };
    let position = &status.position;
    let (reads, writes) = (lane("reads", position.reads), lane("writes", position.writes));
    let noise = if position.noise == Dial::NONE {
        String::new()
    } else {
        format!(", noise {}", position.noise)
    };
    let killed = if status.killed { ", killed" } else { "" };
    format!("{reads}, {writes}{noise}{killed}")
}

fn of(status: &Status, width: u16) -> String {
    let mut text = format!("{}: {}\n", status.name, position(status));
    if let Some(problem) = &status.problem {
        text += &format!("settings that are not in force: {problem}\n");
    }
    text += &lines(methods(status, width));
    if status.pending > 0 {
        let name = &status.name;
        text += &format!(
            "{} writes are on one side only; see `seam reconcile {name}`\n",
            status.pending
        );
    }
    if !status.gate.groups.is_empty() {
        text += &lines(groups(status, width));
    }
    for rule in &status.stale_rules {
        text += &format!("rule {rule}\n");
    }
    let decision = match status.gate.decision {
        Decision::Promote => "promote",
        Decision::Hold => "hold",
        Decision::RollBack => "roll back",
    };
    text += &format!("gate: {decision}\n");
    for reason in &status.gate.reasons {
        text += &format!("  {reason}\n");
    }
    text
}

fn lines(table: Table) -> String {
    table.trim_fmt() + "\n"
}

fn methods(status: &Status, width: u16) -> Table {
    let mut table = output::table(width);
    let results = RESULTS.iter().map(|(name, _)| *name);
    let sides = [Side::Control, Side::Candidate].map(Side::name);
    let head = ["method", "kind"]
        .into_iter()
        .chain(sides)
        .chain(results)
        .chain(["mean us"]);
    table.set_header(head);
    for method in &status.methods {
        let counts = RESULTS
            .iter()
            .map(|(_, results)| results.iter().map(|seen| method.of(*seen)).sum::<u64>());
        let judged = status.gate.methods.iter().find(|judged| judged.method == method.method);
        let means = judged.filter(|judged| judged.compared > 0).map_or_else(
            || "-".to_owned(),
            |judged| format!("{} / {}", judged.mean_micros[0], judged.mean_micros[1]),
        );
        let numbers = method.answered.into_iter().chain(counts).map(|count| count.to_string());
        let names = [method.method.clone(), method.kind.clone()];
        table.add_row(names.into_iter().chain(numbers).chain([means]));
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn groups(status: &Status, width: u16) -> Table {
    let mut table = output::table(width);
    table.set_header([
        "mismatch",
        "at",
        "calls",
        "noise",
        "seen again",
        "first",
        "second",
        "request",
    ]);
    for group in &status.gate.groups {
        let shape = format!("{}: {}", group.method, group.class);
        let path = if group.path.is_empty() {
            "the outcome"
        } else {
            group.path.as_str()
        };
        let confirmed = if group.confirmed { "yes" } else { "no" };
        let counts = [group.count, group.noise].map(|count| count.to_string());
        let [count, noise] = counts;
        let row = |cells: [&str; 5], sample: [&str; 3]| cells.into_iter().chain(sample).map(str::to_owned).collect();
        let samples = group.samples.iter().map(|sample| {
            let request = sample.request.as_deref().unwrap_or("-");
            [sample.expected.as_str(), sample.seen.as_str(), request]
        });
        let mut samples: Vec<[&str; 3]> = samples.collect();
        if samples.is_empty() {
            samples.push(["-"; 3]);
        }
        for (at, sample) in samples.into_iter().enumerate() {
            let cells = if at == 0 {
                [shape.as_str(), path, &count, &noise, confirmed]
            } else {
                [""; 5]
            };
            let row: Vec<String> = row(cells, sample);
            table.add_row(row);
        }
    }
    table
}
