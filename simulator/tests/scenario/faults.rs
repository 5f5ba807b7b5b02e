//! Faults: each is reported with its outcome, and one that did not happen or did not heal fails the run.

use std::{path::Path, time::Duration};

use simulator::{
    scenario::{Candidates, FaultOutcome, FaultPlan, Scenario, Verdict},
    steps::Target,
};

use crate::{
    SHOP, report_of, run_on, scenario,
    shop::{Defect, Shop},
};

#[tokio::test]
async fn a_fault_fires_at_its_moment_and_is_healed() {
    let shop = Shop::with(Defect::None);

    let (report, _) = run_on(&shop, &scenario(), 1).await;

    let [fault] = report.faults.as_slice() else {
        panic!("{:?}", report.faults)
    };
    let bank = Target::Node("the-bank".to_owned());
    assert_eq!((&fault.target, fault.at_journey), (&bank, 10));
    assert!(
        matches!(fault.outcome, FaultOutcome::Fired { at_ms, healed_at_ms } if healed_at_ms >= at_ms + 5),
        "{fault:?}"
    );
    assert_eq!(shop.killed(), ["the-bank"]);
}

#[tokio::test]
async fn a_kill_that_met_nothing_fails_a_run_that_is_sound_otherwise() {
    let report = report_of(Defect::LonelyBank).await;

    assert_eq!(report.verdict, Verdict::Fail);
    assert!(
        report
            .invariants
            .iter()
            .all(|invariant| invariant.verdict == Verdict::Pass)
    );
    let FaultOutcome::Idle { reason, .. } = &report.faults[0].outcome else {
        panic!("{:?}", report.faults);
    };
    assert_eq!(
        reason,
        "no connection to the node or from it was open or begun while it stood"
    );

    // One laying of several is enough.
    let twice = SHOP.replace(
        "lasts = [\"5ms\", \"10ms\"]",
        "lasts = \"5ms\"\nevery = \"10ms\"\ntimes = 2",
    );
    let twice = Scenario::parse(&twice, Path::new("shop.toml")).expect("still right");
    let (report, _) = run_on(&Shop::with(Defect::LonelyBank), &twice, 1).await;
    assert_eq!((report.faults.len(), report.verdict), (2, Verdict::Pass), "{report:?}");
}

#[tokio::test]
async fn a_fault_that_never_fired_fails_a_run_that_is_sound_otherwise() {
    let report = report_of(Defect::CannotBeKilled).await;

    assert_eq!(report.verdict, Verdict::Fail);
    assert!(
        report
            .invariants
            .iter()
            .all(|invariant| invariant.verdict == Verdict::Pass)
    );
    assert_eq!(
        report.faults[0].outcome,
        FaultOutcome::Failed {
            reason: "it wears armour".to_owned()
        }
    );
}

#[tokio::test]
async fn a_fault_that_the_world_refuses_fails_the_run_and_is_told_from_one_that_failed() {
    let report = report_of(Defect::RefusesFaults).await;

    assert_eq!(report.verdict, Verdict::Fail);
    assert_eq!(
        report.faults[0].outcome,
        FaultOutcome::Refused {
            reason: "this bank has no process".to_owned()
        }
    );
}

#[tokio::test]
async fn a_lost_run_heals_what_is_laid_at_once_and_lays_no_more() {
    let mut scenario = scenario();
    scenario.workload.count = 40;
    // Journeys fail one by one, and the first fault is laid long before twenty have.
    scenario.workload.patience = Duration::from_millis(60);
    let shop = Shop::with(Defect::NeverDecides);
    let text = SHOP
        .replace("at = 0.5\nlasts = [\"5ms\", \"10ms\"]", "at = 0.0\nlasts = \"10m\"")
        .replace(
            "[[observe]]\ntable = \"orders\"",
            "[[fault]]\nkind = \"kill\"\nnode = \"shop\"\nat = 1.0\n\n[[observe]]\ntable = \"orders\"",
        );
    scenario.faults = Scenario::parse(&text, Path::new("shop.toml"))
        .expect("still right")
        .faults;

    let (report, _) = run_on(&shop, &scenario, 1).await;

    let [laid, ahead] = report.faults.as_slice() else {
        panic!("{:?}", report.faults)
    };
    assert!(
        matches!(laid.outcome, FaultOutcome::Fired { at_ms, healed_at_ms } if healed_at_ms < at_ms + 60_000),
        "ten minutes were planned: {laid:?}"
    );
    assert!(
        matches!(&ahead.outcome, FaultOutcome::TooLate { reason } if reason.contains("20 journeys failed")),
        "{ahead:?}"
    );
    assert_eq!(shop.killed(), ["the-bank"]);
}

#[tokio::test]
async fn a_fault_on_a_role_that_nobody_plays_fails_the_run() {
    let mut scenario = scenario();
    scenario.faults = vec![FaultPlan::kill(Candidates::one("post office"))];

    let (report, _) = run_on(&Shop::with(Defect::None), &scenario, 1).await;

    assert_eq!(report.verdict, Verdict::Fail);
    assert!(matches!(&report.faults[0].outcome, FaultOutcome::Refused { reason } if reason == "there are: bank, shop"));
}

#[tokio::test]
async fn a_fault_that_cannot_be_healed_ends_the_run_at_once() {
    let mut scenario = scenario();
    // The second half of the journeys takes far longer than the fault lasts, so some are under way when it ends.
    scenario.workload.count = 20_000;
    scenario.workload.patience = Duration::from_millis(300);

    let (report, _) = run_on(&Shop::with(Defect::StaysDead), &scenario, 1).await;

    assert_eq!(report.verdict, Verdict::Fail);
    assert!(
        matches!(report.faults[0].outcome, FaultOutcome::NotHealed { .. }),
        "{:?}",
        report.faults
    );
    assert!(
        report
            .failed_journeys
            .last()
            .is_some_and(|it| it.reason.contains("it exited with status 1")),
        "{:?}",
        report.failed_journeys
    );
}

#[tokio::test]
async fn several_faults_on_one_node_take_turns() {
    let mut scenario = scenario();
    scenario.faults = (0..5).map(|_| FaultPlan::kill(Candidates::one("bank"))).collect();
    let shop = Shop::with(Defect::None);

    let (report, _) = run_on(&shop, &scenario, 1).await;

    let mut times: Vec<(u64, u64)> = report
        .faults
        .iter()
        .map(|fault| match fault.outcome {
            FaultOutcome::Fired { at_ms, healed_at_ms } => (at_ms, healed_at_ms),
            ref other => panic!("{other:?}"),
        })
        .collect();
    times.sort_unstable();
    assert!(
        times.windows(2).all(|pair| pair[0].1 <= pair[1].0),
        "one begins after the other is healed: {times:?}"
    );
}
