//! Candidates of `[explore]`: what a run shows that has drawn some.

use std::path::Path;

use simulator::scenario::{Report, Scenario, Verdict};

use crate::{
    SHOP,
    files::{assert_says, refusal},
    run_on,
    shop::{Defect, Shop},
};

/// A candidate that meets something in a sound shop, and one whose moment never comes.
const SLOW: &str = "[[explore.fault]]\nname = 'slow'\nlink = 'shop -> bank'\n\
                    does = { latency = { delay = '1ms' } }\nat = { journey = [2, 5] }\n";
const LATE: &str = "[[explore.fault]]\nname = 'late'\nkind = 'pause'\nnode = 'bank'\nat = { after = ['1h', '2h'] }\n";

async fn report(defect: Defect, explore: &str) -> Report {
    let text = format!("{SHOP}\n{explore}");
    let scenario = Scenario::parse(&text, Path::new("shop.toml")).unwrap_or_else(|error| panic!("{error}"));
    run_on(&Shop::with(defect), &scenario, 1).await.0
}

fn drawn(report: &Report) -> Vec<(&str, bool, bool)> {
    let drawn = report.faults.iter().filter(|fault| fault.drawn);
    drawn
        .map(|fault| (fault.name.as_str(), fault.has_fired(), fault.is_missed()))
        .collect()
}

#[tokio::test]
async fn a_drawn_fault_that_is_missed_does_not_fail_a_run_in_which_another_one_fired() {
    let report = report(Defect::None, &format!("[explore]\nfaults = 2\n{SLOW}{LATE}")).await;

    assert_eq!(drawn(&report), [("slow", true, false), ("late", false, true)]);
    assert_eq!(report.verdict, Verdict::Pass, "{report:#?}");
    assert!(
        report.faults.iter().any(|fault| !fault.drawn),
        "its own fault was laid too"
    );
}

#[tokio::test]
async fn a_run_whose_drawn_faults_all_missed_proves_nothing_about_them() {
    let late = report(Defect::None, &format!("[explore]\n{LATE}")).await;
    assert_eq!(drawn(&late), [("late", false, true)]);
    assert_eq!(late.verdict, Verdict::Inconclusive, "{late:#?}");

    let idle = report(Defect::IdleLinks, &format!("[explore]\n{SLOW}")).await;
    assert_eq!(drawn(&idle), [("slow", false, true)]);
    assert_eq!(idle.verdict, Verdict::Inconclusive, "{idle:#?}");

    // With nothing drawn there is nothing to miss.
    let scenario = format!("[explore]\nfaults = [0, 1]\n{LATE}");
    let scenario = Scenario::parse(&format!("{SHOP}\n{scenario}"), Path::new("shop.toml")).expect("it is right");
    let nothing = (0..100).find(|seed| !scenario.faults_of(*seed).iter().any(|plan| plan.is_drawn()));
    let (quiet, _) = run_on(
        &Shop::with(Defect::None),
        &scenario,
        nothing.expect("half of all seeds"),
    )
    .await;
    assert_eq!((drawn(&quiet), quiet.verdict), (Vec::new(), Verdict::Pass));
}

#[tokio::test]
async fn a_drawn_fault_does_not_hide_a_defect() {
    let report = report(Defect::ChargesTwice, &format!("[explore]\nfaults = 2\n{SLOW}{LATE}")).await;

    assert_eq!(report.verdict, Verdict::Fail);
}

#[test]
fn candidates_that_cannot_be_meant_are_refused() {
    let nameless = LATE.replace("name = 'late'\n", "");
    let follows = LATE.replace("{ after = ['1h', '2h'] }", "{ fault = 'slow' }");
    for (explore, parts) in [
        (
            nameless.clone(),
            vec!["shop.toml:", "[[explore.fault]] needs a name", "name = \"slow bank\""],
        ),
        (format!("{LATE}{LATE}"), vec!["two faults have the name \"late\""]),
        (
            LATE.replace("'late'", "'fault 1'"),
            vec!["two faults have the name \"fault 1\""],
        ),
        (
            LATE.replace("'late'", "'fault 1 (2)'"),
            vec![
                "[[explore.fault]] \"fault 1 (2)\"",
                "another laying of \"fault 1\"",
                "another name",
            ],
        ),
        (
            format!("[explore]\nfaults = 2\n{LATE}"),
            vec!["faults up to 2 of 1 candidates", "wanted 1 to 1"],
        ),
        (
            format!("[explore]\nfaults = [0, 0]\n{LATE}"),
            vec!["faults up to 0 of 1"],
        ),
        (
            format!("[explore]\nfaults = [2, 1]\n{LATE}"),
            vec!["[2,1] is neither", "such as [1, 3]"],
        ),
        (
            "[explore]\nfault = []\n".to_owned(),
            vec!["no [[explore.fault]]", "1 or more"],
        ),
        ("[explore]\nfaults = 1\n".to_owned(), vec!["missing field `fault`"]),
        (
            format!("{SLOW}{follows}"),
            vec![
                "[[explore.fault]] \"late\"",
                "no fault is called \"slow\"",
                "fault 1",
                "wait for each other",
            ],
        ),
    ] {
        assert_says(&refusal("[converge]\n", &format!("{explore}[converge]\n")), &parts);
    }
}

#[test]
fn moments_of_candidates_that_cannot_come_are_refused() {
    for (explore, parts) in [
        (
            SLOW.replace("[2, 5]", "[2, 21]"),
            vec!["\"slow\": at.journey is 21, and there are 20 journeys"],
        ),
        (
            SLOW.replace("[2, 5]", "[5, 2]"),
            vec!["at.journey is [5,2]", "two between which one is drawn"],
        ),
        (
            SLOW.replace("{ journey = [2, 5] }", "[0.5, 0.1]"),
            vec!["at is [0.5,0.1]", "from 0 to 1"],
        ),
        (
            LATE.replace("'2h'", "'1ms'"),
            vec!["at.after goes from", "wanted upwards"],
        ),
    ] {
        assert_says(&refusal("[converge]\n", &format!("{explore}[converge]\n")), &parts);
    }
}
