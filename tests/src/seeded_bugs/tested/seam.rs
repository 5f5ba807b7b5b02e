//! Bugs of the HTTP transports that their tests have to find.

use crate::seeded_bugs::{Bug, Edit, Layer};

use super::bug;

pub(super) const BUGS: &[Bug] = &[
    bug(
        Layer::Client,
        "the deadline does not end a request where the transport has a limit",
        "tests of seam",
        (
            "behaviour",
            "socket::an_answer_that_does_not_come_is_waited_for_no_longer_than_asked",
        ),
        &[Edit {
            file: "contracts/seam/src/http/exchange.rs",
            find: "[own, context.deadline].into_iter().flatten().min();",
            replace: "own.or(context.deadline);",
        }],
    ),
    bug(
        Layer::Client,
        "a request waits as long as its transport, whatever it asks for",
        "tests of seam",
        (
            "behaviour",
            "socket::an_answer_that_does_not_come_is_waited_for_no_longer_than_asked",
        ),
        &[Edit {
            file: "contracts/seam/src/http/exchange.rs",
            find: ".map_or(limit, |AnswerWithin(limit)| Some(*limit));",
            replace: ".map_or(limit, |AnswerWithin(own)| limit.or(Some(*own)));",
        }],
    ),
    bug(
        Layer::Client,
        "a request is sent after its deadline",
        "tests of seam",
        ("behaviour", "socket::nothing_is_sent_after_the_deadline"),
        &[Edit {
            file: "contracts/seam/src/http/exchange.rs",
            find: "if context.remaining().is_some_and(|left| left.is_zero()) {",
            replace: "if context.remaining().is_some_and(|left| left.is_zero()) && limit.is_none() {",
        }],
    ),
];
