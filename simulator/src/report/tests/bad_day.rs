use std::collections::BTreeMap;

use faults::{Effect, Fault, Selector};
use serde_json::{Value, json};

use crate::{
    scenario::{
        DeathReport, FaultOutcome, FaultReport, InvariantReport, JourneyFailure, Phase, Report, Row, Timeline,
        Unsettled, Verdict,
    },
    steps::{
        FaultKind, LinkFault, LinkTraffic, OverTime, Part, Purpose, RequestFigures, Requests, Sample, Samples,
        StepSamples, Target,
    },
};

/// A run that sent nothing and has no invariant.
pub(crate) fn empty() -> Report {
    Report {
        scenario: "errand".to_owned(),
        seed: 7,
        count: 1,
        concurrency: 1,
        verdict: Verdict::Inconclusive,
        timeline: Timeline {
            phases: vec![(Phase::Steady, 0)],
            journeys_ms: 0,
            total_ms: 0,
        },
        nothing_new: None,
        given_up: None,
        requests: Requests::default(),
        samples: Samples::default(),
        failed_journeys: Vec::new(),
        faults: Vec::new(),
        deaths: Vec::new(),
        unsettled: Vec::new(),
        invariants: Vec::new(),
    }
}

/// A run of two seconds in which everything went wrong, with this name wherever others can set one. Every fourth of
/// `requests` requests failed.
pub(crate) fn bad_day(name: &str, requests: u64) -> Report {
    let fault = |outcome| FaultReport {
        name: name.to_owned(),
        kind: FaultKind::Kill,
        point: None,
        met: None,
        target: Target::Node("bank".to_owned()),
        links: Vec::new(),
        drawn: false,
        approximated: None,
        at_journey: 3,
        traffic: Vec::new(),
        outcome,
    };
    Report {
        scenario: name.to_owned(),
        verdict: Verdict::Fail,
        timeline: Timeline {
            phases: vec![(Phase::Steady, 0), (Phase::Faults, 400), (Phase::Judge, 1_800)],
            journeys_ms: 1_700,
            total_ms: 2_000,
        },
        samples: samples(name, requests),
        failed_journeys: vec![JourneyFailure {
            journey: 3,
            step: name.to_owned(),
            reason: format!("answered 500: {name}"),
        }],
        faults: vec![
            fault(FaultOutcome::Fired {
                at_ms: 400,
                healed_at_ms: 700,
            }),
            fault(FaultOutcome::TooLate {
                reason: name.to_owned(),
            }),
            slow_link(name),
        ],
        deaths: vec![DeathReport {
            node: "shop".to_owned(),
            how: name.to_owned(),
            at_ms: 1_200,
            expected: false,
            last_lines: vec![format!("out of memory {name}")],
        }],
        unsettled: vec![Unsettled {
            name: name.to_owned(),
            reason: "1 still pending".to_owned(),
            pending: vec![row(name)],
        }],
        invariants: invariants(name),
        ..empty()
    }
}

/// One that was violated, with one row of evidence, and one that examined nothing.
fn invariants(name: &str) -> Vec<InvariantReport> {
    vec![
        InvariantReport {
            name: format!("no order is lost {name}"),
            verdict: Verdict::Fail,
            checked: 9,
            figures: BTreeMap::from([(name.to_owned(), json!(name))]),
            violations: 1,
            evidence: vec![row(name)],
        },
        InvariantReport {
            name: "no order is late".to_owned(),
            verdict: Verdict::Inconclusive,
            checked: 0,
            figures: BTreeMap::new(),
            violations: 0,
            evidence: Vec::new(),
        },
    ]
}

/// A row of evidence.
fn row(name: &str) -> Row {
    [("doc".to_owned(), Value::from(name))].into_iter().collect()
}

/// A fault of the link between shop and bank, which acted on three of nine connections.
fn slow_link(name: &str) -> FaultReport {
    let latency: Effect = serde_json::from_value(json!({ "latency": { "delay": "50ms" } })).unwrap();
    FaultReport {
        name: name.to_owned(),
        kind: FaultKind::Link,
        point: None,
        met: None,
        target: Target::Link("shop -> bank".to_owned()),
        links: vec![LinkFault {
            link: "shop -> bank".to_owned(),
            fault: Fault::new("slow", Selector::default(), latency).unwrap(),
        }],
        drawn: false,
        approximated: Some(format!("nearly so {name}")),
        at_journey: 4,
        traffic: vec![LinkTraffic {
            link: "shop -> bank:main".to_owned(),
            met: 9,
            fired: 3,
            spared: 6,
            masked: 0,
            unfit: 0,
        }],
        outcome: FaultOutcome::Idle {
            at_ms: 800,
            healed_at_ms: 1_300,
            reason: name.to_owned(),
        },
    }
}

fn samples(name: &str, requests: u64) -> Samples {
    let figures = RequestFigures {
        count: requests,
        errors: requests / 4,
        repeats: 1,
        p50_us: 1_500,
        p95_us: 20_000,
        p99_us: 30_000,
        max_us: 1_000_000,
    };
    let sample = |n: u64| Sample {
        step: 0,
        path: format!("/orders/{name}"),
        journey: Some(n),
        attempt: 1,
        intended_us: n * 1_700_000 / requests,
        start_us: n * 1_700_000 / requests,
        end_us: n * 1_700_000 / requests + 1_000 + n % 7_777,
        status: (!n.is_multiple_of(8)).then_some(if n.is_multiple_of(4) { 500 } else { 200 }),
        failure: n.is_multiple_of(4).then(|| format!("answered {n} {name}")),
        request_id: format!("request-{n}"),
        trace_id: format!("trace-{n}"),
    };
    let part = |n: u64| Part {
        requests: if n == 5 { 0 } else { requests / 34 },
        errors: n % 3,
        p50_us: 1_500 + n,
        p95_us: 20_000 + n,
        p99_us: 30_000 + n,
    };
    Samples {
        load: figures,
        steps: vec![StepSamples {
            purpose: Purpose::Journey,
            step: name.to_owned(),
            role: "shop".to_owned(),
            node: "shop".to_owned(),
            method: "POST".to_owned(),
            path: name.to_owned(),
            figures,
        }],
        over_time: OverTime {
            width_ms: 50,
            parts: (0..34).map(part).collect(),
        },
        left_out: 12_345,
        kept: (0..requests).map(sample).collect(),
    }
}
