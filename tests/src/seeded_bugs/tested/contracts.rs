//! Bugs of the ledger and the verifier of pacts that their tests have to find.

use crate::seeded_bugs::{Bug, Edit, Layer};

use super::bug;

/// The edit that makes the content hash leave something out of an interaction.
macro_rules! hash_leaves_out {
    ($what:literal, $part:literal, $field:literal) => {
        hash_leaves_out!(@
            $what,
            "fields.insert(name.clone(), value.clone());",
            concat!(
                "let mut value = value.clone();\n",
                "            if name == \"", $part, "\" {\n",
                "                value.as_object_mut().and_then(|map| map.remove(\"", $field, "\"));\n",
                "            }\n",
                "            fields.insert(name.clone(), value);"
            )
        )
    };
    ($what:literal, $field:literal) => {
        hash_leaves_out!(@
            $what,
            "if !GENERATED.contains(&name.as_str()) {",
            concat!("if !GENERATED.contains(&name.as_str()) && name != \"", $field, "\" {")
        )
    };
    (@ $what:literal, $find:expr, $replace:expr) => {
        bug(
            Layer::Module,
            concat!("the content hash leaves out the ", $what),
            "tests of ledger",
            (
                "suite",
                "document::promises::nothing_that_an_interaction_says_can_go_or_change_under_the_same_hash",
            ),
            &[Edit {
                file: "contracts/ledger/src/document/canonical.rs",
                find: $find,
                replace: $replace,
            }],
        )
    };
}

pub(super) const LEDGER: &[Bug] = &[
    hash_leaves_out!("headers of requests", "request", "headers"),
    hash_leaves_out!("headers of responses", "response", "headers"),
    hash_leaves_out!("query of requests", "request", "query"),
    hash_leaves_out!("rules of responses", "response", "matchingRules"),
    hash_leaves_out!("generators of messages", "generators"),
    hash_leaves_out!("rules of messages", "matchingRules"),
    hash_leaves_out!("metadata of messages", "metadata"),
    bug(
        Layer::Module,
        "an undeployment ends one of two records of a version",
        "tests of ledger",
        (
            "suite",
            "records::living::a_version_that_two_branches_brought_goes_out_at_once_and_its_replacement_ends_both",
        ),
        &[Edit {
            file: "contracts/ledger/src/records/live.rs",
            find: ".flat_map(|(_, ids)| ids.iter().map(|id| (*id).clone()))",
            replace: ".flat_map(|(_, ids)| ids.iter().take(1).map(|id| (*id).clone()))",
        }],
    ),
    bug(
        Layer::Module,
        "a deployment beside others leaves the earlier record of its own version live",
        "tests of ledger",
        (
            "suite",
            "records::living::a_version_takes_the_place_of_all_that_stand_beside_it_and_of_its_own_earlier_record",
        ),
        &[Edit {
            file: "contracts/ledger/src/records/live.rs",
            find: "others == Others::GoOut || other == version",
            replace: "others == Others::GoOut",
        }],
    ),
    bug(
        Layer::Module,
        "a record that starts a version ends none",
        "tests of ledger",
        (
            "suite",
            "records::living::a_version_takes_the_place_of_the_others_or_stands_beside_them_or_goes_out",
        ),
        &[Edit {
            file: "contracts/ledger/src/records/live.rs",
            find: "            .flat_map(|(_, deployment)| &deployment.ends)",
            replace: r#"            .filter(|(_, deployment)| deployment.starts.is_none())
            .flat_map(|(_, deployment)| &deployment.ends)"#,
        }],
    ),
    bug(
        Layer::Module,
        "only the first record of several is checked",
        "tests of ledger",
        (
            "suite",
            "records::writing::one_impossible_record_anywhere_among_many_keeps_all_of_them_out",
        ),
        &[Edit {
            file: "contracts/ledger/src/records/mod.rs",
            find: r#"        for record in records {
            record.check()?;"#,
            replace: r#"        for record in records.iter().take(1) {
            record.check()?;"#,
        }],
    ),
    bug(
        Layer::Module,
        "a verification without a version of the provider is recorded",
        "tests of ledger",
        (
            "suite",
            "records::writing::what_can_not_be_is_refused_and_nothing_is_written",
        ),
        &[Edit {
            file: "contracts/ledger/src/records/record.rs",
            find: r#"                named("provider", &it.provider)?;
                named("version", &it.version)?;"#,
            replace: r#"                named("provider", &it.provider)?;"#,
        }],
    ),
    bug(
        Layer::Module,
        "of several providers only the first follows what was known",
        "tests of ledger",
        (
            "suite",
            "records::writing::the_results_of_several_providers_each_follow_what_the_ledger_has_of_their_own",
        ),
        &[Edit {
            file: "contracts/ledger/src/records/mod.rs",
            find: r#"        for provider in providers {
            self.add_verifications"#,
            replace: r#"        for provider in providers.into_iter().take(1) {
            self.add_verifications"#,
        }],
    ),
];

pub(super) const VERIFIER: &[Bug] = &[
    bug(
        Layer::Module,
        "a teardown that failed is dropped where no state handed back a value",
        "tests of verifier",
        (
            "strict",
            "states::a_state_that_is_left_behind_is_a_failure_with_values_or_without",
        ),
        &[Edit {
            file: "contracts/verifier/src/verify.rs",
            find: r#"    for (name, ended) in open.tear_down(provider).await {
        if let (Err(error), Outcome::Passed) = (ended, &outcome) {"#,
            replace: r#"    let has_values = !open.values().is_empty();
    for (name, ended) in open.tear_down(provider).await {
        if let (Err(error), Outcome::Passed, true) = (ended, &outcome, has_values) {"#,
        }],
    ),
    bug(
        Layer::Module,
        "values of states outlive their interaction",
        "tests of verifier",
        (
            "strict",
            "states::a_value_ends_with_its_interaction_and_is_given_to_the_teardown",
        ),
        &[Edit {
            file: "contracts/verifier/src/open_states.rs",
            find: r#"        self.values.borrow_mut().clear();
"#,
            replace: "",
        }],
    ),
    bug(
        Layer::Module,
        "a teardown is given the parameters of its state, not the values",
        "tests of verifier",
        (
            "strict",
            "states::a_value_ends_with_its_interaction_and_is_given_to_the_teardown",
        ),
        &[Edit {
            file: "contracts/verifier/src/http_provider.rs",
            find: r#"self.change(state, "teardown", values)"#,
            replace: r#"self.change(state, "teardown", &state.params)"#,
        }],
    ),
];
