//! The engine against a shop with planted defects: each must be found, with the right evidence, and a sound shop must
//! pass.

mod checks;
mod contradictions;
mod evidence;
mod explore;
mod faults;
mod files;
mod include;
mod limits;
mod moments;
mod queries;
mod shop;

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde_json::{Value, json};
use shop::{Defect, Shop};
use simulator::{
    progress::Silent,
    scenario::{Observations, Phase, Report, Scenario, ScenarioError, Verdict, run},
    steps::{Purpose, Request},
};

const SHOP: &str = include_str!("shop.toml");

fn scenario() -> Scenario {
    Scenario::parse(SHOP, Path::new("shop.toml")).expect("the scenario is right")
}

async fn run_on(shop: &Shop, scenario: &Scenario, seed: u64) -> (Report, Observations) {
    run(scenario, shop, seed, &Silent)
        .await
        .expect("the scenario can be run")
}

async fn report_of(defect: Defect) -> Report {
    run_on(&Shop::with(defect), &scenario(), 1).await.0
}

#[tokio::test]
async fn a_sound_shop_passes_and_the_report_says_how_much_was_examined() {
    let report = report_of(Defect::None).await;

    assert_eq!(report.verdict, Verdict::Pass, "{report:#?}");
    let [paid, refused] = report.invariants.as_slice() else {
        panic!("two invariants, not {:?}", report.invariants)
    };
    assert_eq!(
        paid.checked + refused.checked,
        20,
        "each of the 20 orders is in one of the two"
    );
    assert!(paid.figures["charged"].as_u64().is_some_and(|cents| cents > 0));
}

#[tokio::test]
async fn phases_come_in_order() {
    let report = report_of(Defect::None).await;

    let phases: Vec<Phase> = report.timeline.phases.iter().map(|(phase, _)| *phase).collect();
    assert_eq!(
        phases,
        [Phase::Steady, Phase::Faults, Phase::Heal, Phase::Converge, Phase::Judge]
    );
}

#[tokio::test]
async fn a_violated_invariant_fails_with_the_violating_rows_and_no_other_invariant_does() {
    let report = report_of(Defect::ChargesTwice).await;

    assert_eq!(report.verdict, Verdict::Fail);
    let [charged_once, refused] = report.invariants.as_slice() else {
        panic!("{:?}", report.invariants)
    };
    assert_eq!((charged_once.verdict, refused.verdict), (Verdict::Fail, Verdict::Pass));
    assert!(charged_once.violations > 0);
    for row in &charged_once.evidence {
        let amount = row["amount"].as_u64().expect("an amount");
        assert_eq!(amount % 2, 0, "only even amounts are charged twice: {row:?}");
        assert_eq!(row["charges"], json!(2));
    }
}

#[tokio::test]
async fn what_does_not_settle_in_time_fails_and_is_named() {
    let report = report_of(Defect::BooksNothing).await;

    assert_eq!(report.verdict, Verdict::Fail);
    assert_eq!(report.unsettled.len(), 1);
    assert_eq!(report.unsettled[0].name, "every charge is booked");
    assert!(
        report.unsettled[0].pending[0]["id"].is_string(),
        "{:?}",
        report.unsettled
    );
}

#[tokio::test]
async fn a_journey_that_never_gets_its_answer_fails_with_the_value_it_saw() {
    let mut scenario = scenario();
    scenario.workload.count = 2;
    scenario.workload.patience = Duration::from_millis(60);

    let (report, _) = run_on(&Shop::with(Defect::NeverDecides), &scenario, 1).await;

    assert_eq!(report.verdict, Verdict::Fail);
    let failure = &report.failed_journeys[0];
    assert_eq!(failure.step, "follow");
    assert!(
        failure
            .reason
            .contains(r#"gave up after 60 ms: /status is "pending", wanted "paid" or "refused""#),
        "{failure:?}"
    );
}

#[tokio::test]
async fn an_answer_with_another_status_fails_the_journey_and_is_quoted() {
    let report = report_of(Defect::FailsAtTheEnd).await;

    assert_eq!(report.verdict, Verdict::Fail);
    let failure = &report.failed_journeys[0];
    assert_eq!(failure.step, "say thanks");
    assert!(
        failure.reason.contains(r#"answered 500, wanted [200]: {"error":"no"}"#),
        "{failure:?}"
    );
}

#[tokio::test]
async fn after_many_failed_journeys_no_more_are_tried() {
    let mut scenario = scenario();
    scenario.workload.count = 500;
    let shop = Shop::with(Defect::RefusesOrders);

    let (report, _) = run_on(&shop, &scenario, 1).await;

    assert_eq!(report.verdict, Verdict::Fail);
    assert_eq!(
        report.failed_journeys.len(),
        500,
        "a journey that was not tried is no success"
    );
    let orders = shop
        .asked()
        .iter()
        .filter(|(_, request)| request.path == "/orders")
        .count();
    assert!(orders < 30, "{orders} orders were tried");
}

#[tokio::test]
async fn a_lost_or_early_answer_is_met_by_the_very_same_request() {
    let shop = Shop::with(Defect::LosesAnswers);

    let (report, _) = run_on(&shop, &scenario(), 1).await;

    assert_eq!(report.verdict, Verdict::Pass, "{report:#?}");
    let mut orders: BTreeMap<String, Vec<Request>> = BTreeMap::new();
    for (_, request) in shop
        .asked()
        .into_iter()
        .filter(|(_, request)| request.path == "/orders")
    {
        orders
            .entry(request.headers["Idempotency-Key"].clone())
            .or_default()
            .push(request);
    }
    assert_eq!(orders.len(), 20);
    for requests in orders.values() {
        assert_eq!(requests.len(), 3, "lost, in flight, answered");
        assert!(requests.iter().all(|request| request == &requests[0]));
    }
    assert_eq!(report.requests.unanswered, 20);
}

#[tokio::test]
async fn every_request_is_recorded_with_its_step_its_attempt_and_the_reason_why_it_was_repeated() {
    let (report, _) = run_on(&Shop::with(Defect::LosesAnswers), &scenario(), 1).await;

    let samples = &report.samples;
    let counted: u64 = samples.steps.iter().map(|step| step.figures.count).sum();
    let kept = u64::try_from(samples.kept.len()).expect("few");
    assert_eq!((counted, kept), (report.requests.sent, report.requests.sent));
    let (at, order) = samples
        .steps
        .iter()
        .enumerate()
        .find(|(_, step)| step.step == "order")
        .expect("orders were sent");
    let figures = order.figures;
    assert_eq!((figures.count, figures.errors, figures.repeats), (60, 40, 40));
    let what = (order.purpose, order.role.as_str(), order.node.as_str());
    assert_eq!(what, (Purpose::Journey, "shop", "the-shop"));
    assert_eq!((order.method.as_str(), order.path.as_str()), ("POST", "/orders"));
    assert!(figures.p50_us <= figures.p95_us && figures.p95_us <= figures.p99_us && figures.p99_us <= figures.max_us);
    let attempts: Vec<_> = samples
        .kept
        .iter()
        .filter(|it| it.step == at && it.journey == Some(5))
        .collect();
    let [lost, in_flight, done] = attempts.as_slice() else {
        panic!("{attempts:#?}")
    };
    assert_eq!([lost.attempt, in_flight.attempt, done.attempt], [1, 2, 3]);
    assert_eq!(
        [lost.status, in_flight.status, done.status],
        [None, Some(409), Some(201)]
    );
    assert_eq!(lost.failure.as_deref(), Some("no answer: connection reset"));
    assert_eq!(done.failure, None);
    assert!(lost.end_us < in_flight.intended_us && in_flight.intended_us <= in_flight.start_us);
    assert_eq!(lost.trace_id, done.trace_id, "one step is one trace");
    assert_ne!(lost.request_id, done.request_id);
    let over_time = samples.over_time.parts.iter();
    let (requests, errors) = over_time.fold((0, 0), |sum, part| (sum.0 + part.requests, sum.1 + part.errors));
    assert_eq!((requests, errors), (samples.load.count, samples.load.errors));
    let load = samples.steps.iter().filter(|step| step.purpose != Purpose::Observe);
    let load: u64 = load.map(|step| step.figures.count).sum();
    assert!(load == samples.load.count && load < counted, "observations are no load");
}

#[tokio::test]
async fn an_invariant_that_examined_nothing_is_inconclusive() {
    let mut scenario = scenario();
    let text = SHOP.replace("WHERE doc ->> 'card' = 'bad'\"\n", "WHERE doc ->> 'card' = 'gold'\"\n");
    assert_ne!(text, SHOP);
    scenario.invariants = Scenario::parse(&text, Path::new("shop.toml"))
        .expect("still right")
        .invariants;

    let (report, _) = run_on(&Shop::with(Defect::None), &scenario, 1).await;

    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert_eq!(report.invariants[1].verdict, Verdict::Inconclusive);
}

#[tokio::test]
async fn the_same_seed_sends_the_same_requests_in_the_same_order_within_each_journey() {
    let first = requests_by_journey(1, 4).await;
    let other_width = requests_by_journey(1, 1).await;
    let other_seed = requests_by_journey(2, 4).await;

    assert_eq!(
        first, other_width,
        "neither repetition nor concurrency changes what a journey does"
    );
    assert_ne!(first, other_seed);
}

/// The requests of each journey, by its key. Requests that only wait are left out: their number depends on time.
async fn requests_by_journey(seed: u64, concurrency: usize) -> BTreeMap<String, Vec<Request>> {
    let mut scenario = scenario();
    scenario.workload.concurrency = concurrency;
    let shop = Shop::with(Defect::None);
    run_on(&shop, &scenario, seed).await;
    let mut journeys: BTreeMap<String, Vec<Request>> = BTreeMap::new();
    for (_, request) in shop.asked() {
        if let Some(key) = request.headers.get("Idempotency-Key").cloned() {
            journeys.entry(key).or_default().push(request);
        } else if let Some(key) = request.path.strip_prefix("/thanks/") {
            journeys.entry(key.to_owned()).or_default().push(request);
        }
    }
    assert_eq!(journeys.len(), 20);
    journeys
}

#[tokio::test]
async fn one_choice_more_changes_no_other_draw() {
    let more = SHOP.replacen(
        "[[choose]]",
        "[[choose]]\nname = \"mood\"\nbetween = [1, 9]\n\n[[choose]]",
        1,
    );
    let with_one_more = Scenario::parse(&more, Path::new("shop.toml")).expect("still right");
    let (plain, extended) = (Shop::with(Defect::None), Shop::with(Defect::None));

    run_on(&plain, &scenario(), 3).await;
    run_on(&extended, &with_one_more, 3).await;

    let orders = |shop: &Shop| -> Vec<Value> {
        let mut bodies: Vec<String> = shop
            .asked()
            .into_iter()
            .filter_map(|(_, it)| it.body)
            .map(|body| body.to_string())
            .collect();
        bodies.sort();
        bodies.into_iter().map(Value::from).collect()
    };
    assert_eq!(orders(&plain), orders(&extended));
}

#[tokio::test]
async fn setup_runs_once_for_each_thing_of_its_list_before_any_journey() {
    let shop = Shop::with(Defect::None);

    run_on(&shop, &scenario(), 1).await;

    let asked = shop.asked();
    assert_eq!(
        [&asked[0].1.path, &asked[1].1.path],
        ["/products/mug", "/products/plate"]
    );
    assert_eq!(asked[1].1.body, Some(json!({"price": 900})));
    assert_eq!(asked.iter().filter(|(_, request)| request.method == "PUT").count(), 2);
}

#[tokio::test]
async fn a_role_that_nobody_plays_is_refused_before_anything_is_sent() {
    let text = SHOP.replace(
        "node = \"shop\"\npath = \"/thanks",
        "node = \"stall\"\npath = \"/thanks",
    );
    let scenario = Scenario::parse(&text, Path::new("shop.toml")).expect("a role is no matter of the file");
    let shop = Shop::with(Defect::None);

    let error = run(&scenario, &shop, 1, &Silent)
        .await
        .expect_err("nobody plays the stall");

    assert!(matches!(&error, ScenarioError::NoSuchRole { role, .. } if role == "stall"));
    assert_eq!(
        error.to_string(),
        r#"nothing plays the role "stall": there are: bank, shop"#
    );
    assert!(shop.asked().is_empty());
}
