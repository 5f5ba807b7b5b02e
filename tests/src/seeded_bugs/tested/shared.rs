//! Bugs of the infrastructure of all services that its tests have to find.

use crate::seeded_bugs::{Bug, Edit, Layer};

use super::bug;

pub(super) const BUGS: &[Bug] = &[
    bug(
        Layer::Module,
        "replies are kept 30 hours",
        "tests of shared",
        (
            "lib",
            "idempotency::retention::tests::a_reply_is_kept_for_thirty_days_and_looked_at_every_hour",
        ),
        &[Edit {
            file: "services/shared/src/idempotency/retention.rs",
            find: "from_secs(30 * 24 * 60 * 60)",
            replace: "from_secs(30 * 60 * 60)",
        }],
    ),
    bug(
        Layer::Module,
        "old replies are deleted only at the start",
        "tests of shared",
        (
            "lib",
            "idempotency::retention::tests::a_reply_is_kept_for_thirty_days_and_looked_at_every_hour",
        ),
        &[Edit {
            file: "services/shared/src/idempotency/retention.rs",
            find: "Ok(Next::After(LOOK_EVERY))",
            replace: "Ok(if LOOK_EVERY.is_zero() { Next::Again } else { Next::Idle })",
        }],
    ),
    bug(
        Layer::Store,
        "a reply is as old as its claim",
        "tests of shared",
        (
            "lib",
            "idempotency::retention::tests::a_reply_is_kept_for_thirty_days_and_looked_at_every_hour",
        ),
        &[Edit {
            file: "services/shared/src/idempotency/retention.rs",
            find: "DELETE FROM idempotency WHERE reply IS NOT NULL AND replied_at < $1",
            replace: "DELETE FROM idempotency WHERE reply IS NOT NULL AND claimed_at < $1",
        }],
    ),
    bug(
        Layer::Client,
        "a neighbour is told no limit",
        "tests of shared",
        (
            "suite",
            "neighbour::the_context_goes_along_in_a_child_span_that_ends_at_the_limit",
        ),
        &[Edit {
            file: "services/shared/src/neighbour.rs",
            find: "Context::current().child().within(limit);",
            replace: "Context::current().child();",
        }],
    ),
    bug(
        Layer::Client,
        "a long poll is cut at the limit of a call",
        "tests of shared",
        (
            "suite",
            "neighbour::a_call_that_asks_to_wait_is_given_that_time_beyond_the_limit",
        ),
        &[Edit {
            file: "services/shared/src/neighbour.rs",
            find: "self.limit.saturating_add((self.extra)(&call));",
            replace: "self.limit.saturating_add((self.extra)(&call) / 100);",
        }],
    ),
    bug(
        Layer::Module,
        "a claim whose holder died waits for a wake",
        "tests of shared",
        (
            "suite",
            "command::an_effect_that_fails_takes_its_answer_with_it_and_the_request_is_decided_again",
        ),
        &[Edit {
            file: "services/shared/src/idempotency/command.rs",
            find: "None => Ok(Next::After(command.term / 4)),",
            replace: "None => Ok(if command.term.is_zero() { Next::Again } else { Next::Idle }),",
        }],
    ),
    bug(
        Layer::Store,
        "a lease that is held is taken over",
        "tests of shared",
        ("suite", "idempotency::only_one_recoverer_resumes_an_expired_claim"),
        &[Edit {
            file: "services/shared/src/idempotency/lease.rs",
            find: "AND reply IS NULL AND lease_until <= $6",
            replace: "AND reply IS NULL AND (lease_until <= $6 OR lease_until > $6)",
        }],
    ),
    bug(
        Layer::Module,
        "a stop names tasks that have ended",
        "tests of shared",
        ("suite", "worker::a_stop_names_the_tasks_that_do_not_end"),
        &[Edit {
            file: "services/shared/src/tasks.rs",
            find: "                state.running.retain(|(running, _)| *running != id);\n",
            replace: "                state.running.retain(|(running, _)| *running != id || \
                          failure.is_none());\n",
        }],
    ),
    bug(
        Layer::Module,
        "a worker that works again still comes back late",
        "tests of shared",
        ("suite", "worker::after_a_success_the_pauses_begin_again"),
        &[Edit {
            file: "services/shared/src/worker.rs",
            find: "                backoff.reset();\n",
            replace: "                let _late = backoff.clone();\n",
        }],
    ),
    bug(
        Layer::Module,
        "a retry of a letter loses the caller",
        "tests of shared",
        (
            "suite",
            "command::what_could_not_be_decided_is_decided_without_its_caller_as_the_request_that_it_was",
        ),
        &[Edit {
            file: "services/shared/src/idempotency/command.rs",
            find: "            caller: lease.scope.caller.clone(),\n",
            replace: "",
        }],
    ),
    bug(
        Layer::Store,
        "a failed effect leaves its answer behind",
        "tests of shared",
        (
            "suite",
            "command::an_effect_that_fails_takes_its_answer_with_it_and_the_request_is_decided_again",
        ),
        &[Edit {
            file: "services/shared/src/idempotency/command.rs",
            find: "effect(tx).await?;\n                    \
                       Ok(answer)",
            replace: "let _tried = effect(tx).await;\n                    \
                          Ok(answer)",
        }],
    ),
    bug(
        Layer::Module,
        "a wake shortens the pause after a failure",
        "tests of shared",
        ("suite", "worker::a_wake_does_not_shorten_the_pause_after_a_failure"),
        &[Edit {
            file: "services/shared/src/worker.rs",
            find: "Err(_) => futures::future::pending().boxed(),",
            replace: "Err(_) => self.wake.notified().boxed(),",
        }],
    ),
    bug(
        Layer::Module,
        "a claim is given back without waking anybody",
        "tests of shared",
        (
            "suite",
            "command::what_could_not_be_decided_is_decided_without_its_caller_as_the_request_that_it_was",
        ),
        &[Edit {
            file: "services/shared/src/idempotency/command.rs",
            find: "tx.on_commit(move || recoverer.wake());",
            replace: "tx.on_commit(move || drop(recoverer));",
        }],
    ),
    bug(
        Layer::Module,
        "a reply that is just too old is not looked for",
        "tests of shared",
        (
            "lib",
            "idempotency::retention::tests::a_reply_is_kept_for_thirty_days_and_looked_at_every_hour",
        ),
        &[Edit {
            file: "services/shared/src/idempotency/retention.rs",
            find: "if !has_older(&self.db, KEEP).await? {",
            replace: "if !has_older(&self.db, KEEP * 2).await? {",
        }],
    ),
    bug(
        Layer::Router,
        "a process that is stopping says that it is ready",
        "tests of shared",
        (
            "suite",
            "server::it_says_that_it_lives_whether_it_is_ready_and_what_it_has_done",
        ),
        &[Edit {
            file: "services/shared/src/server/operations.rs",
            find: "report.ready &= !tasks.is_stopping();",
            replace: "report.ready &= tasks.failed().is_empty() || !tasks.is_stopping();",
        }],
    ),
    bug(
        Layer::Store,
        "readiness takes an old commit for proof after a failure",
        "tests of shared",
        (
            "suite",
            "condition::on_a_full_disk_nothing_is_done_readiness_knows_it_and_all_goes_on_once_there_is_room",
        ),
        &[Edit {
            file: "services/shared/src/database/condition.rs",
            find: "        self.evidence().committed = None;\n",
            replace: "",
        }],
    ),
];
