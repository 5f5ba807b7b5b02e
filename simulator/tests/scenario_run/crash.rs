//! A node dies at a point of its code, and that is told from every other death.

use std::{fs, path::PathBuf};

use crate::{
    Project, check,
    faults::{report, with_fault},
};

const CRASH: &str = "kind = 'crash'\nnode = 'shop'\npoint = 'shop.order.after_effect'\nlasts = '20ms'\n";

/// The project with this topology in place of its own.
fn on(project: &Project, topology: &str) {
    fs::write(project.0.path().join("topologies/corner.toml"), topology).expect("a file");
}

#[test]
fn a_node_dies_at_its_point_and_comes_back_without_a_death() {
    let project = with_fault(&format!("{CRASH}nth = 3\nat = {{ journey = 2 }}"));

    let run = project.run(&["errand", "--seed", "7"]);

    assert_eq!(run.code, Some(0), "{run:#?}");
    let line = "fault: crashed corner-shop at shop.order.after_effect:3 at ";
    assert!(
        run.stdout.contains(line) && run.stdout.contains(", ready again at "),
        "{run:#?}"
    );
    assert!(!run.stdout.contains("death:"), "{run:#?}");

    let run = project.run(&["errand", "--seed", "7", "--json"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let fault = &report(&run)["faults"][0];
    assert_eq!(fault["point"]["name"], "shop.order.after_effect", "{fault}");
    let journey = fault["at_journey"].as_u64();
    assert!(
        journey >= Some(3),
        "two callers at a time have passed it three times: {fault}"
    );
    assert_eq!(project.processes(), Vec::<String>::new());
}

#[test]
fn a_repeated_crash_comes_each_time_in_a_process_that_counts_anew() {
    let project = with_fault(&format!("{CRASH}nth = 2\nat = 0.0\nevery = '1ms'\ntimes = 3"));

    let run = project.run(&["errand", "--seed", "7", "--json"]);

    assert_eq!(run.code, Some(0), "{run:#?}");
    let report = report(&run);
    let outcomes = report["faults"].as_array().expect("faults").iter();
    assert_eq!(
        outcomes.map(|fault| &fault["outcome"]["is"]).collect::<Vec<_>>(),
        ["fired"; 3]
    );
    assert_eq!(report["deaths"].as_array().map(Vec::len), Some(0), "{report}");
}

#[test]
fn a_point_that_was_never_reached_fails_the_run_by_name() {
    let run = with_fault(&format!("{CRASH}nth = 1000\nat = 0.0")).run(&["errand", "--seed", "7"]);

    assert_eq!(run.code, Some(1), "{run:#?}");
    let line = "fault: TOO LATE to crash corner-shop at shop.order.after_effect:1000 at journey ";
    let reason = "so this run proved nothing: corner-shop did not pass shop.order.after_effect 1000 times";
    assert!(run.stdout.contains(line) && run.stdout.contains(reason), "{run:#?}");
}

#[test]
fn a_node_that_dies_when_the_journeys_are_over_and_has_passed_its_point_before_has_crashed() {
    let project = with_fault(&format!("{CRASH}nth = 8\nat = 0.0"));

    // It lives on for a second.
    let run = project.run(&["errand", "--seed", "7", "--json", "--set", "defect=lingering"]);

    assert_eq!(run.code, Some(0), "{run:#?}");
    let report = report(&run);
    assert_eq!(report["faults"][0]["outcome"]["is"], "fired", "{report}");
    assert_eq!(report["deaths"].as_array().map(Vec::len), Some(0), "{report}");
}

#[test]
fn another_death_of_an_armed_node_is_a_death() {
    let project = with_fault(&format!("{CRASH}nth = 1000\nat = 0.0"));
    on(
        &project,
        &(include_str!("topology.toml").to_owned() + "restart = { on_failure = 1, backoff_ms = 10 }\n"),
    );

    let run = project.run(&["errand", "--seed", "7", "--set", "defect=mortal"]);

    assert_eq!(run.code, Some(1), "{run:#?}");
    for line in [
        "death: corner-shop died by itself at ",
        "(exit status 7)",
        "fault: TOO LATE to crash corner-shop",
    ] {
        assert!(run.stdout.contains(line), "{line:?} is not in {run:#?}");
    }
}

#[test]
fn a_program_without_that_point_or_any_is_refused_before_anything_starts() {
    let worker = include_str!("topology.toml").to_owned() + "[node.sweeper]\ncommand = ['sleep', '600']\nports = []\n";
    for (node, point, parts) in [
        (
            "shop",
            "shop.order.nowhere",
            [
                "node 'corner-shop' has no fail point \"shop.order.nowhere\"",
                "shop.order.before_effect, shop.order.after",
            ],
        ),
        (
            "sweeper",
            "sweeper.swept",
            [
                "`sleep 600 --fail-points` lists none (exit status 1; it said: ",
                "wanted one name a line and status 0",
            ],
        ),
    ] {
        let project = with_fault(&format!("kind = 'crash'\nnode = '{node}'\npoint = '{point}'\nat = 0.5"));
        on(&project, &worker);

        let run = project.run(&["errand"]);

        assert_eq!(run.code, Some(2), "{run:#?}");
        for part in parts {
            assert!(run.stderr.contains(part), "{part:?} is not in {run:#?}");
        }
        assert!(!run.stderr.contains("ready"), "{run:#?}");
        assert_eq!(
            (project.runs(), project.processes()),
            (Vec::<PathBuf>::new(), Vec::<String>::new())
        );
    }
}

#[test]
fn the_points_of_a_program_are_said_without_secrets_and_empty_lines() {
    let project = with_fault("kind = 'crash'\nnode = 'teller'\npoint = 'teller.paid'\nat = 0.5");
    let topology = include_str!("topology.toml").replace(
        "[variables]\n",
        "secret = ['password']\n[variables]\npassword = 'pass-w0rd'\n",
    );
    let program = "import os; print('teller.asked', '', ' ', ' ' + os.environ['PASSWORD'], sep=chr(10))";
    let teller = format!(
        "[node.teller]\ncommand = ['python3', '-c', \"{program}\"]\nports = []\n\
         env = {{ PASSWORD = '${{password}}' }}\n"
    );
    on(&project, &(topology + &teller));

    let run = project.run(&["errand"]);

    assert_eq!(run.code, Some(2), "{run:#?}");
    let said = "node 'teller' has no fail point \"teller.paid\"; its program lists teller.asked, ***\n";
    assert!(run.stderr.contains(said), "{run:#?}");
}

#[test]
fn a_program_that_prints_without_an_end_in_place_of_its_points_is_refused() {
    let project = with_fault("kind = 'crash'\nnode = 'teller'\npoint = 'teller.paid'\nat = 0.5");
    let teller = "[node.teller]\ncommand = ['python3', '-c', 'print(\"teller.paid\\n\" * 100000)']\nports = []\n";
    on(&project, &(include_str!("topology.toml").to_owned() + teller));

    let run = project.run(&["errand"]);

    assert_eq!(run.code, Some(2), "{run:#?}");
    let said = "--fail-points` lists none (it printed more than 65536 bytes)";
    assert!(run.stderr.contains(said), "{run:#?}");
}

#[test]
fn a_node_that_can_have_no_point_is_refused_without_being_asked() {
    let other = "name = 'corner'\n[roles]\nshop = 'corner-shop'\n[node.corner-shop]\n";
    let of_shop = format!("{CRASH}at = 0.5");
    let second = "\n[[fault]]\nkind = 'crash'\nnode = 'corner-shop'\npoint = 'shop.order.before_effect'\nat = 0.6";
    let own = include_str!("topology.toml").to_owned();
    for (topology, fault, said) in [
        (
            format!("{other}cargo = {{ package = 'shop' }}\n"),
            of_shop.clone(),
            "node corner-shop is built by cargo without fail points; name the feature",
        ),
        (
            format!("{other}address = 'shop.example:80'\n"),
            of_shop.clone(),
            "node corner-shop runs elsewhere, where its code is out of reach",
        ),
        (
            own.clone() + "instances = 2\n",
            of_shop.clone(),
            "node corner-shop has several instances; name one of them, such as corner-shop-1",
        ),
        (
            own,
            of_shop + second,
            "fault \"fault 2\" has corner-shop crash at shop.order.before_effect:1, and \"fault 1\" at \
             shop.order.after_effect:1",
        ),
    ] {
        let project = with_fault(&fault);
        on(&project, &topology);
        for run in [check(&project, &["errand"]), project.run(&["errand"])] {
            assert_eq!(run.code, Some(2), "{run:#?}");
            assert!(run.stderr.contains(said), "{said:?} is not in {run:#?}");
        }
    }
}
