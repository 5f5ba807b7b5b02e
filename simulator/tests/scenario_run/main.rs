//! `seam run` as a user meets it: the real command, a topology with a node that is not Rust, real sockets.

mod checks;
mod crash;
mod described;
mod faults;
#[path = "../cases/project.rs"]
mod project;
mod report;
mod seats;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use project::{Project, Run};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

impl Project {
    fn new() -> Self {
        Self::with_scenario(include_str!("scenario.toml"))
    }

    fn with_scenario(scenario: &str) -> Self {
        Self::of_shop(include_str!("shop.py"), include_str!("topology.toml"), scenario)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.of_seam(["run"]);
        command.args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Run {
        Run::from(self.command(args).output().expect("seam starts"))
    }
}

#[test]
fn a_sound_system_passes_and_nothing_is_kept() {
    let project = Project::new();

    let run = project.run(&["errand", "--seed", "7"]);

    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.stdout.contains("PASS in "), "{run:#?}");
    assert!(run.stdout.contains("fault: killed corner-shop at "), "{run:#?}");
    assert!(run.stdout.contains("    the kill of corner-shop met "), "{run:#?}");
    assert_eq!(project.runs(), Vec::<PathBuf>::new());
    assert_eq!(project.processes(), Vec::<String>::new());
}

#[test]
fn the_first_and_the_last_line_say_the_seed_and_a_command_that_replays_the_run() {
    let project = Project::new();

    let run = project.run(&[
        "errand",
        "--count",
        "4",
        "--kill",
        "none",
        "--set",
        "defect=it's {none}",
    ]);

    let lines: Vec<&str> = run.stdout.lines().collect();
    let (first, last) = (lines.first().expect("a line"), lines.last().expect("a line"));
    assert_eq!(first, last);
    let (seed, replay) = first
        .split_once("; replay with: ")
        .unwrap_or_else(|| panic!("{run:#?}"));
    assert!(replay.contains(&format!("--{seed} ")), "{seed} is in {replay}");
    // From any folder, though the run named its files as they are known in its own.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let again = Command::new("sh")
        .args(["-c", replay])
        .current_dir(elsewhere.path())
        .output()
        .expect("a shell");
    let again = Run::from(again);
    assert_eq!(again.code, Some(0), "{again:#?}");
    assert_eq!(
        again.stdout.lines().next(),
        Some(*first),
        "the replay is a run of the same choices"
    );
}

#[test]
fn a_system_that_forgets_when_it_is_killed_fails_with_the_rows_and_all_is_kept() {
    let project = Project::new();

    let run = project.run(&["errand", "--seed", "7", "--set", "defect=forgetful"]);

    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(
        run.stdout.contains("violated ") && run.stdout.contains("no order is lost"),
        "{run:#?}"
    );
    assert!(run.stdout.contains("    amount=4 journey=1\n"), "{run:#?}");
    let [folder] = project.runs().try_into().expect("one run is kept");
    assert!(
        run.stdout
            .contains(&folder.file_name().expect("a name").to_string_lossy().into_owned()),
        "{run:#?}"
    );
    let report: Value = serde_json::from_slice(&fs::read(folder.join("report.json")).expect("a report")).expect("JSON");
    assert_eq!(report["verdict"], "FAIL");
    assert!(folder.join("observations.db").is_file() && folder.join("logs/corner-shop.log").is_file());
}

#[test]
fn a_run_that_examined_nothing_exits_with_3() {
    let scenario = include_str!("scenario.toml").replace("WHERE doc ->> 'id' IS NOT NULL\"", "WHERE 0\"");
    let project = Project::with_scenario(&scenario);

    let run = project.run(&["errand"]);

    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.stdout.contains("examined nothing: no order is lost"), "{run:#?}");
}

#[test]
fn json_on_stdout_is_one_document_and_nothing_else() {
    let project = Project::new();

    let run = project.run(&[
        "errand",
        "--seed",
        "5",
        "--json",
        "--kill",
        "any",
        "--count",
        "6",
        "--concurrency",
        "3",
    ]);

    assert_eq!(run.code, Some(0), "{run:#?}");
    let report: Value = serde_json::from_str(&run.stdout).expect("one JSON document");
    assert_eq!(
        (&report["seed"], &report["count"], &report["concurrency"]),
        (&5.into(), &6.into(), &3.into())
    );
    assert_eq!(report["faults"][0]["node"], "corner-shop");
    assert_eq!(report["faults"][0]["outcome"]["is"], "fired");
    assert_eq!(report["invariants"][0]["checked"], 6);
    assert!(run.stderr.starts_with("seed 5; replay with: "), "{run:#?}");
}

#[test]
fn a_report_can_be_written_elsewhere_and_a_passed_run_be_kept() {
    let project = Project::new();

    let run = project.run(&["errand", "--report", "out/here", "--keep", "--count", "2"]);

    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(project.0.path().join("out/here/report.json").is_file());
    let [kept] = project.runs().try_into().expect("one run is kept");
    assert!(kept.join("report.html").is_file() && kept.join("report.json").is_file());
}

#[test]
fn what_is_not_there_is_refused_with_what_is() {
    let project = Project::new();

    for (args, parts) in [
        (vec!["errnad"], ["errnad", "errand"]),
        (vec!["errand", "--topology", "conrer"], ["conrer", "corner"]),
        (vec!["errand", "--kill", "shpo"], ["--kill shpo", "corner-shop"]),
        (vec!["errand", "--set", "defcet=none"], ["defcet", "defect"]),
        (vec!["errand", "--set", "defect"], ["--set", "NAME=VALUE"]),
        (vec!["errand", "--count", "0"], ["--count", "1..=1000000"]),
    ] {
        let run = project.run(&args);

        assert_eq!(run.code, Some(2), "{args:?}: {run:#?}");
        for part in parts {
            assert!(run.stderr.contains(part), "{args:?}: {part:?} is not in {}", run.stderr);
        }
    }
}

#[test]
fn interrupted_it_exits_with_2_and_leaves_nothing_behind() {
    let project = Project::new();
    let mut child = project
        .command(&["errand", "--set", "defect=closed"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("seam starts");
    let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut lines = stderr.lines().map(|line| line.expect("a line"));
    assert!(lines.any(|line| line == "phase: steady"), "journeys begin");
    assert!(!project.processes().is_empty(), "the shop stands");

    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    kill_process(pid, Signal::INT).expect("seam is there");

    let status = child.wait().expect("seam ends");
    assert_eq!(status.code(), Some(2));
    assert!(lines.any(|line| line.contains("interrupted")));
    let deadline = Instant::now() + Duration::from_secs(5);
    while !project.processes().is_empty() {
        assert!(Instant::now() < deadline, "left behind: {:?}", project.processes());
        std::thread::yield_now();
    }
    assert_eq!(project.runs(), Vec::<PathBuf>::new());
}

#[test]
fn a_node_that_dies_by_itself_fails_the_run_and_is_said_with_its_last_lines() {
    let restarted = |defect: &str| {
        let scenario = include_str!("scenario.toml").replace("killable", "may_die = []\nkillable");
        let project = Project::with_scenario(&scenario);
        let topology = project.0.path().join("topologies/corner.toml");
        let text = include_str!("topology.toml").to_owned() + "restart = { on_failure = 1, backoff_ms = 10 }\n";
        fs::write(topology, text).expect("a file");
        let set = format!("defect={defect}");
        let run = project.run(&["errand", "--seed", "7", "--kill", "none", "--set", &set]);
        (project, run)
    };
    // It dies once, comes back with all its orders, and every invariant holds: only the death says that it was there.
    let (project, run) = restarted("mortal");

    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stdout.contains("death: corner-shop died by itself at "), "{run:#?}");
    let told = run
        .stderr
        .find("corner-shop died by itself (exit status 7), which fails the run\n");
    assert!(
        told.is_some() && told < run.stderr.find("phase: judge"),
        "told at once: {run:#?}"
    );
    let why = "(exit status 7), without a fault, so the run failed; its last lines:\n";
    assert!(
        run.stdout.contains(why) && run.stdout.contains("    out of memory, giving up\n"),
        "{run:#?}"
    );
    let kept = project.runs().pop().expect("a run that failed is kept");
    let report = fs::read_to_string(kept.join("report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["deaths"][0]["node"], "corner-shop");
    assert_eq!(report["deaths"][0]["expected"], false);

    let (_, run) = restarted("none");
    assert_eq!(run.code, Some(0), "{run:#?}");
}

#[test]
fn a_secret_is_in_no_line_and_no_report_of_a_run() {
    let project = Project::new();
    let topology = project.0.path().join("topologies/corner.toml");
    let text = include_str!("topology.toml").replace(
        "[variables]",
        "secret = ['password']\n[variables]\npassword = 'unset'\n",
    );
    fs::write(
        topology,
        text.replace("DEFECT =", "PASSWORD = \"${password}\", DEFECT ="),
    )
    .expect("a file");

    let run = project.run(&[
        "errand",
        "--kill",
        "none",
        "--keep",
        "--set",
        "password=hunter2",
        "--set",
        "defect=forgetful",
    ]);

    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.stdout.contains("--set 'password=***'"), "{run:#?}");
    let kept = project.runs().pop().expect("kept on request");
    let report = fs::read_to_string(kept.join("report.json")).expect("a report");
    assert!(report.contains("password=***"), "{report}");
    assert!(!(run.stdout + &run.stderr + &report).contains("hunter2"));

    // A replay line is not a way to run with the mask for a password.
    let run = project.run(&["errand", "--set", "password=***"]);
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(
        run.stderr
            .contains("*** stands for a secret in a replay line; give the value of password"),
        "{run:#?}"
    );
}

#[test]
fn a_worker_without_a_port_can_be_killed() {
    let project = Project::new();
    let topology = project.0.path().join("topologies/corner.toml");
    let worker = "[node.sweeper]\ncommand = ['sleep', '600']\nports = []\n";
    fs::write(topology, include_str!("topology.toml").to_owned() + worker).expect("a file");

    let run = project.run(&["errand", "--seed", "7", "--kill", "sweeper"]);

    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.stdout.contains("fault: killed sweeper at "), "{run:#?}");
    let met =
        "    the kill of sweeper met nothing that can be seen, as sweeper has no links; it had printed 0 lines before";
    assert!(run.stdout.contains(met), "{run:#?}");
    assert_eq!(project.processes(), Vec::<String>::new());
}

fn check(project: &Project, files: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
    let command = command.current_dir(project.0.path()).arg("check").args(files);
    Run::from(command.output().expect("seam starts"))
}

#[test]
fn a_check_says_everything_that_is_wrong_and_starts_nothing() {
    let project = Project::new();
    let run = check(&project, &["errand", "corner", "topologies/corner.toml"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:#?}");
    assert!(
        run.stdout
            .contains("errand: a scenario, nothing wrong\ncorner: a topology, nothing wrong\n"),
        "{run:#?}"
    );

    let scenario = include_str!("scenario.toml")
        .replace("killable = [\"shop\"]", "killable = [\"shpo\"]\nmay_die = [\"corner\"]")
        .replace("kind = \"kill\"\nnode = \"shop\"", "kind = \"kill\"\nnode = \"apq\"");
    let project = Project::with_scenario(&scenario);
    let flawed = "name = 's'\n[node.a]\ncommand = ['a', '${x}']\nneeds = ['b']\n[node.c]\nports = ['P']\n";
    fs::write(project.0.path().join("flawed.toml"), flawed).expect("a file");
    let run = check(&project, &["errand", "flawed.toml", "nowhere"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:#?}");
    for wanted in [
        "errand.toml: `killable` names 'shpo', and topology corner has no such node or role; known are corner-shop, \
         shop\n",
        "errand.toml: `may_die` names 'corner'",
        "errand.toml: fault 1 names 'apq', and topology corner has no such node or role",
        "flawed.toml:6: 'P' is not a valid name",
        "flawed.toml:3: unknown placeholder ${x}",
        "flawed.toml:4: no node is called 'b'",
        "flawed.toml:5: node 'c' has nothing to run",
        "there is no 'nowhere' among the topologies; known are corner",
    ] {
        assert!(run.stderr.contains(wanted), "{wanted} is not in {run:#?}");
    }

    // A run is refused for the fault, before anything starts, and not for what is only named.
    let run = project.run(&["errand"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:#?}");
    assert!(
        run.stderr.contains("fault 1 names 'apq'") && !run.stderr.contains("shpo"),
        "{run:#?}"
    );
    assert_eq!(project.runs(), Vec::<PathBuf>::new());
}

#[test]
fn a_scenarios_own_topology_is_found_beside_it_from_any_folder() {
    let scenario = include_str!("scenario.toml").replace("\"corner\"", "\"../topologies/corner.toml\"");
    let project = Project::with_scenario(&scenario);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let file = project.0.path().join("scenarios/errand.toml");
    let mut command = project.command(&[file.to_str().expect("text"), "--kill", "none"]);

    let run = Run::from(command.current_dir(elsewhere.path()).output().expect("seam starts"));

    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(
        run.stdout.contains("/topologies/corner.toml"),
        "the replay line has the path: {run:#?}"
    );

    // Of a path from the current folder, and of a program that was started by one, the line has the whole path.
    let link = project.0.path().join("seam");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_seam"), link).expect("a link");
    let mut command = Command::new("./seam");
    command.args(["run", "scenarios/errand.toml", "--kill", "none"]);
    let run = Run::from(command.current_dir(project.0.path()).output().expect("seam starts"));
    let replay = run
        .stdout
        .lines()
        .next()
        .and_then(|line| line.split_once("replay with: "));
    let (_, replay) = replay.unwrap_or_else(|| panic!("{run:#?}"));
    let again = Command::new("sh")
        .args(["-c", replay])
        .current_dir(elsewhere.path())
        .output();
    let again = Run::from(again.expect("a shell"));
    assert_eq!(again.code, Some(0), "{replay}: {again:#?}");
}
