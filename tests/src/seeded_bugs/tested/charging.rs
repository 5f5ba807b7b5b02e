//! Bugs of the payments module that its tests have to find.

use crate::seeded_bugs::{Bug, Edit, Layer};

use super::bug;

pub(super) const BUGS: &[Bug] = &[
    bug(
        Layer::Store,
        "a settled payment is due for ever",
        "tests of payments",
        ("payments", "charging::a_settled_payment_is_never_looked_at_again"),
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: "let due_at = is_open(after.status).then(|| due_after(attempts));",
            replace: "let due_at = Some(due_after(attempts));",
        }],
    ),
    bug(
        Layer::Module,
        "an authorisation is captured that another process has let go",
        "tests of payments",
        (
            "lib",
            "charging::tests::nothing_is_captured_for_a_payment_that_another_process_has_let_go",
        ),
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: "        self.note(record, &hold).await?;\n",
            replace: "",
        }],
    ),
    bug(
        Layer::Store,
        "a settled hold is due for ever",
        "tests of payments",
        (
            "payments",
            "letting_go::an_authorisation_that_arrives_after_its_order_was_let_go_is_found_and_voided",
        ),
        &[Edit {
            file: "services/payments/src/store/holds.rs",
            find: "attempts = attempts + 1, due_at = NULL, outcome = $1",
            replace: "attempts = attempts + 1, outcome = $1",
        }],
    ),
    bug(
        Layer::Module,
        "an order that can not be read counts as not cancelled",
        "tests of payments",
        (
            "lib",
            "charging::tests::nothing_is_sent_for_an_order_that_can_not_be_read",
        ),
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: "Err(error) => Err(Charged::Postponed {\n                \
                       reason: format!(\"the order can't be read: {error}\"),\n                \
                       authorization_id: hold.cloned(),\n            \
                       }),",
            replace: "Err(_) => Ok(hold.is_some_and(String::is_empty)),",
        }],
    ),
    bug(
        Layer::Module,
        "an order that nobody knows counts as not cancelled",
        "tests of payments",
        (
            "lib",
            "charging::tests::nothing_is_sent_for_an_order_that_can_not_be_read",
        ),
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: "Ok(order) => Ok(order.status == OrderStatus::Cancelled),",
            replace: "Ok(order) => Ok(order.status == OrderStatus::Cancelled),\n            \
                          Err(commerce::OrderError::NotFound { .. }) => Ok(false),",
        }],
    ),
    bug(
        Layer::Module,
        "a capture that the provider does not tell of counts as none",
        "tests of payments",
        (
            "lib",
            "charging::tests::nothing_is_sent_while_the_provider_does_not_say_what_it_has_done",
        ),
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: "Err(error) => Err(unknown(&error, Some(hold))),",
            replace: "Err(_) => Ok(None),",
        }],
    ),
    bug(
        Layer::Module,
        "a declined void is taken for the end of a hold",
        "tests of payments",
        (
            "lib",
            "charging::tests::a_void_that_did_not_succeed_is_not_the_end_of_a_hold",
        ),
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: "}) => Err(Charged::Unknown {\n                \
                       reason,\n                \
                       authorization_id: Some(hold),\n            \
                       }),",
            replace: "}) => Ok(Charged::Failed { reason }),",
        }],
    ),
    bug(
        Layer::Module,
        "an unanswered void is taken for the end of a hold",
        "tests of payments",
        (
            "lib",
            "charging::tests::a_void_that_did_not_succeed_is_not_the_end_of_a_hold",
        ),
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: "authorization_id: Some(hold),\n            \
                       }),\n            \
                       Err(error) => Err(unknown(&error, Some(&hold))),",
            replace: "authorization_id: Some(hold),\n            \
                          }),\n            \
                          Err(_) => Ok(Charged::Failed { reason }),",
        }],
    ),
    bug(
        Layer::Module,
        "a late authorisation whose void is refused counts as voided",
        "tests of payments",
        (
            "lib",
            "letting_go::tests::the_search_goes_on_until_the_provider_has_said_that_nothing_is_held",
        ),
        &[Edit {
            file: "services/payments/src/letting_go.rs",
            find: "Some(WorkOutcome::Refused(reason))",
            replace: "Some(WorkOutcome::Done(\"voided\"))",
        }],
    ),
    bug(
        Layer::Module,
        "the order is asked before the capture is looked up",
        "tests of payments",
        (
            "lib",
            "charging::tests::a_capture_that_went_through_counts_though_the_order_was_cancelled_or_is_out_of_reach",
        ),
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: "            if let Some(hold) = &hold\n                \
                       && let Some(captured)",
            replace: "            if self.is_cancelled(record, hold.as_ref()).await? {\n                \
                          return self.void(record, hold).await;\n            \
                          }\n            \
                          if let Some(hold) = &hold\n                \
                          && let Some(captured)",
        }],
    ),
    bug(
        Layer::Module,
        "a capture is not looked up when its hold is known",
        "tests of payments",
        (
            "lib",
            "charging::tests::a_capture_that_went_through_counts_though_the_order_was_cancelled_or_is_out_of_reach",
        ),
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: "if let Some(hold) = &hold\n                \
                       && let",
            replace: "if let Some(hold) = &hold\n                \
                          && record.authorization_id.is_none()\n                \
                          && let",
        }],
    ),
    bug(
        Layer::Module,
        "a hold is not looked up before it is made",
        "tests of payments",
        (
            "lib",
            "charging::tests::nothing_is_sent_while_the_provider_does_not_say_what_it_has_done",
        ),
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: "if hold.is_none() {",
            replace: "if hold.is_none() && record.attempts == 0 {",
        }],
    ),
    bug(
        Layer::Module,
        "a capture that the provider refuses leaves its hold behind",
        "tests of payments",
        (
            "lib",
            "charging::tests::each_kind_of_answer_to_a_capture_has_its_own_outcome_and_no_hold_is_forgotten",
        ),
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: "Err(ProviderError::Refused(reason)) => Err(Charged::LetGo { reason }),",
            replace: "Err(ProviderError::Refused(reason)) => Err(Charged::Failed { reason }),",
        }],
    ),
    bug(
        Layer::Module,
        "an authorisation that the provider refuses is asked for again",
        "tests of payments",
        (
            "lib",
            "charging::tests::each_kind_of_answer_to_an_authorisation_has_its_own_outcome",
        ),
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: "Err(ProviderError::Refused(reason)) => Err(Charged::Failed { reason }),",
            replace: "Err(ProviderError::Refused(reason)) => Err(Charged::Unknown { reason, \
                          authorization_id: None }),",
        }],
    ),
    bug(
        Layer::Module,
        "a provider that does not answer ends the search for an authorisation",
        "tests of payments",
        (
            "lib",
            "letting_go::tests::the_search_goes_on_until_the_provider_has_said_that_nothing_is_held",
        ),
        &[Edit {
            file: "services/payments/src/letting_go.rs",
            find: "will be asked again\");\n                \
                       return None;",
            replace: "will be asked again\");\n                \
                          return Some(WorkOutcome::Done(\"no answer\"));",
        }],
    ),
    bug(
        Layer::Store,
        "an authorisation is looked for every 100 ms for a day",
        "tests of payments",
        (
            "payments",
            "letting_go::each_look_for_an_authorisation_puts_the_next_one_off_for_longer",
        ),
        &[Edit {
            file: "services/payments/src/store/holds.rs",
            find: "look_again(hold.attempts + 1)",
            replace: "look_again(0)",
        }],
    ),
    bug(
        Layer::Store,
        "the search for an authorisation never ends",
        "tests of payments",
        (
            "payments",
            "letting_go::an_authorisation_that_has_not_arrived_for_a_day_is_not_looked_for_any_more",
        ),
        &[Edit {
            file: "services/payments/src/store/holds.rs",
            find: ">= self.let_go_at.saturating_add(watch)",
            replace: ">= self.let_go_at.saturating_add(watch).saturating_add(watch)",
        }],
    ),
    bug(
        Layer::Store,
        "a retried hold is given up at once, as old as it was",
        "tests of payments",
        (
            "payments",
            "letting_go::a_retry_looks_for_the_authorisation_for_another_day",
        ),
        &[Edit {
            file: "services/payments/src/store/holds.rs",
            find: "due_at = $1, let_go_at = $1",
            replace: "due_at = $1",
        }],
    ),
    bug(
        Layer::Store,
        "a hold whose order is gone is listed as settled",
        "tests of payments",
        (
            "payments",
            "letting_go::a_hold_that_the_provider_refuses_to_void_is_listed_until_a_person_settles_it",
        ),
        &[Edit {
            file: "services/payments/src/store/holds.rs",
            find: "WHERE outcome LIKE 'refused: %' ORDER BY settled_at",
            replace: "WHERE outcome LIKE 'refused: %' AND retries = 0 ORDER BY settled_at",
        }],
    ),
];
