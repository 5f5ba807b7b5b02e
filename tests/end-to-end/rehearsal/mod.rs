//! The shipped plan, rehearsed with real processes: payments leaves the monolith while customers order.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use tempfile::TempDir;
use tests::seam;

fn texts<'v>(list: &'v Value, field: &str) -> Vec<&'v str> {
    let list = list.as_array().unwrap().iter();
    list.map(|one| one[field].as_str().unwrap()).collect()
}

#[test]
fn payments_is_taken_out_with_every_defect_caught_a_step_back_and_a_killed_node() {
    let folder = TempDir::new().unwrap();
    let output = seam()
        .args([
            "rehearse",
            "payments",
            "--seed",
            "5",
            "--every-defect",
            "--json",
            "--report",
        ])
        .arg(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();

    assert_eq!(report["verdict"], "PASS");
    every_defect_was_caught(&report);
    every_step_was_taken(&report);
    the_books_are_right(&report);
    let frame = said.lines().filter(|line| line.starts_with("seed 5; replay with: "));
    let frame: Vec<&str> = frame.collect();
    assert_eq!((frame.len(), frame.first()), (2, frame.last()), "{said}");
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("Rehearsal of payments: PASS") && page.contains("a cent too much"));
    assert!(!page.contains("<script") && !page.contains("src="), "it loads nothing");
}

fn every_defect_was_caught(report: &Value) {
    let defects = report["defects"].as_array().unwrap();
    assert_eq!(defects.len(), 5);
    for defect in defects {
        let fired = defect["traffic"][0]["fired"].as_u64().unwrap();
        assert!(
            defect["caught"] == true && defect["decision"] != "promote" && fired > 0,
            "{defect}"
        );
    }
}

fn every_step_was_taken(report: &Value) {
    let steps = report["steps"].as_array().unwrap();
    let numbers: BTreeSet<u64> = steps.iter().map(|step| step["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=10).collect());
    assert_eq!(steps.last().unwrap()["step"], "complete");
    let outcomes = texts(&report["steps"], "outcome");
    let back = outcomes.iter().filter(|outcome| **outcome == "went_back");
    assert_eq!(back.count(), 1, "{outcomes:?}");
    for step in steps.iter().filter(|step| !step["judgement"].is_null()) {
        for method in step["judgement"]["methods"].as_array().unwrap() {
            let compared = method["compared"].as_u64().unwrap();
            assert!(compared >= 60 && method["different"] == 0, "{step}");
        }
    }
    let kill = &report["kills"].as_array().unwrap()[0];
    let is_back = kill["ready_ms"].as_u64() > kill["at_ms"].as_u64();
    assert!(is_back && kill["problem"].is_null(), "{kill}");
}

fn the_books_are_right(report: &Value) {
    let invariants = &report["scenario"]["invariants"];
    assert!(
        texts(invariants, "name").contains(&"each paid order has one captured payment of its total, and one charge")
    );
    let mut all = invariants.as_array().unwrap().iter();
    let always = all.find(|it| it["name"] == "at no moment was an order charged twice");
    let looks = always.unwrap()["checked"].as_u64().unwrap();
    assert!(looks > 10, "looked at throughout, but only {looks} times");
    let carried = report["copies"][1]["carried"].as_u64().unwrap();
    assert!(carried > 0, "the old side was kept current: {report}");
}

#[test]
fn a_plan_that_names_what_is_not_there_does_not_begin() {
    let plan = fs::read_to_string(
        seam()
            .get_current_dir()
            .unwrap()
            .join("simulator/rehearsals/payments.toml"),
    )
    .unwrap();
    let home = seam().get_current_dir().unwrap().join("simulator/rehearsals");
    let folder = TempDir::new_in(home).unwrap();
    let file = folder.path().join("plan.toml");
    for (from, to, says) in [
        ("version = 1", "version = 7", "version is 7, wanted 1"),
        ("node = \"monolith\"", "node = \"nobody\"", "launch.node names 'nobody'"),
        (
            "token = \"token\"",
            "token = \"log\"",
            "does not list that variable as secret",
        ),
        ("monolith -> payments-service", "monolith -> moon", "moon"),
    ] {
        let text = plan.replace(from, to).replace("\"payments/", "\"../payments/");
        fs::write(&file, text).unwrap();
        for command in ["rehearse", "check"] {
            let output = seam().arg(command).arg(&file).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{command}: {said}");
            assert!(said.contains(says), "{command}, wanted {says:?}: {said}");
        }
    }
}
