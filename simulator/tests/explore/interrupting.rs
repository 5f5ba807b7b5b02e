//! Ctrl-C: what was found so far is printed, and nothing stays behind.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::Project;

/// Starts a command, and interrupts it once a line of its stdout or stderr holds this text. Returns the exit code, what
/// it printed from then on, and the time until its end.
fn interrupted(project: &Project, line: &str, until: &str) -> (Option<i32>, String, Duration) {
    let mut command = project.command(line);
    let (said, writer) = std::io::pipe().expect("a pipe");
    let stderr = writer.try_clone().expect("a pipe");
    let mut child = command
        .stdout(writer)
        .stderr(Stdio::from(stderr))
        .spawn()
        .expect("seam starts");
    drop(command);
    let mut said = BufReader::new(said);
    let mut seen = String::new();
    loop {
        let mut next = String::new();
        if said.read_line(&mut next).expect("text") == 0 {
            panic!("{until:?} is never said: {seen}");
        }
        seen += &next;
        if next.contains(until) {
            break;
        }
    }
    let begun = Instant::now();
    signal(&child);
    let mut rest = String::new();
    said.read_to_string(&mut rest).expect("text");
    let code = child.wait().expect("it ends").code();
    (code, rest, begun.elapsed())
}

fn signal(child: &Child) {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    kill_process(pid, Signal::INT).expect("seam is there");
}

#[test]
fn interrupted_among_the_runs_it_prints_what_passed_and_takes_down_what_runs() {
    let project = Project::new();

    let (code, rest, took) = interrupted(&project, "explore errand --seeds 100 --from 1 --jobs 2", "seed 1: PASS");

    assert_eq!(code, Some(2), "{rest}");
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert!(
        rest.contains("no verdict, interrupted") && rest.contains("runs per minute"),
        "{rest}"
    );
    assert!(
        rest.trim_end()
            .lines()
            .last()
            .is_some_and(|line| line.starts_with("seeds from 1; ")),
        "{rest}"
    );
    project.is_left_alone();
}

#[test]
fn interrupted_while_it_shrinks_it_keeps_the_smallest_so_far() {
    let project = Project::new();

    let line = "explore errand --seeds 1 --from 1 --jobs 2 --set defect=both";
    let (code, rest, took) = interrupted(&project, line, "seed 1, with 4 faults and 16 journeys: failed in 2 of");

    assert_eq!(code, Some(1), "{rest}");
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert!(
        rest.contains("shrunk from 5 faults to 4 ") && rest.contains("interrupted, so smaller ones may"),
        "{rest}"
    );
    let checked = project.seam("check scenarios/errand.pinned-1.toml");
    assert_eq!(checked.code, Some(0), "{checked:#?}");
    project.is_left_alone();
}

#[test]
fn interrupted_within_the_first_run_it_says_so() {
    let project = Project::new();

    // Each order takes two seconds.
    let line = "explore errand --seeds 3 --from 1 --set defect=slow";
    let (code, rest, took) = interrupted(&project, line, "seeds from 1; ");

    assert_eq!(code, Some(2), "{rest}");
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert!(rest.contains("interrupted"), "{rest}");
    project.is_left_alone();
}
