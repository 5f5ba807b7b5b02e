//! Every shipped scenario, on its own topology and from one seed: `just scenarios`. Three of them are also part of
//! `just test`, which has no time for all.

use tests::seam;

fn passes(scenario: &str) {
    let output = seam().args(["run", scenario, "--seed", "1"]).output();
    tests::assert_passed(&output.expect("seam starts"));
}

#[test]
fn bad_day() {
    passes("bad-day");
}

#[test]
fn database_locked() {
    passes("database-locked");
}

#[test]
fn disk_full() {
    passes("disk-full");
}

#[test]
fn events_duplicated_and_reordered() {
    passes("events-duplicated-and-reordered");
}

#[test]
fn lost_replies() {
    passes("lost-replies");
}

#[test]
fn mail_down() {
    passes("mail-down");
}

#[test]
fn partition_orders_payments() {
    passes("partition-orders-payments");
}

#[test]
fn payments_killed_after_charge() {
    passes("payments-killed-after-charge");
}

#[test]
fn provider_charges_then_fails() {
    passes("provider-charges-then-fails");
}

#[test]
fn provider_slow() {
    passes("provider-slow");
}

#[test]
fn rolling_restart() {
    passes("rolling-restart");
}

#[test]
fn thundering_retry() {
    passes("thundering-retry");
}

#[test]
fn two_monoliths() {
    passes("two-monoliths");
}
