//! Faults of links and nodes on real processes and sockets.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{Project, Run, check};

/// The project with this fault in place of its own.
pub(crate) fn with_fault(fault: &str) -> Project {
    let scenario = include_str!("scenario.toml");
    let (before, rest) = scenario.split_once("[[fault]]").expect("the file has a fault");
    let (_, after) = rest.split_once("[[observe]]").expect("a table follows");
    Project::with_scenario(&format!("{before}[[fault]]\n{fault}\n\n[[observe]]{after}"))
}

pub(crate) fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:#?}"))
}

#[test]
fn a_slow_link_is_reported_with_what_it_met_and_delays_what_passes() {
    let fault = "name = 'slow'\nlink = 'outside -> shop'\nat = 0.1\ndoes = { latency = { delay = '150ms' } }\n\
                 on = { direction = 'to_client' }";
    let project = with_fault(fault);

    let run = project.run(&["errand", "--seed", "7", "--json"]);

    assert_eq!(run.code, Some(0), "{run:#?}");
    let report = report(&run);
    let fault = &report["faults"][0];
    assert_eq!(
        (fault["kind"].as_str(), fault["link"].as_str()),
        (Some("link"), Some("outside -> shop"))
    );
    let traffic = &fault["traffic"][0];
    assert_eq!(traffic["link"], "outside -> corner-shop:main");
    let (met, fired) = (traffic["met"].as_u64(), traffic["fired"].as_u64());
    assert!(met >= fired && fired > Some(0), "{report}");
    assert!(report["timeline"]["journeys_ms"].as_u64() >= Some(150), "{report}");

    let run = project.run(&["errand", "--seed", "7"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    for line in [
        "fault: disturbed link outside -> shop by \"slow\" at ",
        "    outside -> corner-shop:main: met ",
    ] {
        assert!(run.stdout.contains(line), "{line:?} is not in {run:#?}");
    }
}

#[test]
fn a_fault_that_nothing_met_fails_the_run_by_name() {
    let fault = "name = 'never'\nlink = 'outside -> shop'\nat = 0.0\ndoes = { answer = { status = 503 } }\n\
                 on = { http = { path = '/nowhere' } }";

    let run = with_fault(fault).run(&["errand", "--seed", "7"]);

    assert_eq!(run.code, Some(1), "{run:#?}");
    let line = "fault: disturbed link outside -> shop by \"never\" from ";
    assert!(
        run.stdout.contains(line)
            && run
                .stdout
                .contains("WITHOUT EFFECT, so this run proved nothing: nothing that it"),
        "{run:#?}"
    );
}

#[test]
fn a_fault_of_a_node_that_nobody_had_to_do_with_fails_the_run_by_name() {
    for (kind, done) in [
        ("kill", "killed"),
        ("pause", "paused"),
        ("stop", "stopped"),
        ("restart", "restarted"),
    ] {
        let project = with_fault(&format!("kind = '{kind}'\nnode = 'idle'\nat = 0.2"));
        let topology = project.0.path().join("topologies/corner.toml");
        let idle = "[node.idle]\ncommand = ['python3', '-m', 'http.server', '${port}']\n";
        fs::write(topology, include_str!("topology.toml").to_owned() + idle).expect("a file");

        let run = project.run(&["errand", "--seed", "7"]);

        assert_eq!(run.code, Some(1), "{run:#?}");
        for line in [
            &format!("fault: {done} idle from "),
            "WITHOUT EFFECT, so this run proved nothing: no connection to the node or from it",
            &format!("    the {kind} of idle met 0 connections, 0 requests\n"),
        ] {
            assert!(run.stdout.contains(line), "{line:?} is not in {run:#?}");
        }
    }
}

#[test]
fn a_pause_and_a_partition_hold_everything_up_and_lose_nothing() {
    for (fault, said) in [
        ("kind = 'pause'\nnode = 'shop'", "fault: paused corner-shop at "),
        (
            "name = 'split'\npartition = ['outside', 'shop']",
            "fault: cut outside off from shop by \"split\" at ",
        ),
    ] {
        let project = with_fault(&format!("{fault}\nat = 0.5\nlasts = '1s'"));
        let begun = Instant::now();

        let run = project.run(&["errand", "--seed", "7", "--keep"]);

        assert_eq!(run.code, Some(0), "{run:#?}");
        assert!(run.stdout.contains(said), "{run:#?}");
        assert!(begun.elapsed() >= Duration::from_secs(1));
        let kept = project.runs().pop().expect("kept on request");
        let report = std::fs::read_to_string(kept.join("report.json")).expect("a report");
        let report: Value = serde_json::from_str(&report).expect("JSON");
        let took = report["timeline"]["journeys_ms"].as_u64();
        assert!(took >= Some(1_000), "no journey ended meanwhile: {took:?}");
        assert_eq!(project.processes(), Vec::<String>::new());
    }
}

#[test]
fn a_partition_is_said_to_be_close_to_one() {
    let run = with_fault("partition = ['outside', 'shop']\none_way = true\nat = 0.2\nlasts = '100ms'")
        .run(&["errand", "--seed", "7"]);

    assert_eq!(run.code, Some(0), "{run:#?}");
    let difference = "    approximated: new connections are accepted and stay silent";
    assert!(run.stdout.contains(difference), "{run:#?}");
}

#[test]
fn a_node_is_stopped_and_restarted_without_a_death() {
    for (fault, said) in [
        ("kind = 'stop'\nlasts = '100ms'", "fault: stopped corner-shop at "),
        ("kind = 'restart'", "fault: restarted corner-shop at "),
    ] {
        let run = with_fault(&format!("{fault}\nnode = 'shop'\nat = 0.5")).run(&["errand", "--seed", "7"]);

        assert_eq!(run.code, Some(0), "{run:#?}");
        assert!(
            run.stdout.contains(said) && run.stdout.contains("ready again at"),
            "{run:#?}"
        );
        assert!(!run.stdout.contains("death:"), "{run:#?}");
    }
}

#[test]
fn what_cannot_be_laid_is_refused_by_run_and_check_alike_before_anything_starts() {
    for (fault, parts) in [
        (
            "link = 'shop -> bank'\ndoes = { refuse = {} }",
            [
                "fault \"fault 1\" can't disturb link shop -> bank",
                "its links are outside -> corner-shop:main",
            ],
        ),
        (
            "link = 'outside -> shop:admin'\ndoes = { refuse = {} }",
            ["has no link \"outside -> shop:admin\"", "outside -> corner-shop:main"],
        ),
        (
            "partition = ['shop', 'corner-shop']",
            ["cut shop off from corner-shop", "one node of topology corner"],
        ),
        (
            "partition = ['shop', 'bank']",
            ["cut shop off from bank", "its links are outside -> corner-shop:main"],
        ),
        (
            "kind = 'disk_read_only'\nnode = 'shop'",
            ["make read-only the disk of shop", "file system of its own"],
        ),
        (
            "kind = 'slow_disk'\nnode = 'shop'",
            ["slow down the disk of shop", "every, times"],
        ),
        (
            "kind = 'clock_offset'\nnode = 'shop'",
            ["set the clock of shop", "share one clock"],
        ),
    ] {
        let project = with_fault(&format!("{fault}\nat = 0.5"));
        for run in [project.run(&["errand"]), check(&project, &["errand"])] {
            assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{fault}: {run:#?}");
            for part in parts {
                assert!(run.stderr.contains(part), "{part:?} is not in {run:#?}");
            }
        }
        assert_eq!(project.runs(), Vec::<PathBuf>::new());
    }
}

#[test]
fn interrupted_under_a_fault_nothing_stays_stopped_or_alive() {
    for (fault, laid) in [
        ("kind = 'pause'\nnode = 'shop'", "paused corner-shop"),
        (
            "link = 'outside -> shop'\ndoes = { timeout = {} }",
            "laid \"fault 1\" on link outside -> shop",
        ),
    ] {
        let project = with_fault(&format!("{fault}\nat = 0.0"));
        let mut command = project.command(&["errand"]);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("seam starts");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut lines = stderr.lines().map(|line| line.expect("a line"));
        assert!(lines.any(|line| line == laid), "{laid}");

        let begun = Instant::now();
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
        kill_process(pid, Signal::INT).expect("seam is there");

        assert_eq!(child.wait().expect("seam ends").code(), Some(2));
        assert!(
            begun.elapsed() < Duration::from_secs(4),
            "it goes on, and ends when it is asked to"
        );
        assert_eq!(project.processes(), Vec::<String>::new());
        assert_eq!(project.runs(), Vec::<PathBuf>::new());
    }
}
