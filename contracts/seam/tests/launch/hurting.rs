//! Candidates that would hurt their caller, if they could.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use seam::{
    caught,
    launch::{Limits, Seen},
    time,
};

use crate::samples::{Fault, Module, TAKES, TillError, reads, settle, shadowed_reads};

/// Shows the payment 50 times, and returns what the launch saw. Each answer is the control's, after the control's time.
async fn seen_under(fault: Fault, limits: Limits) -> (Vec<Seen>, Arc<Module>) {
    let (_control, candidate, launch) = reads(shadowed_reads(), limits);
    candidate.set(fault);
    let till = launch.service();
    for _ in 0..50 {
        let begun = time::monotonic();
        let receipt = till.show("c".into(), "p".into()).await.unwrap();
        assert_eq!(
            begun.elapsed(),
            TAKES,
            "the caller waits for the control alone ({fault:?})"
        );
        assert_eq!((receipt.payment.as_str(), receipt.cents), ("p", 455), "{fault:?}");
        assert_eq!(receipt.note.as_deref(), Some("thank you"), "{fault:?}");
    }
    settle().await;
    (
        launch
            .observations()
            .into_iter()
            .map(|observation| observation.seen)
            .collect(),
        candidate,
    )
}

fn count(seen: &[Seen], of: Seen) -> usize {
    seen.iter().filter(|seen| **seen == of).count()
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_hangs_is_cut_off_and_the_caller_waits_for_nothing() {
    let limits = Limits {
        time: Duration::from_millis(300),
        ..Limits::default()
    };
    let (seen, _) = seen_under(Fault::Hangs, limits).await;
    assert_eq!(count(&seen, Seen::TimedOut), 50, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn hanging_candidates_are_no_more_than_the_permits_and_further_calls_are_shed() {
    let limits = Limits {
        at_once: 5,
        time: Duration::from_secs(5),
        ..Limits::default()
    };
    let (seen, candidate) = seen_under(Fault::Hangs, limits).await;
    assert_eq!(
        (count(&seen, Seen::TimedOut), count(&seen, Seen::Shed)),
        (5, 45),
        "{seen:?}"
    );
    assert_eq!(candidate.asked.load(SeqCst), 5);
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_panics_is_a_difference_and_nothing_to_the_caller() {
    let (seen, _) = seen_under(Fault::Panics, Limits::default()).await;
    assert_eq!(count(&seen, Seen::Different), 50, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_is_half_a_second_late_delays_nobody() {
    let limits = Limits {
        at_once: 1_000,
        ..Limits::default()
    };
    let (seen, _) = seen_under(Fault::Late(Duration::from_millis(500)), limits).await;
    assert_eq!(count(&seen, Seen::Same), 50, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_floods_memory_leaves_only_redacted_samples_of_bounded_size() {
    let (_control, candidate, launch) = reads(shadowed_reads(), Limits::default());
    candidate.set(Fault::Floods(16 << 20));
    let till = launch.service();
    for _ in 0..12 {
        assert_eq!(
            till.show("c".into(), "p".into()).await.unwrap().note.as_deref(),
            Some("thank you")
        );
    }
    settle().await;

    let groups = launch.groups();
    assert_eq!(
        (groups[0].path.as_str(), groups[0].count, groups[0].samples.len()),
        ("/show/Ok/note", 12, 5)
    );
    assert_eq!(groups[0].samples[0].seen, format!("a text of {} bytes", 16 << 20));
    let kept = serde_json::to_string(&(launch.groups(), launch.observations())).unwrap();
    assert!(kept.len() < 16 << 10, "{} bytes are kept of 192 MiB", kept.len());
}

#[tokio::test(start_paused = true)]
async fn garbage_is_a_difference() {
    let (seen, _) = seen_under(Fault::Garbage, Limits::default()).await;
    assert_eq!(count(&seen, Seen::Different), 50, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn no_answer_of_the_candidate_is_a_class_of_its_own_and_never_a_mismatch() {
    // Nor does a candidate that is full, or whose neighbour is away, say anything about the call.
    for fault in [Fault::GivesNoAnswer, Fault::Busy] {
        let (seen, _) = seen_under(fault, Limits::default()).await;
        assert_eq!(count(&seen, Seen::Transport), 50, "{fault:?}: {seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_controls_own_panic_and_error_reach_the_caller_and_the_candidate_is_not_asked() {
    let (control, candidate, launch) = reads(shadowed_reads(), Limits::default());
    let till = launch.service();
    control.set(Fault::Panics);
    let panic = caught(till.show("c".into(), "p".into())).await.unwrap_err();
    assert_eq!(panic.message, "the till is broken");
    control.set(Fault::GivesNoAnswer);
    assert!(matches!(
        till.show("c".into(), "p".into()).await,
        Err(TillError::Transport(_))
    ));
    settle().await;
    assert_eq!(candidate.asked.load(SeqCst), 0);
    let seen: Vec<Seen> = launch
        .observations()
        .iter()
        .map(|observation| observation.seen)
        .collect();
    assert_eq!(seen, [Seen::Unanswered, Seen::Unanswered]);
}

#[tokio::test(start_paused = true)]
async fn the_kill_switch_stops_calls_that_are_queued_already() {
    let (_control, candidate, launch) = reads(shadowed_reads(), Limits::default());
    let till = launch.service();
    // On a current-thread runtime the shadow call is queued behind this task, and so it sees the switch.
    till.show("c".into(), "p".into()).await.unwrap();
    launch.kill();
    till.show("c".into(), "p".into()).await.unwrap();
    settle().await;
    assert_eq!(candidate.asked.load(SeqCst), 0);
    assert_eq!(launch.observations().len(), 2);
    assert!(
        launch
            .observations()
            .iter()
            .all(|observation| observation.seen == Seen::Killed)
    );

    launch.revive();
    till.show("c".into(), "p".into()).await.unwrap();
    settle().await;
    assert_eq!(candidate.asked.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_leaves_no_shadow_of_a_read_behind() {
    let (_control, candidate, launch) = reads(shadowed_reads(), Limits::default());
    let till = launch.service();
    let left = tokio::time::timeout(TAKES / 2, till.show("c".into(), "p".into())).await;
    assert!(left.is_err());
    settle().await;
    assert_eq!((candidate.asked.load(SeqCst), launch.observations().len()), (0, 0));
}
