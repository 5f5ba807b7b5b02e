use seam::handover::{CopyReport, Duty, Lag, Switched};

use super::Sides;

/// The result of a copy, with what to do next.
pub(super) fn of_copy(report: &CopyReport) -> String {
    let mut text = report.to_string();
    text += &if !report.has_examined() {
        format!("{}: neither side has a row, so nothing was compared\n", report.module)
    } else if report.is_even() {
        format!(
            "{}: both sides have the same; {} were carried over\n",
            report.module,
            report.copied()
        )
    } else if report.different() > 0 {
        format!(
            "{}: the sides differ in {}; see above\n",
            report.module,
            report.different()
        )
    } else if report.newer() > 0 {
        let (module, newer) = (&report.module, report.newer());
        format!("{module}: the receiving side is ahead in {newer}; copy the other way for these\n")
    } else {
        format!("{}: somebody wrote meanwhile; copy again for the rest\n", report.module)
    };
    text
}

/// The duties of both sides, and what keeps them from a handover.
pub(super) fn of_status([(from, ours), (to, theirs)]: [(&str, Option<Duty>); 2], obstacle: Option<&str>) -> String {
    let part = |duty: Option<Duty>| {
        duty.map_or("has nothing that one side alone must do".to_owned(), |duty| {
            duty.to_string()
        })
    };
    let mut text = format!("from {from}: {}\nto   {to}: {}\n", part(ours), part(theirs));
    if let (Some(ours), Some(theirs)) = (ours, theirs) {
        text += match (ours.acts, theirs.acts) {
            (true, true) if theirs.epoch == 0 => {
                "the receiving side never took part: a switch has it stand by if it is empty, \
                 else start it with STANDS_BY=true\n"
            }
            (true, true) => "both act: stop one of them, and find out who told it to\n",
            (false, false) => {
                "neither acts, as after a switch that was cut off; a switch in either direction ends that\n"
            }
            _ => "",
        };
    }
    if let Some(obstacle) = obstacle {
        text += &format!("{obstacle}\n");
    }
    text
}

/// The result of a switch, with the way back.
pub(super) fn of_switch(module: &str, to: &str, from: &str, done: &Switched) -> String {
    let text = of_copy(&done.report);
    match done.acts {
        Some(duty) => format!(
            "{text}{module}: {to} {duty}; the way back is `seam handover switch {module} --from {to} --to {from}`\n"
        ),
        None => format!("{text}{module}: {from} acts again, since the two could not be made even\n"),
    }
}

/// What the sides lack of each other, and what that means for the way on or back.
pub(super) fn of_lag(sides: &Sides, [ours, theirs]: [Option<Duty>; 2], lag: Option<Lag>) -> String {
    let Some(lag) = lag else { return String::new() };
    let Sides { module, from, to, .. } = sides;
    let acts = |duty: Option<Duty>| duty.is_some_and(|duty| duty.acts);
    let (giving, taking, left) = match (acts(ours), acts(theirs)) {
        (false, true) => (to, from, lag.here),
        (true, _) => (from, to, lag.there),
        (false, false) => return format!("{module}: {lag}\n"),
    };
    let meaning = match (left, lag.apart) {
        (0, 0) => format!("{taking} has all of it, so nothing would be lost with {giving}"),
        (0, apart) => format!("{apart} differ; `seam handover copy` names them"),
        (left, _) => {
            let copy = format!("seam handover copy {module} --from {giving} --to {taking}");
            format!("{left} would be lost with {giving}; `{copy}` carries them over")
        }
    };
    format!("{module}: {lag}\n{module}: {meaning}\n")
}
