//! Bugs of the infrastructure of all services that its tests have to find.

use crate::seeded_bugs::{Bug, Edit, Layer};

use super::bug;

pub(super) const BUGS: &[Bug] = &[
    bug(
        Layer::Module,
        "waiting for a neighbour that is down uses up the ten tries",
        "tests of shared",
        (
            "suite",
            "dead_letters::waiting_for_a_neighbour_that_is_down_uses_up_no_tries",
        ),
        &[Edit {
            file: "services/shared/src/events/processor.rs",
            find: "                    attempts -= 1;\n",
            replace: "",
        }],
    ),
    bug(
        Layer::Module,
        "an event is tried eleven times",
        "tests of shared",
        ("suite", "dead_letters::what_fails_or_panics_ten_times_is_a_dead_letter"),
        &[Edit {
            file: "services/shared/src/events/processor.rs",
            find: "if attempts < TRIES =>",
            replace: "if attempts <= TRIES =>",
        }],
    ),
    bug(
        Layer::Module,
        "an outage of the database uses up the ten tries",
        "tests of shared",
        (
            "lib",
            "events::handler::tests::what_passes_is_waited_for_and_what_does_not_is_a_failed_attempt",
        ),
        &[Edit {
            file: "services/shared/src/events/handler.rs",
            find: "if error.is_passing() {",
            replace: "if error.is_passing() && error.for_anybody().is_empty() {",
        }],
    ),
    bug(
        Layer::Store,
        "inbox rows of an earlier process stay for ever",
        "tests of shared",
        (
            "suite",
            "subscription::events_done_out_of_order_are_not_done_again_after_a_crash",
        ),
        &[Edit {
            file: "services/shared/src/events/watermark.rs",
            find: "inbox: done.clone(),",
            replace: "inbox: done.iter().take(0).copied().collect(),",
        }],
    ),
    bug(
        Layer::Store,
        "an event is applied before a dead letter of another process",
        "tests of shared",
        ("suite", "processes::what_one_process_keeps_back_no_other_applies"),
        &[Edit {
            file: "services/shared/src/events/watermark.rs",
            find: "Ok(if row.try_get::<i64, _>(\"before\")? > 0 {",
            replace: "Ok(if row.try_get::<i64, _>(\"before\")? < 0 {",
        }],
    ),
    bug(
        Layer::Store,
        "a slow process moves the watermark back",
        "tests of shared",
        (
            "suite",
            "processes::a_process_that_is_behind_does_not_move_the_position_back",
        ),
        &[Edit {
            file: "services/shared/src/events/watermark.rs",
            find: "AND log = $2 AND position < $3\")",
            replace: "AND log = $2 AND position <> $3\")",
        }],
    ),
    bug(
        Layer::Store,
        "the attempts of a letter are those of its last retry",
        "tests of shared",
        (
            "suite",
            "dead_letters::a_retry_that_fails_again_says_so_and_keeps_everything_in_place",
        ),
        &[Edit {
            file: "services/shared/src/events/dead_letters.rs",
            find: "attempts = dead_letters.attempts + excluded.attempts",
            replace: "attempts = excluded.attempts",
        }],
    ),
    bug(
        Layer::Module,
        "what a crash left parked waits for a person",
        "tests of shared",
        (
            "suite",
            "processes::a_letter_that_a_crash_left_parked_is_tried_again_by_itself",
        ),
        &[Edit {
            file: "services/shared/src/events/lane.rs",
            find: "is_some_and(|first| first.state == DeadLetterState::Parked);",
            replace: "is_some_and(|first| first.state == DeadLetterState::Parked && first.gap.is_some());",
        }],
    ),
    bug(
        Layer::Module,
        "readiness shows the trouble of an event that was given up",
        "tests of shared",
        ("suite", "dead_letters::what_fails_or_panics_ten_times_is_a_dead_letter"),
        &[Edit {
            file: "services/shared/src/events/processor.rs",
            find: "                    self.status.untroubled(&label);\n                    \
                       return Attempted::Dead",
            replace: "                    return Attempted::Dead",
        }],
    ),
    bug(
        Layer::Module,
        "the search for a missing event skips what it has found",
        "tests of shared",
        (
            "suite",
            "feeds::an_event_that_comes_before_its_predecessor_waits_until_that_one_appears",
        ),
        &[Edit {
            file: "services/shared/src/events/rescan.rs",
            find: "let mut next = after.version + 1;",
            replace: "let mut next = after.version + 2;",
        }],
    ),
    bug(
        Layer::Store,
        "an event that was applied from another log is applied again",
        "tests of shared",
        (
            "suite",
            "followed::two_processes_that_follow_different_logs_apply_an_event_once",
        ),
        &[Edit {
            file: "services/shared/src/events/versions.rs",
            find: "Ok(noted.rows_affected() == 1)",
            replace: "Ok(noted.rows_affected() < 2)",
        }],
    ),
    bug(
        Layer::Module,
        "a subscription goes on at its old position in another log",
        "tests of shared",
        (
            "suite",
            "followed::a_move_while_nobody_reads_is_noticed_at_the_next_start",
        ),
        &[Edit {
            file: "services/shared/src/events/reader.rs",
            find: "if self.log != Some(batch.log) =>",
            replace: "if self.log.is_none() =>",
        }],
    ),
    bug(
        Layer::Module,
        "what was applied from another log becomes a dead letter behind another one",
        "tests of shared",
        (
            "suite",
            "followed::a_dead_letter_goes_along_to_the_other_log_and_holds_its_aggregate_up_there",
        ),
        &[Edit {
            file: "services/shared/src/events/lane.rs",
            find: "if expected(versions, &event) == Expected::Seen {",
            replace: "if expected(versions, &event) == Expected::Seen && self.busy {",
        }],
    ),
];
