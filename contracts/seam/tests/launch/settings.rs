//! Settings that are refused, and steps that may be taken.

use std::sync::Arc;

use seam::{
    MethodKind,
    compare::Rule,
    launch::{Dial, Fixed, Lane, Launch, Limits, Refused, Settings, Side, Stage},
};

use crate::samples::{Module, Shop, Till, Vault, all_in, far, percent, reads, settle, shadowed_reads};

/// The refusal of a launch of reads with these settings, or of these after those of a shop.
fn refused(settings: Settings) -> String {
    let shop = Shop::new(Settings::default());
    shop.source.0.set(settings);
    let refused = shop.launch.refresh().unwrap_err().to_string();
    assert_eq!(shop.launch.problem(), Some(refused.clone()));
    assert_eq!(
        shop.launch.settings(),
        Settings::default(),
        "what is refused changes nothing"
    );
    refused
}

#[test]
fn one_stage_on_or_any_back_is_a_step_and_a_stage_skipped_is_not() {
    for (from, before) in Stage::ALL.iter().enumerate() {
        for (to, after) in Stage::ALL.iter().enumerate() {
            assert_eq!(
                after.may_follow(*before, MethodKind::Write),
                to <= from + 1,
                "{before} to {after}"
            );
        }
    }
    let read = |before: Stage, after: Stage| after.may_follow(before, MethodKind::Read);
    assert!(read(Stage::Off, Stage::Shadow) && read(Stage::Live, Stage::Complete));
    assert!(
        !read(Stage::Off, Stage::Live)
            && !read(Stage::Shadow, Stage::RampDown)
            && !read(Stage::Shadow, Stage::Complete)
    );
}

#[test]
fn a_stage_that_is_skipped_is_refused_with_what_to_do() {
    let text = refused(all_in(Stage::Off, Stage::Shadow));
    assert_eq!(
        text,
        "writes would go from off to shadow: no stage may be skipped; go on by one stage, or back to any"
    );
}

#[test]
fn reads_are_not_served_for_keys_whose_writes_the_candidate_lacks() {
    let settings = |written: &str, served: &str| Settings {
        reads: Lane::new(Stage::Live, Dial::ALL, percent(served)),
        writes: Lane::new(Stage::DualWrite, percent(written), Dial::NONE),
        ..Settings::default()
    };
    let shop = Shop::new(Settings {
        reads: Lane::new(Stage::Shadow, Dial::ALL, Dial::NONE),
        ..Settings::default()
    });
    shop.source.0.set(settings("10 %", "10.001 %"));
    let text = shop.launch.refresh().unwrap_err().to_string();
    assert!(
        text.contains("10.001 %") && text.contains("only 10 %") && text.contains("widen writes.shadowed"),
        "{text}"
    );
    shop.set(settings("10 %", "10 %"));
}

#[test]
fn writes_are_not_served_for_keys_that_are_not_written_to_both() {
    let live = |shadowed: &str, served: &str| Settings {
        writes: Lane::new(Stage::Live, percent(shadowed), percent(served)),
        ..Settings::default()
    };
    let shop = Shop::new(all_in(Stage::Off, Stage::Shadow));
    shop.source.0.set(live("5 %", "6 %"));
    let refused = shop.launch.refresh().unwrap_err();
    assert!(
        matches!(
            refused,
            Refused::Unwritten {
                kind: MethodKind::Write,
                ..
            }
        ),
        "{refused}"
    );
    shop.set(live("6 %", "6 %"));
    // All keys are served in rampdown, so all have to be written to both.
    shop.source.0.set(Settings {
        writes: Lane::new(Stage::RampDown, percent("99 %"), Dial::NONE),
        ..Settings::default()
    });
    assert!(shop.launch.refresh().is_err());
}

#[test]
fn writes_stay_off_if_the_candidate_is_not_isolated() {
    let (control, candidate) = (
        Module::new(Arc::new(Vault::default())),
        Module::new(Arc::new(Vault::default())),
    );
    let setup = Launch::<dyn Till>::reads(control, candidate).unwrap();
    let source = Fixed::new(all_in(Stage::Shadow, Stage::DualWrite));
    let refused = setup.begin("till", Arc::new(source)).unwrap_err().to_string();
    assert!(
        refused.contains("not isolated") && refused.contains("Launch::isolated"),
        "{refused}"
    );
}

#[test]
fn a_candidate_that_is_the_control_is_refused() {
    let module: Arc<dyn Till> = Module::new(Arc::new(Vault::default()));
    let refused = Launch::reads(Arc::clone(&module), module).unwrap_err().to_string();
    assert!(
        refused.contains("till") && refused.contains("the same Arc"),
        "{refused}"
    );
}

#[test]
fn a_rule_without_owner_reason_or_last_day_is_refused() {
    let with = |rule: Rule| Settings {
        rules: vec![rule],
        ..Settings::default()
    };
    for (rule, problem) in [
        (Rule::ignored("note", "ann", " ").until(far()), "it has no reason"),
        (Rule::ignored("note", "", "texts").until(far()), "it has no owner"),
        (Rule::ignored("", "ann", "texts").until(far()), "it names no field"),
        (Rule::ignored("note", "ann", "texts"), "it never expires"),
    ] {
        let text = refused(with(rule));
        assert!(
            text.contains(problem) && text.contains("wanted a field, an owner, a reason"),
            "{text}"
        );
    }
    Shop::new(Settings::default()).set(with(Rule::ignored("note", "ann", "texts").until(far())));
}

#[tokio::test(start_paused = true)]
async fn a_dial_decides_by_key_and_a_wider_one_keeps_whom_the_narrower_had() {
    let mut before = Vec::new();
    for shadowed in ["0 %", "20 %", "60 %", "100 %"] {
        let mut settings = shadowed_reads();
        settings.reads.shadowed = percent(shadowed);
        let (_, _, launch) = reads(settings, Limits::default());
        let till = launch.service();
        let mut included = Vec::new();
        for customer in 0..60 {
            let seen = launch.observations().len();
            // Twice, since a key is always decided alike.
            for _ in 0..2 {
                till.show(format!("c{customer}"), "p".into()).await.unwrap();
                settle().await;
            }
            let more = launch.observations().len() - seen;
            assert!(more == 0 || more == 2, "{more} of 2 calls of one key at {shadowed}");
            if more == 2 {
                included.push(customer);
            }
        }
        assert!(
            before.iter().all(|customer| included.contains(customer)),
            "{before:?} is not in {included:?}"
        );
        assert!(
            included.len() > before.len() || shadowed == "0 %",
            "{included:?} at {shadowed}"
        );
        before = included;
    }
    assert_eq!(before.len(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_read_without_a_key_is_served_by_a_full_dial_only_and_shadowed_by_chance() {
    let mut settings = shadowed_reads();
    settings.reads = Lane::new(Stage::Live, percent("50 %"), percent("99.999 %"));
    let (_, _, launch) = reads(settings, Limits::default());
    let till = launch.service();
    seam::chance::Chance::seeded(7)
        .scope(async {
            for _ in 0..200 {
                till.count().await.unwrap();
            }
        })
        .await;
    settle().await;
    assert_eq!(launch.calls("count", Side::Control), 200);
    let shadowed = launch.observations().len();
    assert!((70..=130).contains(&shadowed), "{shadowed} of 200 are shadowed at 50 %");
}

#[tokio::test(start_paused = true)]
async fn in_live_the_candidate_answers_the_served_keys_and_the_control_the_others() {
    let mut settings = shadowed_reads();
    settings.reads = Lane::new(Stage::Live, Dial::ALL, percent("40 %"));
    let (control, candidate, launch) = reads(settings, Limits::default());
    control.payments().get_mut("p").unwrap().charge = 7;
    candidate.payments().get_mut("p").unwrap().charge = 8;
    let till = launch.service();
    let mut by_candidate = 0;
    for customer in 0..200 {
        by_candidate += u64::from(till.show(format!("c{customer}"), "p".into()).await.unwrap().charge == 8);
    }
    settle().await;
    assert!((60..=100).contains(&by_candidate), "{by_candidate} of 200 at 40 %");
    let calls = [Side::Control, Side::Candidate].map(|side| launch.calls("show", side));
    assert_eq!(calls, [200 - by_candidate, by_candidate]);
    // The other side is the shadow, whoever answers.
    assert_eq!(launch.groups()[0].count, 200);
}
