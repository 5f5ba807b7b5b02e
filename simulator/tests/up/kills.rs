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
