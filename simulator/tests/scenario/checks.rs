//! Claims that are checked by other means than SQL, and a program as the workload.

use std::path::Path;

use serde_json::{Value, json};
use simulator::scenario::{InvariantReport, Report, Scenario, Verdict};

use crate::{
    SHOP, run_on,
    shop::{Defect, Shop},
};

/// The report of the shop's scenario with one more invariant.
async fn report_with(defect: Defect, invariant: &str) -> Report {
    let text = format!("{SHOP}\n[[invariant]]\nname = \"claim\"\n{invariant}\n")
        .replace("count = 20", "count = 60")
        .replace("lasts = [\"5ms\", \"10ms\"]", "lasts = \"60ms\"");
    let scenario = Scenario::parse(&text, Path::new("shop.toml")).unwrap_or_else(|error| panic!("{error}"));
    run_on(&Shop::with(defect), &scenario, 1).await.0
}

fn claim(report: &Report) -> &InvariantReport {
    let found = report.invariants.iter().find(|it| it.name == "claim");
    found.expect("the claim is in the report")
}

async fn judged(defect: Defect, invariant: &str) -> InvariantReport {
    claim(&report_with(defect, invariant).await).clone()
}

#[tokio::test]
async fn each_claim_is_judged_and_says_how_much_was_examined() {
    use Verdict::{Fail, Inconclusive, Pass};
    for (invariant, wanted, evidence) in [
        (
            "probe = { node = 'bank', path = '/charges?page=1', pointer = '/items/0/amount', one_of = [0] }",
            Fail,
            "wanted one of [0]",
        ),
        ("probe = { node = 'bank', path = '/charges?page=999' }", Pass, ""),
        ("probe = { node = 'shop', path = '/nothing', status = [404] }", Pass, ""),
        (
            "probe = { node = 'shop', path = '/nothing' }",
            Fail,
            "answered 404, wanted [200]",
        ),
        ("log = { node = 'shop', must = 'lunch at \\w+' }", Pass, ""),
        ("log = { node = 'shop', must = 'dinner' }", Fail, "dinner"),
        ("log = { node = 'shop', must_not = 'panicked' }", Pass, ""),
        ("log = { node = 'shop', must_not = 'lunch' }", Fail, "lunch at noon"),
        ("log = { node = 'bank', must_not = 'panicked' }", Inconclusive, ""),
        ("latency = { percentile = 99, below = '1h' }", Pass, ""),
        (
            "latency = { step = 'order', percentile = 50, below = '1ns' }",
            Fail,
            "wanted below",
        ),
        ("errors = { below = 0.5 }", Pass, ""),
        ("errors = { step = 'order', below = 0.01 }", Pass, ""),
        ("command = ['true']", Pass, ""),
        ("command = ['false', 'x']", Fail, "false ended with exit status 1"),
        (
            "command = ['sleep', '9']\nwithin = '20ms'",
            Fail,
            "not ended after 20ms",
        ),
    ] {
        let invariant = invariant.replace("\\w", "[a-z]");
        let report = report_with(Defect::None, &invariant).await;

        let claim = claim(&report);
        assert_eq!(
            (claim.verdict, report.verdict),
            (wanted, wanted),
            "{invariant}: {claim:?}"
        );
        assert_eq!(claim.checked == 0, wanted == Inconclusive, "{invariant}: {claim:?}");
        assert_eq!(claim.violations > 0, wanted == Fail, "{invariant}: {claim:?}");
        let shown = Value::from(claim.evidence.iter().cloned().map(Value::Object).collect::<Vec<_>>()).to_string();
        assert!(shown.contains(evidence), "{invariant}: {shown}");
    }
}

#[tokio::test]
async fn errors_and_latency_are_those_of_the_step_that_they_name() {
    // Every order is asked for three times: lost, in flight, done.
    let invariant = "errors = { step = 'order', below = 0.6 }";
    let orders = judged(Defect::LosesAnswers, invariant).await;
    assert_eq!(
        (orders.verdict, &orders.figures["errors"]),
        (Verdict::Fail, &json!(120))
    );
    assert_eq!(orders.checked, 180);
    let others = judged(Defect::LosesAnswers, "errors = { step = 'follow', below = 0.01 }").await;
    assert_eq!(others.verdict, Verdict::Pass);
    let slow = judged(
        Defect::Slow,
        "latency = { step = 'order', percentile = 50, below = '9ms' }",
    )
    .await;
    assert_eq!((slow.verdict, slow.checked), (Verdict::Fail, 60));
    assert!(slow.figures["p50_ms"].as_f64() >= Some(10.0), "{slow:?}");
}

#[tokio::test]
async fn a_claim_about_a_part_of_the_run_is_judged_by_the_requests_of_that_part() {
    use Verdict::{Fail, Inconclusive, Pass};
    let none_fails = "errors = { step = 'order', below = 0.0001 }";
    let whole = judged(Defect::PutsOff, none_fails).await;
    assert_eq!(whole.verdict, Fail, "{whole:?}");
    for (during, wanted) in [
        ("'steady'", Pass),
        ("'faults'", Fail),
        ("{ fault = 'fault 1' }", Fail),
        ("{ healed = 'fault 1' }", Pass),
        ("{ healed = 'fault 1', after = '1ms' }", Pass),
        ("{ healed = 'fault 1', after = '1h' }", Inconclusive),
    ] {
        let part = judged(Defect::PutsOff, &format!("{none_fails}\nduring = {during}")).await;
        assert_eq!(part.verdict, wanted, "{during}: {part:?}");
        assert!(part.checked < whole.checked, "{during}: {part:?}");
    }
    // The latency is that of the same requests.
    let latency = "latency = { step = 'order', percentile = 50, below = '1h' }\nduring = 'steady'";
    let steady = judged(Defect::PutsOff, latency).await;
    assert_eq!(steady.verdict, Pass, "{steady:?}");
    assert!(
        steady.checked < 60 && steady.figures["p50_ms"].as_f64() >= Some(2.0),
        "{steady:?}"
    );
}

#[tokio::test]
async fn what_must_hold_throughout_fails_by_one_miss_and_what_must_hold_once_needs_one() {
    // The bank is dead for a while in each run.
    let probe = "probe = { node = 'bank', path = '/charges?page=1' }\nevery = '1ms'";
    let throughout = judged(Defect::Slow, &format!("{probe}\nwhen = 'throughout'")).await;
    assert_eq!(throughout.verdict, Verdict::Fail);
    let reason = throughout.evidence[0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("connection refused") && throughout.evidence[0]["at_ms"].is_u64());
    assert!(throughout.checked > throughout.violations as u64, "{throughout:?}");

    let once = judged(Defect::Slow, &format!("{probe}\nwhen = 'once'")).await;
    assert_eq!((once.verdict, once.violations), (Verdict::Pass, 0));
    let never = judged(Defect::Slow, "probe = { node = 'shop', path = '/x' }\nwhen = 'once'").await;
    assert_eq!(never.verdict, Verdict::Fail);
}

/// The shop's scenario with a program as its workload.
fn with_command(command: &str) -> Scenario {
    let (before, rest) = SHOP.split_once("[workload]").expect("the file has a workload");
    let (_, rest) = rest.split_once("[repeat]").expect("repeats follow");
    let (between, rest) = rest.split_once("[[choose]]").expect("choices follow");
    let (_, after) = rest.split_once("[[fault]]").expect("a fault follows");
    let (_, after) = after
        .split_once("[[observe]]\ntable = \"charges\"")
        .expect("charges follow");
    let (after, _) = after.split_once("[[settle]]").expect("a condition follows");
    let text =
        format!("{before}[workload]\ncommand = {command}\n[repeat]{between}[[observe]]\ntable = \"charges\"{after}");
    Scenario::parse(&text, Path::new("shop.toml")).unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test]
async fn a_program_is_a_workload_and_its_status_is_an_invariant() {
    for (command, wanted) in [("['true']", Verdict::Pass), ("['false']", Verdict::Fail)] {
        let (report, _) = run_on(&Shop::with(Defect::None), &with_command(command), 1).await;

        let [status] = report.invariants.as_slice() else {
            panic!("{:?}", report.invariants)
        };
        assert_eq!((report.verdict, status.verdict), (wanted, wanted));
        assert_eq!((report.count, status.checked), (0, 1));
        assert_eq!(status.name, "the workload ends with status 0");
    }
}
