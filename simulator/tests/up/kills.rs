use std::time::Duration;

use rustix::process::Signal;

use crate::seam::{LIMIT, PYTHON, Shop, until};

/// Nodes that start children of their own and end of no own accord.
fn many_sleepers() -> Shop {
    let node = |name: &str, needs: &str| {
        format!("[node.{name}]\ncommand = ['sh', '-c', 'sleep 600 & sleep 600']\nneeds = [{needs}]\n")
    };
    let nodes: String = (0..6).map(|number| node(&format!("n{number}"), "")).collect();
    Shop::new(&format!("name = 'sleepers'\n{nodes}{}", node("last", "'n0'")))
}

#[test]
fn a_kill_of_seam_at_any_moment_of_the_start_leaves_nothing_behind() {
    for round in 0..24 {
        let shop = many_sleepers();
        let mut seam = shop.up(&["--json"]);

        // Each round a little later: before the first node, between two of them, when all have started.
        if round % 2 == 0 {
            seam.heard(1, Duration::from_millis(3 * round));
        } else {
            seam.heard(usize::try_from(round / 4).unwrap(), LIMIT);
        }
        seam.signal(Signal::KILL);

        seam.ended();
        seam.assert_nothing_is_left();
    }
}

#[test]
fn a_kill_of_seam_kills_what_its_nodes_started() {
    let shop = many_sleepers();
    let mut seam = shop.up(&["--json"]);
    assert!(seam.heard(6, LIMIT), "six nodes start");
    // Six shells with two sleepers each.
    let sleepers = || {
        seam.offspring()
            .iter()
            .filter(|process| process.contains(" sleep 600"))
            .count()
    };
    until(|| (sleepers() >= 12).then_some(()));

    seam.signal(Signal::KILL);

    seam.ended();
    seam.assert_nothing_is_left();
}

#[test]
fn a_process_that_left_its_group_does_not_outlive_seam() {
    for signal in [Signal::KILL, Signal::INT] {
        let shop = Shop::new(&format!(
            "name = 'shop'\n[node.web]\ncommand = ['sh', '-c', \
             '(setsid sh -c \"sleep 600 & sleep 600\" &); exec \"$@\"', 'sh', {}",
            PYTHON.trim_start_matches('[')
        ));
        let mut seam = shop.up(&["--json"]);
        seam.ready();
        let sleepers = || seam.offspring().iter().filter(|it| it.contains(" sleep 600")).count();
        until(|| (sleepers() >= 2).then_some(()));

        seam.signal(signal);

        seam.ended();
        seam.assert_nothing_is_left();
    }
}

/// Puts itself into the background with an empty environment, as a program has that shows a title in its place, and
/// says its number and that of its child in a file.
const DAEMON: &str = "import os, subprocess, sys
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    child = subprocess.Popen(['/bin/sleep', '600'], env={})
    with open(sys.argv[1] + '.part', 'w') as file:
        file.write(f'{os.getpid()} {child.pid}')
    os.rename(sys.argv[1] + '.part', sys.argv[1])
    os.execve('/bin/sleep', ['sleep', '600'], {})
";

/// Seconds since a process began, or nothing if it is gone.
fn age(pid: &str) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let now: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    let started: f64 = fields[19].parse().ok()?;
    (fields[0] != "Z").then_some(now - started / 100.0)
}

#[test]
fn a_daemon_that_left_its_environment_too_does_not_outlive_seam() {
    for (signal, then) in [
        (None, "exit 0"),
        (Some(Signal::INT), "exec sleep 600"),
        (Some(Signal::KILL), "exec sleep 600"),
    ] {
        let shop = Shop::new(&format!(
            "name = 'shop'\n[node.web]\ncommand = ['sh', '-c', 'python3 daemon.py numbers; {then}']\nports = []\n\
             ready = {{ log = 'never', within_ms = 60000 }}\n"
        ));
        let folder = shop.folder.path();
        std::fs::write(folder.join("daemon.py"), DAEMON).unwrap();
        let mut seam = shop.up(&["--json"]);
        let numbers = until(|| std::fs::read_to_string(folder.join("numbers")).ok());
        let numbers: Vec<&str> = numbers.split(' ').collect();

        if let Some(signal) = signal {
            // One that is younger than a look of the reaper may outlive a kill.
            until(|| age(numbers[0]).filter(|age| *age > 2.0));
            seam.signal(signal);
        }

        seam.ended();
        until(|| numbers.iter().all(|pid| age(pid).is_none()).then_some(()));
    }
}

#[test]
fn an_interrupt_before_everything_is_ready_stops_and_says_so() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let shop = many_sleepers();
        let mut seam = shop.up(&["--json"]);
        assert!(seam.heard(6, LIMIT), "six nodes start");

        seam.signal(signal);
        let (status, said) = seam.ended();

        assert_eq!(status.code(), Some(2), "{said}");
        assert!(said.contains("interrupted before every node was ready"), "{said}");
        seam.assert_nothing_is_left();
    }
}
