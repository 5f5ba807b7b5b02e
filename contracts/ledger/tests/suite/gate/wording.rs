//! Texts for people: each answer, and each reason for one.

use ledger::records::VerificationResult::{Failed, Passed};

use super::{History, shop};
use crate::{
    golden::golden,
    samples::{holds, verified},
};

const WIDTH: u16 = 100;

/// A shop in which much is wrong.
fn troubled() -> History {
    let mut partial = verified("orders", "3", "storefront", 1, Passed);
    partial.interactions = 1;
    shop()
        .holds(holds("storefront", "2", &[("orders", 2), ("payments", 3)]))
        .holds(holds("storefront", "3", &[("orders", 1)]))
        .holds(holds("orders", "3", &[]))
        .verified(verified("orders", "1", "storefront", 2, Failed))
        .verified(partial)
        .live("storefront 1")
        .live("storefront 3")
        .live("orders 3")
}

#[test]
fn the_answers_are_worded_like_this() {
    let passed = shop().verified(verified("orders", "2", "storefront", 1, Passed));
    let payments = troubled().holds(holds("payments", "pay 9", &[]));
    let candidate = payments.verified(verified("payments", "pay 9", "storefront", 3, Passed));
    for (name, answer) in [
        ("yes", shop().live("storefront 1").deploy(&["storefront 1"])),
        (
            "yes_with_nothing_live",
            passed.clone().out("orders 1").deploy(&["orders 2"]),
        ),
        ("yes_without_contracts", shop().deploy(&["mailer 1"])),
        ("no", troubled().deploy(&["storefront 2"])),
        ("no_with_a_candidate", candidate.deploy(&["storefront 2"])),
        ("unknown", troubled().deploy(&["orders 2"])),
        (
            "unknown_with_nothing_to_check",
            shop().out("orders 1").deploy(&["orders 2"]),
        ),
        (
            "unknown_version",
            shop().live("warehouse 1").deploy(&["storefront 1.1"]),
        ),
        ("together", troubled().deploy(&["storefront 1", "orders 1"])),
        ("undeploy_yes", shop().undeploy("orders 1")),
        (
            "undeploy_yes_with_another",
            passed
                .clone()
                .live("orders 2")
                .live("storefront 1")
                .undeploy("orders 1"),
        ),
        ("undeploy_no", shop().live("storefront 1").undeploy("orders 1")),
        (
            "undeploy_no_with_a_candidate",
            passed.clone().live("storefront 1").undeploy("orders 1"),
        ),
        ("rollback_unknown", passed.rollback("orders 2")),
    ] {
        golden(&format!("gate/{name}.txt"), &answer.text(WIDTH));
    }
}

#[test]
fn machines_read_the_same_answer_with_the_reasons_by_name() {
    golden(
        "gate/no.json",
        &format!("{:#}\n", troubled().deploy(&["storefront 2"]).json()),
    );
}

#[test]
fn the_answer_in_the_readme_is_one_that_the_gate_gives() {
    let pact = 0x1a9c_4f0e;
    let answer = History::default()
        .holds(holds("storefront", "2", &[("orders", pact)]))
        .holds(holds("orders", "7", &[]))
        .holds(holds("orders", "8", &[]))
        .verified(verified("orders", "7", "storefront", pact, Passed))
        .live("orders 7")
        .live("orders 8")
        .deploy(&["storefront 2"]);
    let readme = include_str!("../../../../../README.md");
    assert!(readme.contains(&answer.text(WIDTH)), "{}", answer.text(WIDTH));
}
