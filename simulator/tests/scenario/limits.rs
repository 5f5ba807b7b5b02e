//! Budgets of phases, limits, stop conditions, and journeys at a rate.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use simulator::scenario::{FaultOutcome, Report, Scenario, Verdict};

use crate::{
    SHOP, run_on,
    shop::{Defect, Shop},
};

/// The shop's scenario with one more table, and one thing replaced.
fn with(table: &str, find: &str, replace: &str) -> Scenario {
    assert!(SHOP.contains(find), "{find:?} is in the file");
    let text = SHOP
        .replacen(find, replace, 1)
        .replacen("[converge]", &format!("{table}\n[converge]"), 1);
    Scenario::parse(&text, Path::new("shop.toml")).expect("the scenario is right")
}

async fn report_of(defect: Defect, scenario: &Scenario) -> Report {
    let limit = Duration::from_secs(20);
    let shop = Shop::with(defect);
    let ran = tokio::time::timeout(limit, run_on(&shop, scenario, 1));
    ran.await.expect("a run is limited").0
}

#[tokio::test]
async fn a_run_is_given_up_when_its_time_is_over() {
    let scenario = with(
        "[limits]\ntotal = \"150ms\"",
        "patience_ms = 1000",
        "patience_ms = 600000",
    );
    let begun = Instant::now();

    let report = report_of(Defect::NeverDecides, &scenario).await;

    assert_eq!(report.verdict, Verdict::Fail);
    let reason = report.given_up.as_deref();
    assert_eq!(reason, Some("it took longer than 150ms, the limit of [limits] total"));
    assert!(begun.elapsed() >= Duration::from_millis(150) && report.failed_journeys.len() == 20);
}

#[tokio::test]
async fn time_that_is_over_while_nothing_comes_to_rest_fails_the_run() {
    let scenario = with("[limits]\ntotal = \"200ms\"", "within_ms = 300", "within_ms = 600000");

    let report = report_of(Defect::BooksNothing, &scenario).await;

    assert_eq!((report.verdict, report.failed_journeys.len()), (Verdict::Fail, 0));
    assert!(report.given_up.is_some_and(|reason| reason.contains("[limits] total")));
}

#[tokio::test]
async fn a_run_stops_at_the_errors_and_the_failed_journeys_that_it_names() {
    for (stop, wanted) in [
        ("failed_journeys = 3", "3 journeys failed"),
        (
            "errors_above = 0.3\nafter_requests = 7",
            "requests failed, more than the share of 0.3",
        ),
    ] {
        let scenario = with(&format!("[[stop]]\n{stop}"), "count = 20", "count = 200");

        let report = report_of(Defect::RefusesOrders, &scenario).await;

        assert_eq!(report.verdict, Verdict::Fail);
        let reason = report.given_up.unwrap_or_default();
        assert!(reason.contains(wanted), "{reason}");
        assert!(report.requests.sent < 60, "{:?}", report.requests);
    }
    let scenario = with("[[stop]]\nerrors_above = 0.3", "count = 20", "count = 60");
    let sound = report_of(Defect::None, &scenario).await;
    assert_eq!((sound.verdict, sound.given_up), (Verdict::Pass, None));
}

#[tokio::test]
async fn what_is_not_healed_in_time_is_said() {
    let mut scenario = with("[heal]\nwithin = \"50ms\"", "count = 20", "count = 40");
    let text = SHOP.replace("kind = \"kill\"", "kind = \"stop\"");
    let text = text.replace("lasts = [\"5ms\", \"10ms\"]", "");
    let stopped = Scenario::parse(&text, Path::new("shop.toml"));
    scenario.faults = stopped.expect("the scenario is right").faults;

    let report = report_of(Defect::NeverBack, &scenario).await;

    assert_eq!(report.verdict, Verdict::Fail);
    let outcome = &report.faults[0].outcome;
    let wanted = "longer than 50ms, the limit of [heal]";
    assert!(
        matches!(outcome, FaultOutcome::NotHealed { reason, .. } if reason.contains(wanted)),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn no_fault_comes_before_the_steady_part_is_over() {
    let scenario = with("[steady]\njourneys = 12", "at = 0.5", "at = { after = \"0s\" }");
    let report = report_of(Defect::Slow, &scenario).await;
    assert!(report.faults[0].at_journey > 12, "{:?}", report.faults);
    assert_eq!(report.verdict, Verdict::Pass);

    let scenario = with("[steady]\nfor = \"60ms\"", "at = 0.5", "at = 0.0");
    let report = report_of(Defect::Slow, &scenario).await;
    let outcome = &report.faults[0].outcome;
    assert!(
        matches!(outcome, FaultOutcome::Fired { at_ms, .. } if *at_ms >= 60),
        "{outcome:?}"
    );

    let scenario = with("[steady]\nfor = \"1h\"", "at = 0.5", "at = 0.0");
    let report = report_of(Defect::None, &scenario).await;
    assert!(matches!(report.faults[0].outcome, FaultOutcome::TooLate { .. }));
}

#[tokio::test]
async fn journeys_start_at_their_rate_and_one_that_starts_late_is_late() {
    let scenario = with("", "concurrency = 4", "concurrency = 4\nrate = 100.0");
    let report = report_of(Defect::None, &scenario).await;
    assert_eq!(report.verdict, Verdict::Pass);
    let took = report.timeline.journeys_ms;
    assert!(took >= 190, "the last of 20 starts after 190 ms, and not after {took}");

    // One at a time, 20 ms and more for each, and one due in each millisecond: the last waits for 19 others.
    let scenario = with("", "concurrency = 4", "concurrency = 1\nrate = 1000");
    let report = report_of(Defect::Slow, &scenario).await;
    let step = report.samples.steps.iter().find(|it| it.step == "order");
    let slowest = step.expect("orders were sent").figures.max_us / 1_000;
    assert!(slowest >= 19 * 20 - 20, "the wait counts: {slowest} ms");

    let closed = with("", "concurrency = 4", "concurrency = 1");
    let report = report_of(Defect::Slow, &closed).await;
    let step = report.samples.steps.iter().find(|it| it.step == "order");
    assert!(
        step.is_some_and(|it| it.figures.max_us / 1_000 < 300),
        "without a rate nothing is due: {step:?}"
    );
}
