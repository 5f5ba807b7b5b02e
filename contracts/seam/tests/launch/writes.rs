//! Writes to both sides, and keys of which one side lacks writes.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use seam::{
    caught,
    launch::{Dial, Lane, Limits, MemoryJournal, Refused, Repaired, Seen, Settings, Side, Stage},
};

use crate::samples::{Fault, Shop, TAKES, TillError, all_in, settle};

fn seen(shop: &Shop) -> Vec<Seen> {
    shop.launch
        .observations()
        .into_iter()
        .map(|observation| observation.seen)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_stops_neither_side_of_a_write() {
    let shop = Shop::new(all_in(Stage::Off, Stage::DualWrite));
    let left = tokio::time::timeout(TAKES / 2, shop.pay("c", "p", 455)).await;
    assert!(left.is_err());
    settle().await;
    assert_eq!(
        (
            shop.control.payments().len(),
            shop.candidate.payments().len(),
            shop.charged("p")
        ),
        (1, 1, 1)
    );
    assert_eq!(seen(&shop), [Seen::Written]);
    assert_eq!(shop.launch.pending(), []);
}

#[tokio::test(start_paused = true)]
async fn a_first_side_that_hangs_is_given_up_some_time_after_its_caller_went_away() {
    let shop = Shop::new(all_in(Stage::Off, Stage::DualWrite));
    shop.control.set(Fault::Hangs);
    let left = tokio::time::timeout(Duration::from_secs(5), shop.pay("c", "p", 455)).await;
    assert!(left.is_err());
    tokio::time::sleep(Duration::from_secs(29)).await;
    assert_eq!(seen(&shop), [], "it may still answer");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!((seen(&shop), shop.launch.pending().len()), (vec![Seen::Unanswered], 1));
    shop.control.set(Fault::None);
    assert_eq!(shop.launch.repair().await, Repaired { done: 1, left: 0 });
    assert_eq!(
        (
            shop.control.payments().len(),
            shop.candidate.payments().len(),
            shop.charged("p")
        ),
        (1, 1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn the_caller_waits_for_the_first_side_of_a_write_alone() {
    for fault in [
        Fault::Hangs,
        Fault::Panics,
        Fault::Late(Duration::from_millis(500)),
        Fault::Garbage,
    ] {
        let shop = Shop::new(all_in(Stage::Off, Stage::Shadow));
        shop.candidate.set(fault);
        let begun = seam::time::monotonic();
        assert_eq!(shop.pay("c", "p", 455).await.unwrap().cents, 455);
        assert_eq!(begun.elapsed(), TAKES, "{fault:?}");
        settle().await;
        let has_it = !matches!(fault, Fault::Hangs | Fault::Panics);
        assert_eq!(shop.launch.pending().is_empty(), has_it, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_and_a_refusal_of_the_control_reach_the_caller() {
    let shop = Shop::new(all_in(Stage::Off, Stage::Shadow));
    assert_eq!(shop.pay("c", "p", 0).await, Err(TillError::Nothing));
    settle().await;
    assert_eq!(
        (seen(&shop), shop.launch.pending().len()),
        (vec![Seen::Same], 0),
        "both refuse"
    );
    shop.control.set(Fault::Panics);
    let panic = caught(shop.pay("c", "p", 1)).await.unwrap_err();
    assert_eq!(panic.message, "the till is broken");
    settle().await;
    assert_eq!(shop.launch.pending().len(), 1, "nobody knows whether the control wrote");
    assert_eq!(shop.candidate.payments().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn writes_of_a_key_reach_the_candidate_in_the_order_in_which_the_control_answered() {
    let shop = Shop::new(all_in(Stage::Off, Stage::Shadow));
    shop.candidate.set(Fault::Late(Duration::from_millis(300)));
    // The first is late, and the second would be there before it.
    shop.pay("c", "first", 1).await.unwrap();
    tokio::time::sleep(TAKES * 2).await;
    shop.candidate.set(Fault::None);
    shop.pay("c", "second", 1).await.unwrap();
    shop.pay("other", "third", 1).await.unwrap();
    tokio::time::sleep(TAKES * 3).await;
    let there: Vec<String> = shop.candidate.payments().keys().cloned().collect();
    assert_eq!(there, ["third"], "another key does not wait");
    settle().await;
    assert_eq!(shop.candidate.payments().len(), 3);
    let payments: Vec<_> = shop
        .launch
        .observations()
        .iter()
        .map(|seen| seen.second_micros)
        .collect();
    assert_eq!(payments.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_fails_holds_back_later_ones_of_its_key_until_a_repair() {
    let shop = Shop::new(all_in(Stage::Off, Stage::Shadow));
    shop.candidate.set(Fault::GivesNoAnswer);
    shop.pay("c", "first", 1).await.unwrap();
    settle().await;
    shop.candidate.set(Fault::None);
    shop.pay("c", "second", 2).await.unwrap();
    settle().await;
    assert_eq!(seen(&shop), [Seen::Transport, Seen::Parked]);
    let pending: Vec<_> = shop
        .launch
        .pending()
        .iter()
        .map(|entry| (entry.key.clone(), entry.answered))
        .collect();
    assert_eq!(pending, [(Some("c".to_owned()), true), (Some("c".to_owned()), true)]);

    assert_eq!(shop.launch.repair().await, Repaired { done: 2, left: 0 });
    assert_eq!(shop.launch.pending(), []);
    assert_eq!(
        *shop.candidate.payments().keys().collect::<Vec<_>>(),
        ["first", "second"]
    );
    assert_eq!((shop.charged("first"), shop.charged("second")), (1, 1));
    shop.pay("c", "third", 3).await.unwrap();
    settle().await;
    assert_eq!(shop.candidate.payments().len(), 3, "the key is on its way again");
}

#[tokio::test(start_paused = true)]
async fn a_repair_leaves_what_still_gets_no_answer() {
    let shop = Shop::new(all_in(Stage::Off, Stage::Shadow));
    shop.candidate.set(Fault::Panics);
    shop.pay("c", "first", 1).await.unwrap();
    shop.pay("other", "second", 1).await.unwrap();
    settle().await;
    assert_eq!(shop.launch.repair().await, Repaired { done: 0, left: 2 });
    assert_eq!(shop.launch.pending().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_the_control_lost_is_repeated_there_first() {
    let shop = Shop::new(all_in(Stage::Off, Stage::Shadow));
    shop.control.set(Fault::LosesAnswers);
    assert!(matches!(shop.pay("c", "p", 455).await, Err(TillError::Transport(_))));
    settle().await;
    assert!(!shop.launch.pending()[0].answered);
    assert_eq!(
        shop.launch.repair().await,
        Repaired { done: 0, left: 1 },
        "it still loses them"
    );
    shop.control.set(Fault::None);
    assert_eq!(shop.launch.repair().await, Repaired { done: 1, left: 0 });
    assert_eq!((shop.charged("p"), shop.candidate.payments().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_side_that_lacks_writes_of_a_key_never_answers_for_it() {
    let shop = Shop::new(all_in(Stage::Shadow, Stage::Shadow));
    shop.candidate.set(Fault::GivesNoAnswer);
    shop.pay("c", "p", 455).await.unwrap();
    settle().await;
    shop.candidate.set(Fault::None);
    let live = Lane::new(Stage::Live, Dial::ALL, Dial::ALL);
    shop.set(Settings {
        reads: live,
        writes: live,
        ..Settings::default()
    });
    assert_eq!(
        shop.show("c", "p").await.unwrap().cents,
        455,
        "the candidate does not know it"
    );
    shop.pay("c", "q", 1).await.unwrap();
    settle().await;
    assert_eq!(
        shop.launch.calls("pay", Side::Control),
        2,
        "the key stays with the control"
    );

    shop.launch.repair().await;
    shop.pay("c", "r", 1).await.unwrap();
    settle().await;
    assert_eq!(shop.launch.calls("pay", Side::Candidate), 1);
    assert_eq!(shop.control.payments().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_at_the_second_side_yet_is_read_from_the_first() {
    let live = Lane::new(Stage::Live, Dial::ALL, Dial::ALL);
    let shop = Shop::new(Settings {
        reads: Lane::new(Stage::Live, Dial::ALL, Dial::NONE),
        writes: live,
        ..Settings::default()
    });
    shop.control.set(Fault::Late(Duration::from_millis(100)));
    shop.pay("c", "p", 455).await.unwrap();
    // Reads are the control's by their dial, but the write has not reached it.
    assert_eq!(shop.show("c", "p").await.unwrap().cents, 455);
    assert_eq!(shop.launch.calls("show", Side::Candidate), 1);
    settle().await;
    shop.show("c", "p").await.unwrap();
    assert_eq!(shop.launch.calls("show", Side::Control), 1);
}

#[tokio::test(start_paused = true)]
async fn a_killed_launch_leaves_second_writes_to_the_journal_and_changes_nobodys_answer() {
    let live = Lane::new(Stage::Live, Dial::ALL, Dial::ALL);
    let shop = Shop::new(Settings {
        writes: live,
        ..Settings::default()
    });
    shop.launch.kill();
    shop.pay("c", "p", 455).await.unwrap();
    settle().await;
    assert_eq!((seen(&shop), shop.launch.pending().len()), (vec![Seen::Killed], 1));
    assert_eq!((shop.candidate.payments().len(), shop.control.payments().len()), (1, 0));
    shop.launch.revive();
    shop.launch.repair().await;
    assert_eq!(shop.control.payments().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn writes_without_a_permit_are_shed_to_the_journal() {
    let limits = Limits {
        at_once: 0,
        ..Limits::default()
    };
    let shop = Shop::with(
        all_in(Stage::Off, Stage::Shadow),
        limits,
        Arc::<MemoryJournal>::default(),
    );
    assert_eq!(shop.pay("c", "p", 455).await.unwrap().cents, 455);
    settle().await;
    assert_eq!((seen(&shop), shop.launch.pending().len()), (vec![Seen::Shed], 1));
}

#[tokio::test(start_paused = true)]
async fn a_stage_in_which_a_side_would_be_alone_without_all_writes_is_refused() {
    let shop = Shop::new(all_in(Stage::Off, Stage::RampDown));
    shop.control.set(Fault::GivesNoAnswer);
    shop.pay("c", "p", 455).await.unwrap();
    settle().await;
    shop.source.0.set(Settings::default());
    let refused = shop.launch.refresh().unwrap_err();
    assert!(
        matches!(
            refused,
            Refused::Pending {
                to: Stage::Off,
                pending: 1
            }
        ),
        "{refused}"
    );
    shop.control.set(Fault::None);
    shop.launch.repair().await;
    shop.source.0.set(all_in(Stage::Off, Stage::Complete));
    let refused = shop.launch.refresh().unwrap_err();
    assert!(matches!(refused, Refused::Unread { served: Dial::NONE }), "{refused}");
    for stage in [Stage::Shadow, Stage::Live, Stage::RampDown] {
        shop.set(all_in(stage, Stage::RampDown));
    }
    shop.set(all_in(Stage::RampDown, Stage::Complete));
    shop.set(all_in(Stage::RampDown, Stage::RampDown));
    shop.set(all_in(Stage::RampDown, Stage::Complete));
    shop.pay("c", "q", 1).await.unwrap();
    shop.source.0.set(all_in(Stage::RampDown, Stage::RampDown));
    let refused = shop.launch.refresh().unwrap_err();
    assert!(matches!(refused, Refused::PointOfNoReturn { .. }), "{refused}");
    assert_eq!((shop.control.payments().len(), shop.candidate.payments().len()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_the_control_could_not_take_is_on_no_side_and_one_that_the_candidate_could_not_is_lacking() {
    let shop = Shop::new(all_in(Stage::Off, Stage::Shadow));
    shop.control.set(Fault::Busy);
    assert_eq!(shop.pay("c", "p", 455).await, Err(TillError::Busy));
    settle().await;
    assert_eq!((seen(&shop), shop.launch.pending().len()), (vec![Seen::Unanswered], 0));
    assert_eq!((shop.candidate.asked.load(SeqCst), shop.charged("p")), (0, 0));

    shop.control.set(Fault::None);
    shop.candidate.set(Fault::Busy);
    shop.pay("c", "q", 455).await.unwrap();
    settle().await;
    assert_eq!((seen(&shop)[1], shop.launch.pending().len()), (Seen::Transport, 1));
    assert_eq!(shop.launch.repair().await, Repaired { done: 0, left: 1 });
    shop.candidate.set(Fault::None);
    assert_eq!(shop.launch.repair().await, Repaired { done: 1, left: 0 });
    assert!(shop.candidate.payments().contains_key("q") && shop.charged("q") == 1);
}
