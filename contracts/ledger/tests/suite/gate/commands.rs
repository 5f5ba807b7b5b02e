//! The commands that an answer prints: run as they stand, they change the answer.

use ledger::{gate::Answer, records::VerificationResult::Passed};

use super::History;
use crate::samples::{holds, verified};

const ONE: &str = "1111111111111111111111111111111111111111";
const OTHER: &str = "2222222222222222222222222222222222222222";

/// A storefront of this version would go live, and the live version of orders was not verified against its pact.
fn open(storefront: &str, orders: &str) -> Answer {
    History::default()
        .holds(holds("storefront", storefront, &[("orders", 1)]))
        .holds(holds("orders", orders, &[]))
        .verified(verified("orders", orders, "another", 2, Passed))
        .live_version("orders", orders)
        .deploy(&[&format!("storefront {storefront}")])
}

fn command(answer: &Answer, folder: &str) -> String {
    assert_eq!(answer.needs.len(), 1, "{}", answer.text(120));
    answer.needs[0].command(folder.as_ref())
}

#[test]
fn a_verification_is_recorded_and_takes_the_pacts_of_the_consumers_revision() {
    assert_eq!(
        command(&open(ONE, OTHER), "pacts"),
        format!("seam verify orders --version {OTHER} --record --pacts git:{ONE}:pacts")
    );
}

#[test]
fn a_consumer_of_the_same_version_has_its_pacts_where_the_provider_is_checked_out() {
    let answer = open(ONE, ONE);
    let wanted = format!("seam verify orders --version {ONE} --record");
    assert_eq!(command(&answer, "pacts"), wanted);
    assert!(!answer.text(120).contains("with the pacts of"), "{}", answer.text(120));
}

#[test]
fn where_no_revision_is_named_like_the_consumers_version_people_are_told_whose_pacts_to_take() {
    let answer = open("5", "8");
    assert_eq!(command(&answer, "pacts"), "seam verify orders --version 8 --record");
    let words = "verify it where orders 8 is checked out, with the pacts of storefront 5:";
    assert!(answer.text(120).contains(words), "{}", answer.text(120));
}

#[test]
fn another_folder_than_the_usual_one_is_named_with_its_ledger() {
    assert_eq!(
        command(&open(ONE, OTHER), "our/pacts"),
        format!("seam verify orders --version {OTHER} --record --pacts git:{ONE}:our/pacts --ledger our/pacts")
    );
    let unpublished = History::default()
        .holds(holds("orders", "1", &[]))
        .deploy(&["orders 2"]);
    assert_eq!(
        command(&unpublished, "our pacts"),
        "seam publish orders --version 2 --pacts 'our pacts'"
    );
}
