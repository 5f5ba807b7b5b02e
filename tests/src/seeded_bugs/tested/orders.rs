//! Bugs of the orders module that its tests have to find.

use crate::seeded_bugs::{Bug, Edit, Layer};

use super::bug;

pub(super) const BUGS: &[Bug] = &[
    bug(
        Layer::Module,
        "of exactly a hundred compensations that are due the rest is forgotten",
        "tests of orders",
        (
            "lib",
            "compensations::tests::a_full_batch_is_followed_by_another_and_a_failure_stops_no_other_attempt",
        ),
        &[Edit {
            file: "services/orders/src/compensations.rs",
            find: "is_ok_and(|read| read < BATCH)",
            replace: "is_ok_and(|read| read <= BATCH)",
        }],
    ),
    bug(
        Layer::Module,
        "a failed compensation stops those behind it",
        "tests of orders",
        (
            "lib",
            "compensations::tests::a_full_batch_is_followed_by_another_and_a_failure_stops_no_other_attempt",
        ),
        &[Edit {
            file: "services/orders/src/compensations.rs",
            find: "let outcomes: Vec<_> = attempts.collect().await;",
            replace: "let mut failed = false;\n    \
                          let outcomes: Vec<_> = attempts\n        \
                          .take_while(|outcome| {\n            \
                          let go_on = !failed;\n            \
                          failed |= outcome.is_err();\n            \
                          futures::future::ready(go_on)\n        \
                          })\n        \
                          .collect()\n        \
                          .await;",
        }],
    ),
    bug(
        Layer::Store,
        "the late outcome of a refused refund settles its retry",
        "tests of orders",
        (
            "lib",
            "store::refunds::tests::the_outcome_of_an_attempt_before_a_retry_does_not_settle_the_retry",
        ),
        &[Edit {
            file: "services/orders/src/store/refunds.rs",
            find: "AND retries = $4 AND outcome IS NULL",
            replace: "AND retries >= $4 AND outcome IS NULL",
        }],
    ),
    bug(
        Layer::Module,
        "a payment heard of after its order was shipped is given back",
        "tests of orders",
        ("lib", "domain::tests::captured_money_confirms_or_is_known_or_goes_back"),
        &[Edit {
            file: "services/orders/src/domain.rs",
            find: "OrderStatus::Confirmed | OrderStatus::Shipped | OrderStatus::Delivered\n",
            replace: "OrderStatus::Confirmed | OrderStatus::Delivered\n",
        }],
    ),
    bug(
        Layer::Module,
        "a key that was used for another contact is not told",
        "tests of orders",
        (
            "lib",
            "domain::tests::an_order_is_told_from_another_by_all_that_was_asked_for",
        ),
        &[Edit {
            file: "services/orders/src/domain.rs",
            find: "        && order.contact == request.contact\n",
            replace: "",
        }],
    ),
    bug(
        Layer::Module,
        "a refused refund is asked for again under the same key",
        "tests of orders",
        (
            "living",
            "a_refused_refund_is_listed_until_a_retry_makes_it_or_a_person_has_made_it",
        ),
        &[Edit {
            file: "services/orders/src/compensations.rs",
            find: "retries => format!(\"/{retries}\"),",
            replace: "retries => format!(\"/{}\", retries.min(1)),",
        }],
    ),
    bug(
        Layer::Store,
        "a refund that was settled by hand is made all the same",
        "tests of orders",
        (
            "living",
            "a_refused_refund_is_listed_until_a_retry_makes_it_or_a_person_has_made_it",
        ),
        &[Edit {
            file: "services/orders/src/store/refunds.rs",
            find: "SET outcome = 'settled by hand', settled_at = $1",
            replace: "SET outcome = NULL, settled_at = $1",
        }],
    ),
    bug(
        Layer::Store,
        "a release that was confirmed is asked for at every start",
        "tests of orders",
        ("crashing", "stock_that_is_back_is_not_given_back_again"),
        &[Edit {
            file: "services/orders/src/compensations.rs",
            find: "            self.db.write(move |tx| Box::pin(releases::settle(tx, order_id))).await;",
            replace: "            self.db.write(move |tx| Box::pin(releases::schedule(tx, order_id))).await;",
        }],
    ),
    bug(
        Layer::Module,
        "a refund by hand is followed by one of the whole total",
        "tests of orders",
        ("living", "what_was_given_back_by_hand_is_not_given_back_again"),
        &[Edit {
            file: "services/orders/src/compensations.rs",
            find: "if left.cents <= 0 {",
            replace: "if left.cents > 0 {",
        }],
    ),
    bug(
        Layer::Module,
        "a refused order gives its stock back only after the next start",
        "tests of orders",
        ("creating", "stock_goes_back_when_the_total_cannot_be_computed"),
        &[Edit {
            file: "services/orders/src/creation.rs",
            find: "tx.on_commit(move || release_worker.wake());",
            replace: "tx.on_commit(move || drop(release_worker));",
        }],
    ),
    bug(
        Layer::Store,
        "an order is written beside one that is there",
        "tests of orders",
        ("creating", "a_refusal_is_remembered_even_when_the_stock_comes_later"),
        &[Edit {
            file: "services/orders/src/creation.rs",
            find: "Refusal::Final(error) => Err(error),\n                \
                       Refusal::Open(error) => return Err(error),",
            replace: "Refusal::Final(error) | Refusal::Open(error) => return Err(error),",
        }],
    ),
    bug(
        Layer::Module,
        "inventory is waited for without a limit",
        "tests of orders",
        (
            "crashing",
            "a_hanging_inventory_is_not_waited_for_longer_than_the_limit",
        ),
        &[Edit {
            file: "services/orders/src/module.rs",
            find: "let inventory = env.neighbour(SOURCE, dependencies.inventory)?;",
            replace: "let inventory = dependencies.inventory;",
        }],
    ),
];
