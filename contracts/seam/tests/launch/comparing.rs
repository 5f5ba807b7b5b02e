//! Differences: rules, groups, confirmation, noise.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use seam::{
    compare::{Day, Rule},
    launch::{Class, Dial, Group, Launch, Limits, Seen, Settings},
    time::Clock,
};

use crate::samples::{Fault, Module, Till, permitted, reads, settle, shadowed_reads};

async fn show(launch: &Launch<dyn Till>, payment: &str) {
    // Both answers are values or refusals here: what the launch says of them is the matter.
    let _ = launch.service().show("c".into(), payment.into()).await;
    settle().await;
}

fn under(rules: Vec<Rule>) -> (Arc<Module>, Arc<Module>, Launch<dyn Till>) {
    let settings = Settings {
        rules,
        ..shadowed_reads()
    };
    reads(settings, Limits::default())
}

fn shapes(groups: &[Group]) -> Vec<(Class, &str)> {
    groups.iter().map(|group| (group.class, group.path.as_str())).collect()
}

fn last(launch: &Launch<dyn Till>) -> Seen {
    launch.observations().last().unwrap().seen
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_difference_is_a_class_at_its_path() {
    let (_, candidate, launch) = under(Vec::new());
    let change = |change: fn(&mut crate::samples::Receipt)| change(candidate.payments().get_mut("p").unwrap());
    change(|receipt| receipt.cents = 450);
    change(|receipt| receipt.lines = vec![455, 7, 1, 2]);
    change(|receipt| receipt.note = None);
    show(&launch, "p").await;
    assert_eq!(
        shapes(&launch.groups()),
        [
            (Class::Missing, "/show/Ok/note"),
            (Class::Extra, "/show/Ok/lines/*"),
            (Class::Value, "/show/Ok/cents"),
            (Class::Value, "/show/Ok/lines/*"),
        ]
    );
    candidate.payments().clear();
    show(&launch, "p").await;
    let groups = launch.groups();
    let sample = groups
        .iter()
        .find(|group| group.class == Class::Outcome)
        .map(|group| &group.samples[0])
        .unwrap();
    assert_eq!(
        (sample.expected.as_str(), sample.seen.as_str()),
        ("\"value\"", "\"domain_error\"")
    );
    show(&launch, "unknown to both").await;
    assert_eq!(last(&launch), Seen::Same, "the same refusal");
}

#[tokio::test(start_paused = true)]
async fn each_rule_explains_its_difference_and_no_other() {
    let rules = || {
        vec![
            permitted(Rule::ignored("note", "ann", "texts are for people")),
            permitted(Rule::unordered("lines", "ann", "a set")),
            permitted(Rule::tolerance("cents", 1.0, "ann", "rounding")),
            permitted(Rule::renamed("charge", "ann", "each has its own bank")),
        ]
    };
    type Change = fn(&mut crate::samples::Receipt);
    let changes: [(Change, Seen); 9] = [
        (|receipt| receipt.note = Some("other".to_owned()), Seen::Explained),
        (|receipt| receipt.lines.reverse(), Seen::Explained),
        (|receipt| receipt.cents = 456, Seen::Explained),
        (|receipt| receipt.charge = 9, Seen::Explained),
        (|receipt| receipt.note = None, Seen::Different),
        (|receipt| receipt.lines = vec![0, 455, 455], Seen::Different),
        (|receipt| receipt.lines[0] = 1, Seen::Different),
        (|receipt| receipt.cents = 457, Seen::Different),
        (|receipt| receipt.payment = "q".to_owned(), Seen::Different),
    ];
    for (number, (change, wanted)) in changes.into_iter().enumerate() {
        let (_, candidate, launch) = under(rules());
        assert_eq!(launch.stale_rules().len(), 4);
        change(candidate.payments().get_mut("p").unwrap());
        show(&launch, "p").await;
        assert_eq!(last(&launch), wanted, "change {number}");
        let unused = if wanted == Seen::Explained { 3 } else { 4 };
        let stale = launch.stale_rules();
        assert_eq!(stale.len(), unused, "change {number}: {stale:?}");
        assert!(stale.iter().all(|rule| rule.starts_with("never used: ")), "{stale:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_explains_nothing_after_its_last_day_and_is_reported() {
    let new_year = SystemTime::UNIX_EPOCH + Duration::from_secs(1_798_761_600);
    let last_day = Day::new(2027, 1, 1).unwrap();
    let clock = Clock::starting_at(new_year);
    clock
        .scope(async {
            let (_, candidate, launch) = under(vec![Rule::ignored("note", "ann", "texts").until(last_day)]);
            candidate.set(Fault::Floods(10));
            show(&launch, "p").await;
            assert_eq!((last(&launch), launch.stale_rules()), (Seen::Explained, Vec::new()));

            tokio::time::advance(Duration::from_secs(86_400)).await;
            show(&launch, "p").await;
            assert_eq!(last(&launch), Seen::Different);
            assert_eq!(launch.stale_rules(), ["expired: note ignored by ann: texts"]);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_mismatch_is_confirmed_only_when_it_is_seen_again_after_the_pause() {
    let (_, candidate, launch) = under(Vec::new());
    let confirmed = || launch.groups()[0].confirmed;
    candidate.set(Fault::Rounds);
    for _ in 0..5 {
        launch.service().show("c".into(), "p".into()).await.unwrap();
    }
    settle().await;
    assert_eq!(
        (launch.groups()[0].count, confirmed()),
        (5, false),
        "five at once are one race"
    );
    tokio::time::sleep(Duration::from_secs(49)).await;
    show(&launch, "p").await;
    assert!(!confirmed(), "59 s are not enough");
    tokio::time::sleep(Duration::from_secs(10)).await;
    candidate.set(Fault::DropsField);
    show(&launch, "p").await;
    assert!(
        launch.groups().iter().all(|group| !group.confirmed),
        "another shape confirms nothing"
    );
    candidate.set(Fault::Rounds);
    show(&launch, "p").await;
    let groups = launch.groups();
    let confirmed: Vec<_> = groups
        .iter()
        .map(|group| (group.path.as_str(), group.confirmed))
        .collect();
    assert_eq!(confirmed, [("/show/Ok/note", false), ("/show/Ok/cents", true)]);
}

#[tokio::test(start_paused = true)]
async fn samples_are_at_most_five_and_show_no_value_but_those_that_may_be_shown() {
    let settings = Settings {
        shown: vec!["cents".to_owned()],
        ..shadowed_reads()
    };
    let (control, candidate, launch) = reads(settings, Limits::default());
    control.payments().get_mut("p").unwrap().note = Some("secret of ann".to_owned());
    candidate.set(Fault::Rounds);
    candidate.payments().get_mut("p").unwrap().note = Some("other secret".to_owned());
    for _ in 0..9 {
        show(&launch, "p").await;
    }
    let groups = launch.groups();
    let sample = |path: &str| {
        groups
            .iter()
            .find(|group| group.path.ends_with(path))
            .map(|group| &group.samples)
            .unwrap()
    };
    assert_eq!(
        groups
            .iter()
            .map(|group| (group.count, group.samples.len()))
            .collect::<Vec<_>>(),
        [(9, 5), (9, 5)]
    );
    assert_eq!(
        (sample("cents")[0].expected.as_str(), sample("cents")[0].seen.as_str()),
        ("455", "450")
    );
    assert_eq!(sample("note")[0].expected, "a text of 13 bytes");
    let all = serde_json::to_string(&(&groups, launch.observations())).unwrap();
    assert!(!all.contains("secret"), "{all}");
}

#[tokio::test(start_paused = true)]
async fn a_sample_names_the_request_of_the_call() {
    let (_, candidate, launch) = under(Vec::new());
    candidate.set(Fault::Rounds);
    let context = seam::Context::root("shop");
    context.clone().scope(show(&launch, "p")).await;
    assert_eq!(launch.groups()[0].samples[0].request, Some(context.request_id));
}

#[tokio::test(start_paused = true)]
async fn a_field_in_which_the_control_differs_from_itself_is_noise() {
    let settings = Settings {
        noise: Dial::ALL,
        ..shadowed_reads()
    };
    let (control, candidate, launch) = reads(settings, Limits::default());
    candidate.set(Fault::Rounds);
    for charge in 0..20 {
        // The control's second answer, and so the candidate's too, has another charge than its first.
        control.payments().get_mut("p").unwrap().charge = charge;
        launch.service().show("c".into(), "p".into()).await.unwrap();
        control.payments().get_mut("p").unwrap().charge = charge + 1;
        candidate.payments().get_mut("p").unwrap().charge = charge + 1;
        settle().await;
    }
    let groups = launch.groups();
    let counts: Vec<_> = groups
        .iter()
        .map(|group| (group.path.as_str(), group.count, group.noise))
        .collect();
    assert_eq!(counts, [("/show/Ok/cents", 20, 0), ("/show/Ok/charge", 20, 20)]);
    tokio::time::sleep(Duration::from_secs(60)).await;
    show(&launch, "p").await;
    let judgement = launch.gate(&crate::gate::claim(10));
    let reasons = judgement.reasons.join("\n");
    assert!(
        reasons.contains("/show/Ok/cents") && !reasons.contains("charge"),
        "{reasons}"
    );
}
