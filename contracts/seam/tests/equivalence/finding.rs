use std::time::Duration;

use seam::equivalence::{Counterexample, Origin, What};

use crate::notes::{Wrong, suite};

fn found(wrong: Wrong) -> Counterexample {
    let failure = suite(wrong).patience(Duration::from_millis(200)).run().unwrap_err();
    failure.counterexample().unwrap_or_else(|| panic!("{failure}")).clone()
}

fn methods(found: &Counterexample) -> Vec<&'static str> {
    found.history.iter().map(|exchange| exchange.method).collect()
}

#[test]
fn subjects_with_names_of_their_own_pass_and_every_cell_is_met() {
    let report = suite(Wrong::Nowhere).run().unwrap();

    assert_eq!((report.cases, report.calls, report.saved), (256, 20, 0));
    assert!(report.cells.values().all(|met| *met > 0));
    assert_eq!((report.cells.len(), report.cells.values().sum::<u64>()), (7, 256 * 20));
    assert!(report.unused_rules.is_empty());
}

#[test]
fn a_bug_of_a_sampled_subject_is_found_when_it_is_its_turn_and_shown_beside_the_others() {
    let found = (0..16).map(|seed| {
        let failure = suite(Wrong::TornIsRead).sampled("wrong", 4).calls(8).seed(seed).run();
        failure.unwrap_err().counterexample().unwrap().clone()
    });

    let mut cases = Vec::new();
    for found in found {
        let Origin::Drawn { case, .. } = found.origin else {
            panic!("{found}");
        };
        let shown: Vec<&str> = found.history[0].answers.iter().map(|(name, _)| &**name).collect();
        assert_eq!(shown, ["right", "wrong"]);
        cases.push(case);
    }
    assert!(cases.iter().all(|case| case % 4 == 0), "{cases:?}");
    assert!(cases.iter().any(|case| *case > 0), "{cases:?}");
}

#[test]
fn a_bug_that_needs_three_writes_and_a_look_at_the_first_is_shown_with_just_these() {
    let found = found(Wrong::ThirdOverFirst);

    assert_eq!(found.subject, "wrong");
    // What was written over shows when the first note is read, or in what is noted when it is torn.
    assert_eq!(methods(&found)[..3], ["write"; 3]);
    assert_eq!(found.history.len(), 4);
}

#[test]
fn calls_are_made_as_simple_as_they_get() {
    let found = found(Wrong::TornIsRead);

    assert_eq!(methods(&found), ["write", "tear", "read"]);
    assert_eq!(found.history[0].arguments, r#"{"text":"a"}"#);
}

#[test]
fn the_cases_that_passed_before_it_are_counted() {
    // In four calls it shows seldom.
    let failure = suite(Wrong::ThirdOverFirst).calls(4).run().unwrap_err();
    let found = failure.counterexample().unwrap();

    let Origin::Drawn { case, .. } = found.origin else {
        panic!("{failure}");
    };
    assert!(case > 1, "{failure}");
    assert_eq!(found.cases_before(), case);
}

#[test]
fn an_effect_that_is_missing_is_found_though_every_reply_agrees() {
    let found = found(Wrong::EffectLost);

    assert_eq!(methods(&found), ["write", "tear"]);
    assert!(matches!(found.difference.what, What::Effects(_)));
}

#[test]
fn effects_may_come_later_than_the_replies_for_as_long_as_they_may_take_to_settle() {
    let late = |settling| suite(Wrong::EffectLate).settling(settling).at_most(8).run();

    assert!(late(Duration::from_secs(20)).is_ok());
    let failure = late(Duration::ZERO).unwrap_err();
    let found = failure.counterexample().unwrap_or_else(|| panic!("{failure}"));
    assert_eq!((&*found.subject, methods(found)), ("wrong", vec!["write", "tear"]));
}

#[test]
fn what_was_done_wrong_beside_the_replies_stands_below_the_history() {
    let text = found(Wrong::EffectLost).to_string();

    let wanted = r#"notes: "wrong" differs from the model in what it did

  1  write {"text":"a"}
       model  {"Ok":{"id":1000,"text":"a"}}
       right  {"Ok":{"id":16712680,"text":"a"}}
       wrong  {"Ok":{"id":16712680,"text":"a"}}
  2  tear {"id":1000}
       all    {"Ok":null}
  X effects differ at /0: wanted {"torn":"a"}, got nothing

made smaller from 20 calls to 2 in "#;
    assert!(text.starts_with(wanted), "{text}");
}

#[test]
fn a_panic_is_a_difference_and_its_message_is_told() {
    let found = found(Wrong::Panics);

    assert_eq!(methods(&found), ["tear"]);
    assert_eq!(found.difference.what, What::Panicked("nothing to tear".to_owned()));
}

#[test]
fn silence_is_a_difference() {
    let found = found(Wrong::Hangs);

    assert_eq!(found.difference.what, What::Silent(Duration::from_millis(200)));
}

#[test]
fn a_subject_that_does_not_keep_to_its_own_names_is_found() {
    let found = found(Wrong::OtherId);

    assert_eq!(methods(&found), ["write", "read"]);
}

#[test]
fn a_subject_that_gives_two_things_one_name_is_found_before_anybody_uses_it() {
    let found = found(Wrong::OneIdForAll);

    assert_eq!(methods(&found), ["write", "write"]);
    let text = found.to_string();
    let wanted = "wanted 1001, got 16712680; wanted an id not used before, and this one stands for 1000";
    assert!(text.contains(wanted), "{text}");
}

#[test]
fn the_same_seed_finds_the_same_history_and_another_seed_another_case() {
    let from = |seed| {
        let failure = suite(Wrong::ThirdOverFirst)
            .seed(seed)
            .without_shrinking()
            .run()
            .unwrap_err();
        failure.counterexample().unwrap().clone()
    };

    let (first, again, other) = (from(1), from(1), from(2));

    let calls = |found: &Counterexample| {
        found
            .history
            .iter()
            .map(|exchange| exchange.arguments.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(calls(&first), calls(&again));
    assert_ne!(calls(&first), calls(&other));
    assert!(matches!(
        first.origin,
        Origin::Drawn {
            seed: 1,
            runs: 0,
            calls: 20,
            ..
        }
    ));
}

#[test]
fn a_counterexample_reads_as_a_history_side_by_side() {
    let text = found(Wrong::TornIsRead).to_string();

    let wanted = r#"notes: "wrong" differs from the model in call 3 of 3

  1  write {"text":"a"}
       model  {"Ok":{"id":1000,"text":"a"}}
       right  {"Ok":{"id":16712680,"text":"a"}}
       wrong  {"Ok":{"id":16712680,"text":"a"}}
  2  tear {"id":1000}
       all    {"Ok":null}
  3  read {"id":1000}
       model  {"Err":"Torn"}
       right  {"Err":"Torn"}
     X wrong  {"Ok":{"id":16712680,"text":"a"}}
              ^ at /read/Err: wanted "Torn", got nothing
"#;
    assert!(text.starts_with(wanted), "{text}");
    assert!(text.contains("replay: SEAM_SEED=0 SEAM_CASE="), "{text}");
    assert!(text.contains("--test equivalence -- --exact finding::"), "{text}");
}
