//! Order of verifications: what a record names as earlier, and never a clock.

use std::collections::BTreeSet;

use ledger::{
    document::{Document, Specification},
    gate::Decision,
    records::{
        Publication, Record, Records,
        VerificationResult::{Failed, Passed},
    },
    source::FoundPact,
};
use proptest::prelude::*;
use serde_json::json;

use super::{History, assert_answer, shop};
use crate::samples::{at, holds, verified};

/// Storefront 1 is live, and orders 2 would go live.
fn asked() -> History {
    shop().live("storefront 1")
}

fn orders(result: ledger::records::VerificationResult, second: i64) -> ledger::records::Verification {
    let mut record = verified("orders", "2", "storefront", 1, result);
    record.at = at(second);
    record
}

#[test]
fn the_verification_that_names_the_others_as_earlier_counts_whatever_the_clocks_say() {
    for (first, second) in [(1, 2), (7200, 2), (1, 1)] {
        let mended = asked()
            .verified(orders(Failed, first))
            .later_verified(orders(Passed, second));
        assert_answer(&mended.deploy(&["orders 2"]), Decision::Yes, &[]);
        let broken = asked()
            .verified(orders(Passed, first))
            .later_verified(orders(Failed, second));
        assert_answer(&broken.deploy(&["orders 2"]), Decision::No, &["verification-failed"]);
        let again = broken.later_verified(orders(Passed, -7200));
        assert_answer(&again.deploy(&["orders 2"]), Decision::Yes, &[]);
    }
}

#[test]
fn a_failure_beside_a_pass_with_nothing_that_orders_them_counts_and_the_answer_names_it() {
    for (failed, passed) in [(1, 7200), (7200, 1), (1, 1)] {
        let both = asked()
            .verified(orders(Passed, passed))
            .verified(orders(Failed, failed));
        let answer = both.deploy(&["orders 2"]);
        assert_answer(&answer, Decision::No, &["verification-failed"]);
        let id = Record::Verification(orders(Failed, failed)).id();
        let text = answer.text(120);
        assert!(text.contains("ledger/verification/orders/2027"), "{text}");
        assert!(text.contains(&format!("-{}.json", id.short())), "{text}");
        assert!(
            text.contains("a pass stands beside it, and nothing proves that it is the later one"),
            "{text}"
        );
        assert!(text.contains("seam verify orders --version 2 --record"), "{text}");
        let json = answer.json();
        assert_eq!(json["needed"][0]["against"][0]["is_contested"], true, "{json}");

        let mended = both.later_verified(orders(Passed, 0));
        assert_answer(&mended.deploy(&["orders 2"]), Decision::Yes, &[]);
    }
}

#[test]
fn what_a_record_names_of_another_pair_is_not_replaced() {
    let other = verified("orders", "2", "storefront", 2, Failed);
    let mut passed = verified("orders", "2", "storefront", 1, Passed);
    passed.follows = vec![Record::Verification(other.clone()).id()];
    let history = asked()
        .holds(holds("storefront", "2", &[("orders", 2)]))
        .live("storefront 2")
        .verified(other)
        .verified(passed);
    assert_answer(&history.deploy(&["orders 2"]), Decision::No, &["verification-failed"]);
}

#[test]
fn a_version_whose_pact_has_the_text_of_another_specification_shares_no_verification() {
    let found = |version: &str| FoundPact {
        file: "p.json".to_owned(),
        document: Document::parse("p.json", text(version).as_bytes()).unwrap(),
    };
    let (before, after) = (found("3.0.0"), found("4.0"));
    assert_eq!(after.document.version(), Specification::V4);
    let mut passed = verified("orders", "1", "storefront", 1, Passed);
    passed.pact = before.document.content_hash();
    passed.interactions = 1;
    let history = History::default()
        .holds(Publication::of(&[before], "storefront", "1", at(0)))
        .holds(Publication::of(&[after], "storefront", "2", at(0)))
        .holds(holds("orders", "1", &[]))
        .verified(passed)
        .live("orders 1");
    assert_answer(&history.deploy(&["storefront 1"]), Decision::Yes, &[]);
    assert_answer(
        &history.deploy(&["storefront 2"]),
        Decision::Unknown,
        &["verification-missing"],
    );
}

/// A pact that both versions read, and that asks for another body in each.
fn text(version: &str) -> String {
    let body = json!({ "content": { "a": 1 }, "contentType": "application/json", "encoded": false });
    let pact = json!({
        "consumer": { "name": "storefront" }, "provider": { "name": "orders" },
        "interactions": [{
            "type": "Synchronous/HTTP", "description": "d",
            "request": { "method": "GET", "path": "/" }, "response": { "status": 200, "body": body },
        }],
        "metadata": { "pactSpecification": { "version": version } },
    });
    pact.to_string()
}

/// Event at one of two writers, each with a copy of the ledger.
#[derive(Debug, Clone)]
enum Event {
    Verified {
        writer: usize,
        passed: bool,
        clock: i64,
    },
    /// The writer takes over what the other one has.
    Pulled {
        writer: usize,
    },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0..2usize, any::<bool>(), -7200..7200i64)
            .prop_map(|(writer, passed, clock)| Event::Verified { writer, passed, clock }),
        2 => (0..2usize).prop_map(|writer| Event::Pulled { writer }),
    ]
}

proptest! {
    #[test]
    fn a_failure_that_no_later_verification_has_seen_is_never_a_yes(events in prop::collection::vec(event(), 1..14)) {
        let mut all: Vec<(Record, bool)> = Vec::new();
        let mut seen: [BTreeSet<usize>; 2] = [BTreeSet::new(), BTreeSet::new()];
        let mut replaced = BTreeSet::new();
        for event in events {
            match event {
                Event::Pulled { writer } => {
                    let other = seen[1 - writer].clone();
                    seen[writer].extend(other);
                }
                Event::Verified { writer, passed, clock } => {
                    let mut new = orders(if passed { Passed } else { Failed }, clock);
                    new.tool = format!("run {}", all.len());
                    let view: Records = seen[writer].iter().map(|index| all[*index].0.clone()).collect();
                    new.follows = view.followed_by(&new);
                    replaced.extend(seen[writer].iter().copied());
                    seen[writer].insert(all.len());
                    all.push((Record::Verification(new), passed));
                }
            }
        }
        let left = || all.iter().enumerate().filter(|(index, _)| !replaced.contains(index));
        let stands = |passed: bool| left().any(|(_, one)| one.1 == passed);
        let wanted = match (stands(false), stands(true)) {
            (true, _) => Decision::No,
            (false, true) => Decision::Yes,
            (false, false) => Decision::Unknown,
        };
        let mut history = asked();
        history.records.extend(all.iter().map(|(record, _)| record.clone()));
        prop_assert_eq!(history.deploy(&["orders 2"]).decision, wanted);
    }
}
