//! Moments of faults: on a trigger, repeated, until the end; and links, which must have met something.

use std::path::Path;

use simulator::{
    progress::Silent,
    scenario::{FaultOutcome, Report, Scenario, ScenarioError, Verdict, run},
};

use crate::{
    SHOP, run_on,
    shop::{Defect, Shop},
};

/// The shop's scenario with these faults in place of its own, and many journeys.
fn with_faults(faults: &str) -> Scenario {
    let (before, rest) = SHOP.split_once("[[fault]]").expect("the file has a fault");
    let (_, after) = rest.split_once("[[observe]]").expect("tables follow");
    let text = format!("{before}{faults}\n[[observe]]{after}").replace("count = 20", "count = 400");
    Scenario::parse(&text, Path::new("shop.toml")).expect("the scenario is right")
}

async fn report_under(defect: Defect, faults: &str) -> (Report, Vec<String>) {
    let shop = Shop::with(defect);
    let (report, _) = run_on(&shop, &with_faults(faults), 1).await;
    (report, shop.laid())
}

fn times(report: &Report) -> Vec<(u64, u64)> {
    let times = report.faults.iter().map(|fault| match fault.outcome {
        FaultOutcome::Fired { at_ms, healed_at_ms } => (at_ms, healed_at_ms),
        ref other => panic!("{other:?} of {fault:?}"),
    });
    times.collect()
}

const SLOW_LINK: &str = r#"
[[fault]]
name = "slow"
link = "shop -> bank"
does = { latency = { delay = "200ms" } }
at = { journey = 7 }
"#;

#[tokio::test]
async fn a_fault_comes_with_its_journey_and_stays_to_the_end() {
    let (report, laid) = report_under(Defect::None, SLOW_LINK).await;

    assert_eq!((report.verdict, laid), (Verdict::Pass, vec!["slow".to_owned()]));
    let fault = &report.faults[0];
    assert_eq!((fault.at_journey, fault.traffic[0].fired), (7, 7));
    assert_eq!(fault.approximated.as_deref(), Some("it is a toy"));
    let [(_, healed_at_ms)] = times(&report).try_into().expect("one fault");
    let journeys_over = report.timeline.journeys_ms;
    assert!(healed_at_ms >= journeys_over, "{healed_at_ms} is after {journeys_over}");
}

#[tokio::test]
async fn a_link_on_which_nothing_passed_fails_a_run_that_is_sound_otherwise() {
    for (defect, wanted) in [
        (Defect::IdleLinks, "nothing that it selects passed the link"),
        (Defect::LuckyLinks, "it met 7 and acted on none: chance spared 7"),
    ] {
        let (report, _) = report_under(defect, SLOW_LINK).await;

        assert_eq!(report.verdict, Verdict::Fail, "{defect:?}");
        let sound = report.invariants.iter().all(|it| it.verdict == Verdict::Pass);
        assert!(sound && report.failed_journeys.is_empty());
        let outcome = &report.faults[0].outcome;
        assert!(
            matches!(outcome, FaultOutcome::Idle { reason, .. } if reason.contains(wanted)),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_fault_follows_another_and_one_follows_a_recovery() {
    let (report, laid) = report_under(
        Defect::None,
        r#"
[[fault]]
name = "third"
link = "shop -> bank"
does = { refuse = {} }
at = { ready = "bank", after = "1ms" }
[[fault]]
name = "second"
kind = "stop"
node = "bank"
at = { fault = "first", after = "2ms" }
lasts = "1ms"
[[fault]]
name = "first"
link = "* -> bank"
does = { latency = { delay = "1ms" } }
at = { after = "1ms" }
lasts = ["1ms", "2ms"]
"#,
    )
    .await;

    assert_eq!(laid, ["first", "second", "third"]);
    let [third, second, first] = times(&report).try_into().expect("three faults");
    assert!(first.0 < second.0 && second.1 <= third.0, "{report:?}");
    assert_eq!(report.verdict, Verdict::Pass);
}

#[tokio::test]
async fn a_fault_is_laid_as_often_as_it_says() {
    let (report, laid) = report_under(
        Defect::None,
        r#"
[[fault]]
name = "flap"
kind = "pause"
node = "bank"
at = { journey = 2 }
lasts = "1ms"
every = "20ms"
times = 3
"#,
    )
    .await;

    assert_eq!(laid, ["flap", "flap (2)", "flap (3)"]);
    for (number, (at_ms, _)) in (0..).zip(times(&report)) {
        assert!(at_ms >= 20 * number, "20 ms after the one before it: {report:?}");
    }
    assert_eq!(report.verdict, Verdict::Pass);
}

#[tokio::test]
async fn a_moment_that_never_comes_fails_the_run() {
    for (at, wanted) in [
        ("{ after = \"1h\" }", "the last journey ended"),
        ("{ ready = \"bank\" }", "before the-bank became ready again"),
        ("{ ready = \"post office\" }", "there are: bank, shop"),
        ("{ fault = \"late\", after = \"1ms\" }", "fault \"late\" was not laid"),
    ] {
        let faults = SLOW_LINK.replace("{ journey = 7 }", at);
        let late = SLOW_LINK
            .replace("{ journey = 7 }", "{ after = \"2h\" }")
            .replace("slow", "late");
        let (report, laid) = report_under(Defect::None, &(faults + &late)).await;

        assert_eq!(report.verdict, Verdict::Fail, "{at}");
        assert_eq!(laid, Vec::<String>::new(), "{at}");
        let outcome = &report.faults[0].outcome;
        assert!(
            matches!(outcome, FaultOutcome::TooLate { reason } if reason.contains(wanted)),
            "{at}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_fault_that_the_world_cannot_bear_is_refused_before_anything_is_asked() {
    let shop = Shop::with(Defect::BearsNoFaults);

    let refused = run(&with_faults(SLOW_LINK), &shop, 1, &Silent).await;

    let error = refused.map(|_| ()).expect_err("nothing is tried");
    assert!(matches!(error, ScenarioError::Refused { .. }));
    assert_eq!(
        error.to_string(),
        "fault \"slow\" can't be laid: this bank is a painting"
    );
    assert!(shop.asked().is_empty(), "not even the setup");
}
