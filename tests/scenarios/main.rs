//! Every shipped scenario, on its own topology and from one seed: `just scenarios`. Three of them are also part of
//! `just test`, which has no time for all.

use tests::seam;

/// Declares a test for each scenario, of the scenario's name.
macro_rules! scenarios {
    ($($test:ident)*) => {$(
        #[test]
        fn $test() {
            passes(&stringify!($test).replace('_', "-"));
        }
    )*};
}

scenarios! {
    database_locked
    disk_full
    events_duplicated_and_reordered
    lost_replies
    mail_down
    partition_orders_payments
    payments_killed_after_charge
    provider_charges_then_fails
    provider_slow
    rolling_restart
    thundering_retry
    two_monoliths
}

fn passes(scenario: &str) {
    let output = seam().args(["run", scenario, "--seed", "1"]).output();
    tests::assert_passed(&output.expect("seam starts"));
}
