//! Commands for topologies that are up: `seam ps`, `logs`, `restart`, `fault` and `down`.

mod args;
mod faults;
mod state;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

pub(crate) use args::{DownArgs, LogsArgs, PsArgs, RestartArgs, Which};
pub(crate) use faults::{FaultArgs, fault};
pub(crate) use state::{Keeper, Live, NodeLine};

use super::{
    output::{self, Reader},
    session,
};
use crate::{backend::Lines, exit, search};

/// Pause between two looks at a file.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Runs `seam ps` and returns the exit code, one of [`crate::exit`].
pub(crate) fn ps(args: &PsArgs) -> u8 {
    let mut text = String::new();
    let runs = live();
    if args.json {
        let runs = runs
            .iter()
            .map(|run| serde_json::json!({ "folder": run.folder, "up": run.state }));
        text = serde_json::Value::from_iter(runs).to_string() + "\n";
    } else if runs.is_empty() {
        output::note("nothing is up here");
    } else {
        let mut table = output::table(output::width());
        table.set_header(["topology", "node", "state", "address", "pid"]);
        for run in &runs {
            for node in &run.state.nodes {
                let addresses: Vec<String> = node.addresses.values().map(ToString::to_string).collect();
                let pid = node.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string());
                let topology = run.state.topology.clone();
                table.add_row([
                    topology,
                    node.name.clone(),
                    node.state.clone(),
                    addresses.join(", "),
                    pid,
                ]);
            }
        }
        text = table.trim_fmt() + "\n";
    }
    output::printed("ps", output::print(&text), exit::PASS)
}

/// Runs `seam down` and returns the exit code, one of [`crate::exit`].
pub(crate) async fn down(args: DownArgs) -> u8 {
    let attempt = async {
        let run = chosen(&args.which)?;
        let pid = i32::try_from(run.state.pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or("its state names no process")?;
        kill_process(pid, Signal::TERM).map_err(|error| format!("seam up can't be asked to end: {error}"))?;
        while run.is_up() {
            sleep(LOOK_EVERY).await;
        }
        output::note(&format!("{} is down", run.state.topology));
        Ok::<_, String>(())
    };
    finished("down", attempt.await)
}

/// Runs `seam restart` and returns the exit code, one of [`crate::exit`]: a node that is not ready again is a failure.
pub(crate) async fn restart(args: RestartArgs) -> u8 {
    let attempt = async {
        let run = chosen(&args.which)?;
        known(&run, &args.node)?;
        run.ask_restart(&args.node)
            .map_err(|error| format!("the request can't be written to {}: {error}", run.folder.display()))?;
        loop {
            if let Some(answer) = run.answer(&args.node) {
                return Ok(answer);
            }
            if !run.is_up() {
                return Err(format!("{} went down meanwhile", run.state.topology));
            }
            sleep(LOOK_EVERY).await;
        }
    };
    match attempt.await {
        Ok(Ok(())) => {
            output::note(&format!("{} is ready again", args.node));
            exit::PASS
        }
        Ok(Err(error)) => {
            output::complain("restart", &error);
            exit::FAIL
        }
        Err(error) => output::could_not_run("restart", &error),
    }
}

/// Runs `seam logs` and returns the exit code, one of [`crate::exit`].
pub(crate) async fn logs(args: LogsArgs) -> u8 {
    let attempt = async {
        let mut interrupt = session::interrupt()?;
        let run = chosen(&args.which)?;
        if let Some(node) = &args.node {
            known(&run, node)?;
        }
        let shown = |name: &str| args.node.as_ref().is_none_or(|wanted| is_called(name, wanted));
        let nodes = run.state.nodes.iter().filter(|node| shown(&node.name));
        let mut logs: Vec<(String, Lines)> = nodes
            .map(|node| {
                let log = run.folder.join("logs").join(format!("{}.log", node.name));
                (node.name.clone(), Lines::from(log, 0))
            })
            .collect();
        let several = logs.len() > 1;
        loop {
            // Asked first, so that what was written before the end is still read.
            let up = run.is_up();
            let mut more = false;
            for (name, lines) in &mut logs {
                let lines = lines.next();
                more |= !lines.is_empty();
                let line = |line: String| {
                    if several {
                        format!("{name} | {line}\n")
                    } else {
                        format!("{line}\n")
                    }
                };
                if output::print(&lines.into_iter().map(line).collect::<String>())? == Reader::Gone {
                    return Ok(());
                }
            }
            if !more && (!args.follow || !up || interrupt.or(sleep(LOOK_EVERY)).await.is_err()) {
                return Ok(());
            }
        }
    };
    finished("logs", attempt.await)
}

fn finished(command: &str, attempt: Result<(), String>) -> u8 {
    attempt.map_or_else(|error| output::could_not_run(command, &error), |()| exit::PASS)
}

/// Every run that is up, of topologies here and above up to the root of the workspace.
fn live() -> Vec<Live> {
    let here = std::env::current_dir().unwrap_or_default();
    let places = search::run_places(&here).into_iter();
    let mut folders: Vec<PathBuf> = places.flat_map(|place| runs_in(&place.join("runs"))).collect();
    folders.sort();
    folders.into_iter().filter_map(Live::in_folder).collect()
}

fn runs_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// The run that is meant: the one of this topology, or the only one.
fn chosen(which: &Which) -> Result<Live, String> {
    let mut runs = live();
    let up: Vec<String> = runs.iter().map(|run| run.state.topology.clone()).collect();
    if let Some(name) = &which.topology {
        runs.retain(|run| run.state.topology == *name);
    }
    match (runs.pop(), runs.is_empty()) {
        (Some(run), true) => Ok(run),
        (Some(run), false) => Err(match which.topology {
            Some(_) => format!("{} is up several times; end one with Ctrl-C", run.state.topology),
            None => format!(
                "several topologies are up: {}; choose with --topology NAME",
                up.join(", ")
            ),
        }),
        (None, _) if up.is_empty() => Err("nothing is up here; `seam up -d` brings a topology up".to_owned()),
        (None, _) => Err(format!(
            "topology '{}' is not up here; up are {}",
            which.topology.as_deref().unwrap_or_default(),
            up.join(", ")
        )),
    }
}

/// Refuses a node that the run does not have.
fn known(run: &Live, node: &str) -> Result<(), String> {
    let names: Vec<&str> = run.state.nodes.iter().map(|node| node.name.as_str()).collect();
    if names.iter().any(|name| is_called(name, node)) {
        return Ok(());
    }
    Err(format!(
        "no node is called '{node}'; the nodes are {}",
        names.join(", ")
    ))
}

/// True if a node has this name, or is an instance of what has it.
fn is_called(name: &str, wanted: &str) -> bool {
    let number = name.strip_prefix(wanted).and_then(|rest| rest.strip_prefix('-'));
    name == wanted || number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}
