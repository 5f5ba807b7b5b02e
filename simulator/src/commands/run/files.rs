use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
};

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    backend::Running,
    report::{self, Evidence, Facts},
    scenario::Report,
    topology::Topology,
};

/// Files of a report: for programs, and for people.
pub(crate) const REPORTS: [&str; 2] = ["report.json", "report.html"];

/// A report with the facts that a command adds to it.
#[derive(Serialize)]
struct FullReport<'a> {
    topology: &'a str,
    profile: &'a str,
    replay: &'a str,
    #[serde(flatten)]
    report: &'a Report,
}

/// The JSON of a report. Secrets are hidden: an answer or an error may repeat one.
///
/// # Errors
/// When it is no JSON.
pub(crate) fn json(facts: &Facts<'_>) -> Result<String, String> {
    let full = FullReport {
        topology: facts.topology.name(),
        profile: facts.profile,
        replay: facts.replay,
        report: facts.report,
    };
    let json = serde_json::to_string_pretty(&full).map_err(|error| format!("the report is no JSON: {error}"))?;
    Ok(facts.topology.secrets().hide(&json))
}

/// Writes a report, whose JSON is known, into each of these folders.
///
/// # Errors
/// As [`write`], at the first file that can't be written.
pub(crate) fn write_reports(facts: &Facts<'_>, json: &str, folders: &[&Path]) -> Result<(), String> {
    if folders.is_empty() {
        return Ok(());
    }
    let html = report::html(facts);
    for folder in folders {
        for (name, text) in REPORTS.into_iter().zip([json, &html]) {
            write(&folder.join(name), text)?;
        }
    }
    Ok(())
}

/// What the nodes of a run logged that began then, before its logs are removed.
pub(crate) fn evidence(report: &Report, began: Timestamp, topology: &Topology, running: &Running) -> Evidence {
    let nodes = topology.nodes().iter();
    let logs: Vec<_> = nodes.map(|node| (node.name.clone(), running.log(&node.name))).collect();
    Evidence::read(report, began, &logs, topology.secrets())
}

/// Writes a file, and the folder for it where there is none.
///
/// # Errors
/// When it can't be written; the text names it.
pub(crate) fn write(file: &Path, text: &str) -> Result<(), String> {
    folder_for(file)
        .and_then(|()| fs::write(file, text))
        .map_err(|error| not_written(file, &error))
}

/// Checks that a file can be written, and leaves everything as it was.
///
/// # Errors
/// As [`write`], unless the disk fills up only then.
pub(crate) fn can_be_written(file: &Path) -> Result<(), String> {
    try_out(file).map_err(|error| {
        let lack = not_written(file, &error);
        format!("{lack}; nothing was started: name a place that can be written")
    })
}

/// Opens a file for writing, and leaves everything as it was.
///
/// # Errors
/// When it can't be written.
pub(crate) fn try_out(file: &Path) -> io::Result<()> {
    // A pipe or a device may wait for its other end.
    if fs::metadata(file).is_ok_and(|it| !it.is_file() && !it.is_dir()) {
        return Ok(());
    }
    let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let missing: Vec<&Path> = file.ancestors().skip(1).take_while(missing).collect();
    let is_there = file.exists();
    let open = || OpenOptions::new().append(true).create(true).open(file);
    let opened = folder_for(file).and_then(|()| open());
    if opened.is_ok() && !is_there {
        let _ = fs::remove_file(file);
    }
    for folder in missing {
        let _ = fs::remove_dir(folder);
    }
    opened.map(drop)
}

fn folder_for(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), fs::create_dir_all)
}

fn not_written(file: &Path, error: &io::Error) -> String {
    format!("the report can't be written to {}: {error}", file.display())
}
