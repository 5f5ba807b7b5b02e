//! Promote, hold or roll back.

use std::time::Duration;

use seam::{
    compare::{Day, Rule},
    launch::{Claim, Decision, Dial, Judgement, Lane, Launch, Limits, Settings, Stage},
};

use crate::samples::{Fault, Shop, Till, all_in, permitted, reads, settle, shadowed_reads};

/// A claim that takes so many comparisons of each method.
pub(crate) fn claim(needed: u32) -> Claim {
    Claim {
        mismatches_below: 3.0 / f64::from(needed),
        exempt: vec![("count".to_owned(), "it is called by nobody here".to_owned())],
        ..Claim::default()
    }
}

async fn shown(launch: &Launch<dyn Till>, times: usize) {
    let till = launch.service();
    for _ in 0..times {
        till.show("c".into(), "p".into()).await.unwrap();
    }
    settle().await;
}

fn decided(judgement: &Judgement, decision: Decision, reason: &str) {
    assert_eq!(judgement.decision, decision, "{:?}", judgement.reasons);
    assert!(
        judgement.reasons.iter().any(|found| found.contains(reason)),
        "{:?}",
        judgement.reasons
    );
}

#[test]
fn the_claim_of_less_than_one_in_a_thousand_takes_3000_comparisons() {
    assert_eq!(Claim::default().needed(), 3_000);
    let none = Claim {
        mismatches_below: 0.0,
        ..Claim::default()
    };
    assert_eq!(
        none.needed(),
        u64::MAX,
        "no number of comparisons proves that none ever differs"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_compared_is_hold_in_every_stage() {
    for stage in Stage::ALL {
        let reads = if stage == Stage::Complete { stage } else { Stage::Off };
        let shop = Shop::new(all_in(reads, stage));
        decided(&shop.launch.gate(&claim(10)), Decision::Hold, "nothing was compared");
    }
    // Exempt methods alone prove nothing either.
    let (_, _, launch) = reads(shadowed_reads(), Limits::default());
    let mut all = claim(10);
    all.exempt.push(("show".to_owned(), "neither".to_owned()));
    decided(&launch.gate(&all), Decision::Hold, "nothing was compared");
}

#[tokio::test(start_paused = true)]
async fn enough_equal_answers_of_every_method_promote_and_one_less_does_not() {
    let (_, _, launch) = reads(shadowed_reads(), Limits::default());
    shown(&launch, 29).await;
    decided(
        &launch.gate(&claim(30)),
        Decision::Hold,
        "show was compared too seldom: 29 of 30 times",
    );
    shown(&launch, 1).await;
    let judgement = launch.gate(&claim(30));
    assert_eq!((judgement.decision, judgement.reasons), (Decision::Promote, Vec::new()));
    let evidence = judgement.methods.iter().find(|method| method.method == "show").unwrap();
    assert_eq!(
        (evidence.compared, evidence.different, evidence.mean_micros),
        (30, 0, [2_000, 2_000])
    );
    assert!((evidence.bound - 0.1).abs() < 1e-9);

    let mut without = claim(30);
    without.exempt.clear();
    decided(
        &launch.gate(&without),
        Decision::Hold,
        "count was never compared: 0 of 30 times",
    );
    without.exempt = vec![("count".to_owned(), " ".to_owned())];
    decided(&launch.gate(&without), Decision::Hold, "count was never compared");
}

#[tokio::test(start_paused = true)]
async fn evidence_is_of_the_step_in_progress_alone() {
    let shop = Shop::new(all_in(Stage::Shadow, Stage::Off));
    for _ in 0..30 {
        let _ = shop.show("c", "p").await;
    }
    settle().await;
    assert_eq!(shop.launch.gate(&claim(30)).decision, Decision::Promote);
    let mut wider = all_in(Stage::Shadow, Stage::Off);
    wider.reads.shadowed = Dial::new(99_000).unwrap();
    shop.set(wider);
    decided(&shop.launch.gate(&claim(30)), Decision::Hold, "nothing was compared");
    assert!(
        shop.launch.metrics().contains(r#"method="show",result="same"} 30"#),
        "the counters go on"
    );
}

#[tokio::test(start_paused = true)]
async fn a_mismatch_holds_until_it_is_confirmed_and_then_rolls_back() {
    let (_, candidate, launch) = reads(shadowed_reads(), Limits::default());
    candidate.set(Fault::Rounds);
    shown(&launch, 30).await;
    decided(
        &launch.gate(&claim(30)),
        Decision::Hold,
        "was not seen again after the pause yet",
    );
    tokio::time::sleep(Duration::from_secs(60)).await;
    shown(&launch, 1).await;
    decided(
        &launch.gate(&claim(30)),
        Decision::RollBack,
        r#"show: value at "/show/Ok/cents" differs in 31 of 31 calls"#,
    );
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_fails_more_often_rolls_back_and_one_that_fails_as_often_does_not() {
    let (_, candidate, launch) = reads(shadowed_reads(), Limits::default());
    candidate.set(Fault::GivesNoAnswer);
    shown(&launch, 7).await;
    assert_eq!(launch.gate(&claim(10)).decision, Decision::Hold);
    shown(&launch, 1).await;
    decided(
        &launch.gate(&claim(10)),
        Decision::RollBack,
        "the candidate gave no answer 8 times, the control 0 times",
    );

    let (control, candidate, launch) = reads(shadowed_reads(), Limits::default());
    for turn in 0..60 {
        let (failing, fine) = if turn % 2 == 0 {
            (&control, &candidate)
        } else {
            (&candidate, &control)
        };
        failing.set(Fault::GivesNoAnswer);
        fine.set(Fault::None);
        let _ = launch.service().show("c".into(), "p".into()).await;
        settle().await;
    }
    assert_eq!(launch.gate(&claim(10)).decision, Decision::Hold);
}

#[tokio::test(start_paused = true)]
async fn a_slower_candidate_rolls_back_and_one_within_the_ratio_does_not() {
    for (late, decision) in [(1, Decision::Promote), (30, Decision::RollBack)] {
        let limits = Limits {
            at_once: 1_000,
            ..Limits::default()
        };
        let (_, candidate, launch) = reads(shadowed_reads(), limits);
        candidate.set(Fault::Late(Duration::from_millis(late)));
        shown(&launch, 30).await;
        let judgement = launch.gate(&claim(30));
        assert_eq!(judgement.decision, decision, "{late} ms later: {:?}", judgement.reasons);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_were_left_out_hold() {
    let limits = Limits {
        at_once: 1,
        ..Limits::default()
    };
    let (_, _, launch) = reads(shadowed_reads(), limits);
    let till = launch.service();
    for _ in 0..30 {
        let both = [till.show("c".into(), "p".into()), till.show("c".into(), "p".into())];
        futures::future::join_all(both).await;
        settle().await;
    }
    decided(
        &launch.gate(&claim(30)),
        Decision::Hold,
        "30 of 60 calls did not reach the second side in time",
    );
}

#[tokio::test(start_paused = true)]
async fn an_expired_rule_a_kill_and_writes_on_one_side_hold() {
    let mut settings = all_in(Stage::Off, Stage::Shadow);
    settings.rules = vec![Rule::ignored("note", "ann", "texts").until(Day::new(2020, 1, 1).unwrap())];
    let shop = Shop::new(settings.clone());
    for payment in 0..30 {
        shop.pay("c", &payment.to_string(), 1).await.unwrap();
    }
    settle().await;
    decided(
        &shop.launch.gate(&claim(30)),
        Decision::Hold,
        "a rule has expired, after 0 calls: note ignored by ann",
    );

    settings.rules = vec![permitted(Rule::ignored("note", "ann", "texts"))];
    shop.set(settings);
    assert_eq!(
        shop.launch.gate(&claim(30)).decision,
        Decision::Promote,
        "other rules begin no step"
    );
    shop.launch.kill();
    decided(&shop.launch.gate(&claim(30)), Decision::Hold, "the launch is killed");
    shop.pay("c", "x", 1).await.unwrap();
    settle().await;
    shop.launch.revive();
    decided(
        &shop.launch.gate(&claim(30)),
        Decision::Hold,
        "the candidate lacks writes of 1 groups of keys",
    );
    shop.launch.repair().await;
    assert_eq!(shop.launch.gate(&claim(30)).decision, Decision::Promote);
    shop.source.0.set(all_in(Stage::Off, Stage::RampDown));
    shop.launch.refresh().unwrap_err();
    decided(
        &shop.launch.gate(&claim(30)),
        Decision::Hold,
        "its settings are not those of its source",
    );
}

#[tokio::test(start_paused = true)]
async fn failures_of_a_candidate_that_serves_count_too() {
    let (_, candidate, launch) = reads(
        Settings {
            reads: Lane::new(Stage::Live, Dial::ALL, Dial::ALL),
            ..Settings::default()
        },
        Limits::default(),
    );
    candidate.set(Fault::GivesNoAnswer);
    for _ in 0..8 {
        launch.service().show("c".into(), "p".into()).await.unwrap_err();
    }
    decided(
        &launch.gate(&claim(10)),
        Decision::RollBack,
        "the candidate gave no answer 8 times",
    );
}
