//! Bugs of the payments module that its tests have to find.

use crate::seeded_bugs::{Bug, Edit, Layer};

use super::bug;

pub(super) const BUGS: &[Bug] = &[
    bug(
        Layer::Store,
        "an answered refund is due for ever",
        "tests of payments",
        (
            "payments",
            "refunds::a_refund_that_is_answered_is_never_looked_at_again",
        ),
        &[Edit {
            file: "services/payments/src/store/refunds.rs",
            find: "replied_at = $2, due_at = NULL WHERE",
            replace: "replied_at = $2 WHERE",
        }],
    ),
    bug(
        Layer::Store,
        "attempts at a refund are never counted",
        "tests of payments",
        (
            "payments",
            "refunds::each_attempt_that_is_not_answered_puts_the_next_one_off",
        ),
        &[Edit {
            file: "services/payments/src/store/refunds.rs",
            find: "SET attempts = attempts + 1, due_at = $1",
            replace: "SET due_at = $1",
        }],
    ),
    bug(
        Layer::Module,
        "a caller of a payment waits past its deadline",
        "tests of payments",
        (
            "payments",
            "charging::a_caller_waits_for_a_payment_no_longer_than_its_deadline",
        ),
        &[Edit {
            file: "services/payments/src/service.rs",
            find: "let (id, until) = (payment_id(order_id), self.until());",
            replace: "let (id, until) = (payment_id(order_id), Instant::now() + self.limit);",
        }],
    ),
    bug(
        Layer::Module,
        "a caller of a refund waits past its deadline",
        "tests of payments",
        (
            "payments",
            "refunds::a_caller_waits_for_a_refund_no_longer_than_its_deadline",
        ),
        &[Edit {
            file: "services/payments/src/service.rs",
            find: "        let until = self.until();\n",
            replace: "        let until = Instant::now() + self.limit;\n",
        }],
    ),
    bug(
        Layer::Module,
        "a cancelled order is charged as a fresh one",
        "tests of payments",
        (
            "payments",
            "events::an_order_that_is_cancelled_before_it_is_heard_of_fails_without_a_charge",
        ),
        &[Edit {
            file: "services/payments/src/follow_orders.rs",
            find: "(true, OrderStatus::Pending) => dispatch",
            replace: "(true, OrderStatus::Pending | OrderStatus::Cancelled) => dispatch",
        }],
    ),
    bug(
        Layer::Module,
        "a busy provider has refused for good",
        "tests of payments",
        (
            "lib",
            "provider::http::tests::each_status_with_each_kind_of_body_is_believed_as_far_as_it_goes",
        ),
        &[Edit {
            file: "services/payments/src/provider/http.rs",
            find: "StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT =>",
            replace: "StatusCode::TOO_MANY_REQUESTS =>",
        }],
    ),
    bug(
        Layer::Module,
        "a declined operation answered with 402 is a refusal without its reason",
        "tests of payments",
        (
            "lib",
            "provider::http::tests::each_status_with_each_kind_of_body_is_believed_as_far_as_it_goes",
        ),
        &[Edit {
            file: "services/payments/src/provider/http.rs",
            find: "StatusCode::OK | StatusCode::CREATED | StatusCode::PAYMENT_REQUIRED =>",
            replace: "StatusCode::OK | StatusCode::CREATED =>",
        }],
    ),
    bug(
        Layer::Module,
        "an operation that the provider calls gone was never there",
        "tests of payments",
        (
            "lib",
            "provider::http::tests::a_look_up_finds_only_what_the_provider_says_is_there",
        ),
        &[Edit {
            file: "services/payments/src/provider/http.rs",
            find: "StatusCode::NOT_FOUND if code(&response).as_deref() == Some(\"not_found\") => Ok(None),",
            replace: "StatusCode::NOT_FOUND if code(&response).is_some() => Ok(None),",
        }],
    ),
    bug(
        Layer::Store,
        "a refund that was answered late is booked twice",
        "tests of payments",
        (
            "payments",
            "refunds::a_refund_answered_with_an_error_is_found_and_not_repeated",
        ),
        &[Edit {
            file: "services/payments/src/refunding.rs",
            find: "if freshness == Freshness::Stale\n",
            replace: "if freshness == Freshness::Fresh\n",
        }],
    ),
    bug(
        Layer::Store,
        "a refund is booked without its event",
        "tests of payments",
        (
            "payments",
            "refunds::a_refund_gives_money_back_and_is_booked_on_both_sides",
        ),
        &[Edit {
            file: "services/payments/src/refunding.rs",
            find: "    events::append(tx, SOURCE, &event).await?;\n    \
                       Ok(())",
            replace: "    if after.refunded == amount {\n        \
                          events::append(tx, SOURCE, &event).await?;\n    \
                          }\n    \
                          Ok(())",
        }],
    ),
];
