//! The rules, one by one.

use ledger::{
    gate::{Decision, Gate, Need, providers_that_matter},
    records::{
        Others, Record,
        VerificationResult::{Failed, Passed},
    },
};

use super::{History, assert_answer, settings, shop, version};
use crate::samples::{at, holds, verified};

#[test]
fn a_consumer_needs_every_live_version_of_its_provider_to_have_passed_its_very_pact() {
    assert_answer(&shop().deploy(&["storefront 1"]), Decision::Yes, &[]);
    let two = shop().live("orders 2");
    assert_answer(
        &two.deploy(&["storefront 1"]),
        Decision::Unknown,
        &["verification-missing"],
    );
    let failed = two.verified(verified("orders", "2", "storefront", 1, Failed));
    assert_answer(
        &failed.deploy(&["storefront 1"]),
        Decision::No,
        &["verification-failed"],
    );

    let changed = shop().holds(holds("storefront", "2", &[("orders", 2)]));
    assert_answer(
        &changed.deploy(&["storefront 2"]),
        Decision::Unknown,
        &["verification-missing"],
    );
}

#[test]
fn a_consumer_needs_its_provider_to_be_there() {
    let nobody = shop().out("orders 1");
    assert_answer(&nobody.deploy(&["storefront 1"]), Decision::No, &["provider-not-live"]);
}

#[test]
fn a_provider_does_not_need_its_consumers_to_be_there_but_must_pass_every_live_ones_pact_never_only_the_newest() {
    let passed = shop().verified(verified("orders", "2", "storefront", 1, Passed));
    assert_answer(&passed.deploy(&["orders 2"]), Decision::Yes, &[]);

    let two_live = passed
        .holds(holds("storefront", "2", &[("orders", 2)]))
        .live("storefront 1")
        .live("storefront 2");
    assert_answer(
        &two_live.deploy(&["orders 2"]),
        Decision::Unknown,
        &["verification-missing"],
    );
    let newest_only = History::default()
        .holds(holds("storefront", "1", &[("orders", 1)]))
        .holds(holds("storefront", "2", &[("orders", 2)]))
        .holds(holds("orders", "1", &[]))
        .live("storefront 1")
        .live("storefront 2")
        .verified(verified("orders", "1", "storefront", 2, Passed))
        .verified(verified("orders", "1", "storefront", 1, Failed));
    assert_answer(
        &newest_only.deploy(&["orders 1"]),
        Decision::No,
        &["verification-failed"],
    );
}

#[test]
fn versions_with_the_same_content_share_a_verification() {
    let same = shop().holds(holds("storefront", "2", &[("orders", 1)]));
    assert_answer(&same.deploy(&["storefront 2"]), Decision::Yes, &[]);
}

#[test]
fn nothing_to_check_is_unknown_unless_it_is_declared_to_be_right() {
    let alone = History::default().holds(holds("orders", "1", &[]));
    assert_answer(&alone.deploy(&["orders 1"]), Decision::Unknown, &["nothing-to-check"]);
    let declared = alone.deploy(&["mailer 1"]);
    assert_answer(&declared, Decision::Yes, &[]);
    assert_eq!(declared.no_contracts["mailer"], "it relays what it is given");
}

#[test]
fn the_first_provider_can_go_to_an_empty_environment_once_it_has_passed_something() {
    assert_answer(&shop().out("orders 1").deploy(&["orders 1"]), Decision::Yes, &[]);
}

#[test]
fn a_version_that_never_published_is_unknown_and_so_is_one_beside_a_live_version_that_never_did() {
    assert_answer(
        &shop().deploy(&["storefront 3"]),
        Decision::Unknown,
        &["pacts-not-published"],
    );
    let unpublished = shop().live("warehouse 1");
    assert_answer(
        &unpublished.deploy(&["storefront 1"]),
        Decision::Unknown,
        &["pacts-not-published"],
    );
    assert_answer(
        &unpublished.undeploy("orders 1"),
        Decision::Unknown,
        &["pacts-not-published"],
    );
}

#[test]
fn two_that_need_each_other_can_go_together_but_not_alone() {
    let circle = History::default()
        .holds(holds("orders", "1", &[("payments", 1)]))
        .holds(holds("payments", "1", &[("orders", 2)]))
        .verified(verified("orders", "1", "payments", 2, Passed))
        .verified(verified("payments", "1", "orders", 1, Passed));
    assert_answer(&circle.deploy(&["orders 1"]), Decision::No, &["provider-not-live"]);
    assert_answer(&circle.deploy(&["orders 1", "payments 1"]), Decision::Yes, &[]);
}

#[test]
fn a_pass_of_some_of_the_interactions_is_no_pass_and_hides_none() {
    let mut some = verified("orders", "2", "storefront", 1, Passed);
    some.interactions = 1;
    some.at = at(5);
    let filtered = shop().live("storefront 1").verified(some.clone());
    assert_answer(
        &filtered.deploy(&["orders 2"]),
        Decision::Unknown,
        &["verification-incomplete"],
    );

    let before = verified("orders", "2", "storefront", 1, Passed);
    assert_answer(
        &filtered.verified(before.clone()).deploy(&["orders 2"]),
        Decision::Yes,
        &[],
    );

    let failed = verified("orders", "2", "storefront", 1, Failed);
    let hidden = shop().live("storefront 1").verified(failed).later_verified(some);
    assert_answer(&hidden.deploy(&["orders 2"]), Decision::No, &["verification-failed"]);
    let whole = hidden.later_verified(before);
    assert_answer(&whole.deploy(&["orders 2"]), Decision::Yes, &[]);
}

#[test]
fn a_provider_that_live_consumers_need_can_not_go_unless_another_version_that_passed_stays() {
    assert_answer(&shop().undeploy("orders 1"), Decision::Yes, &[]);
    let needed = shop().live("storefront 1");
    assert_answer(&needed.undeploy("orders 1"), Decision::No, &["consumer-needs-it"]);
    assert_answer(&needed.undeploy("storefront 1"), Decision::Yes, &[]);

    let passed = verified("orders", "2", "storefront", 1, Passed);
    let known = needed.clone().verified(passed.clone());
    let answer = known.undeploy("orders 1");
    assert_answer(&answer, Decision::No, &["provider-not-live"]);
    assert_eq!(
        answer.needs[0].command("pacts".as_ref()),
        "seam record-deployment orders --version 2 --to production"
    );
    assert_answer(&known.live("orders 2").undeploy("orders 1"), Decision::Yes, &[]);
    assert_answer(
        &needed.live("orders 2").undeploy("orders 1"),
        Decision::Unknown,
        &["verification-missing"],
    );
}

#[test]
fn one_version_that_passed_is_enough_to_stay_when_another_goes() {
    let three = shop()
        .live("storefront 1")
        .live("orders 2")
        .live("orders 3")
        .holds(holds("orders", "3", &[]))
        .verified(verified("orders", "3", "storefront", 1, Failed));
    assert_answer(
        &three.undeploy("orders 1"),
        Decision::Unknown,
        &["verification-missing"],
    );
    let passed = three.verified(verified("orders", "2", "storefront", 1, Passed));
    assert_answer(&passed.undeploy("orders 1"), Decision::Yes, &[]);
    assert_answer(&passed.undeploy("orders 3"), Decision::Yes, &[]);
}

#[test]
fn a_rollback_is_a_deployment_of_what_was_there() {
    let gone = shop().live("storefront 1").live("orders 2").out("orders 1");
    assert_answer(&gone.rollback("orders 1"), Decision::Yes, &[]);
    let never = shop()
        .live("storefront 1")
        .verified(verified("orders", "2", "storefront", 1, Passed));
    assert_answer(&never.rollback("orders 2"), Decision::Unknown, &["never-live-here"]);
}

#[test]
fn a_rollback_goes_to_what_was_live_in_this_environment_not_in_another() {
    let mut elsewhere = shop()
        .live("storefront 1")
        .verified(verified("orders", "2", "storefront", 1, Passed));
    let records = elsewhere.records();
    let staging = records.live().deployed("staging", "orders", "2", Others::Stay, at(9));
    elsewhere.records.push(Record::Deployment(staging));
    assert_answer(&elsewhere.rollback("orders 2"), Decision::Unknown, &["never-live-here"]);
}

#[test]
fn a_pass_of_a_part_or_of_more_than_there_is_proves_nothing() {
    let of = |interactions: u64| {
        let mut some = verified("orders", "2", "storefront", 1, Passed);
        some.interactions = interactions;
        some
    };
    let unproven = |some| shop().out("orders 1").verified(some).deploy(&["orders 2"]);
    assert_answer(&unproven(of(2)), Decision::Yes, &[]);
    assert_answer(&unproven(of(1)), Decision::Unknown, &["nothing-to-check"]);
    assert_answer(&unproven(of(3)), Decision::Unknown, &["nothing-to-check"]);
    let more = shop().live("storefront 1").verified(of(3));
    assert_answer(
        &more.deploy(&["orders 2"]),
        Decision::Unknown,
        &["verification-incomplete"],
    );

    // Two publications of one pact: the larger number has to be verified.
    let mut fewer = holds("storefront", "2", &[("orders", 1)]);
    fewer.pacts[0].interactions = 1;
    let counted = shop().holds(fewer).live("storefront 1").verified(of(1));
    assert_answer(
        &counted.deploy(&["orders 2"]),
        Decision::Unknown,
        &["verification-incomplete"],
    );
}

#[test]
fn of_several_versions_that_passed_the_one_that_was_verified_last_is_proposed() {
    let passed = |version: &str, second: i64| {
        let mut passed = verified("orders", version, "storefront", 1, Passed);
        passed.at = at(second);
        passed
    };
    let proposed = |second: i64| {
        let nobody = shop().out("orders 1").verified(passed("2", second));
        match nobody
            .verified(passed("1", 5))
            .deploy(&["storefront 1"])
            .needs
            .as_slice()
        {
            [Need::ProviderLive { candidate, .. }] => candidate.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(proposed(7).as_deref(), Some("2"));
    assert_eq!(proposed(3).as_deref(), Some("1"));
}

#[test]
fn another_environment_is_another_world() {
    let (records, settings) = (shop().records(), settings());
    let answer = Gate::new(&records, &settings)
        .can_i_deploy(&[version("storefront 1")], "staging")
        .unwrap();
    assert_answer(&answer, Decision::No, &["provider-not-live"]);
}

#[test]
fn whom_a_provider_calls_matters_where_it_would_have_to_be_deployed_first() {
    let calls = shop().holds(holds("orders", "2", &[("payments", 3)]));
    let matter = |history: &History| {
        let records = history.records();
        providers_that_matter(&records, &[version("storefront 1")], "production")
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(matter(&calls), ["orders", "storefront"]);
    assert_eq!(matter(&calls.out("orders 1")), ["orders", "payments", "storefront"]);
}

#[test]
fn what_nobody_knows_is_an_error_that_names_what_is_near() {
    let (records, settings) = (shop().records(), settings());
    let gate = Gate::new(&records, &settings);
    let asked = |who: &str, environment: &str| gate.can_i_deploy(&[version(who)], environment).unwrap_err().to_string();

    let said = asked("ordres 1", "production");
    assert!(
        said.starts_with("the ledger does not know a service 'ordres'; did you mean 'orders'?; known are "),
        "{said}"
    );
    let said = asked("orders 1", "produktion");
    assert!(
        said.starts_with("there is no environment 'produktion'; did you mean 'production'?"),
        "{said}"
    );
    let said = gate
        .can_i_undeploy(&version("orders 2"), "production")
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("orders 2 is not live in production; did you mean '1'?; known are 1; "),
        "{said}"
    );
    let said = gate
        .check_known(&version("orders 9"), "production")
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("the ledger does not know orders 9; did you mean"),
        "{said}"
    );
    assert!(gate.check_known(&version("orders 2"), "production").is_ok());
}
