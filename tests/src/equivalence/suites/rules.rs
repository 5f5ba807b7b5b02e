//! Every difference between a model and a module that the suites allow, in one table.

use std::time::Duration;

use seam::equivalence::{Model, Rule, Suite};

const CLOCK: &str = "each subject reads its own clock, and tells the time in microseconds";
const READER: &str = "it is for the reader, in the module's own words";
const WORDS: &str = "the module has words of its own for what it tells";
const SAID: &str = "it is for the reader; what the server said may name the customer";

/// Field, rule, owner and reason of each allowed difference.
fn table() -> [Rule; 12] {
    let clock = |field, owner| Rule::clock(field, Duration::from_micros(1), owner, CLOCK);
    [
        clock("created_at", "inventory"),
        clock("updated_at", "inventory"),
        clock("created_at", "orders"),
        clock("updated_at", "orders"),
        clock("created_at", "payments"),
        clock("updated_at", "payments"),
        Rule::ignored("service_unavailable.reason", "payments", READER),
        clock("created_at", "notifications"),
        clock("updated_at", "notifications"),
        Rule::renamed("mails.*.headline", "notifications", WORDS),
        Rule::renamed("pushes.*.headline", "notifications", WORDS),
        Rule::ignored("payload.reason", "notifications", SAID),
    ]
}

/// Adds the rules of a contract's owner to its suite.
pub(super) fn allowed_by<M: Model>(owner: &str, suite: Suite<M>) -> Suite<M> {
    let rules = table().into_iter().filter(|rule| rule.owner == owner);
    rules.fold(suite, Suite::rule)
}
