//! Properties of the gate in every world.

use std::collections::HashSet;

use ledger::{
    gate::{Answer, Decision, Gate, Need, ServiceVersion, providers_that_matter},
    records::{Others, Record, Records, Verification, VerificationResult},
};
use proptest::prelude::*;

use super::{
    oracle::Oracle,
    worlds::{
        ENVIRONMENTS, NO_CONTRACTS, Step, done, environment, facts, question, settings, step, verification, who, world,
    },
};
use crate::samples::at;

fn oracle(records: &[Record]) -> Oracle<'_> {
    Oracle {
        records,
        no_contracts: &[NO_CONTRACTS],
    }
}

/// Answer of the gate to a question; `None` if the question makes no sense in this world.
fn asked(records: &[Record], step: &Step, environment: &str) -> Option<Answer> {
    let (records, settings): (Records, _) = (records.iter().cloned().collect(), settings());
    let gate = Gate::new(&records, &settings);
    match step {
        Step::Deploy(changes, _) => gate.can_i_deploy(changes, environment).ok(),
        Step::Undeploy(who) => gate.can_i_undeploy(who, environment).ok(),
        Step::Rollback(who) => gate.can_i_rollback(who, environment).ok(),
    }
}

fn decision(records: &[Record], step: &Step, environment: &str) -> Option<Decision> {
    asked(records, step, environment).map(|answer| answer.decision)
}

/// The records after this change was made.
fn mended(records: &[Record], need: &Need) -> Vec<Record> {
    let deployed = |service: &str, version: &str, environment: &str| {
        let who = ServiceVersion::new(service, version);
        done(records, &Step::Deploy(vec![who], Others::Stay), environment, 90)
    };
    match need {
        Need::Passed {
            provider,
            pact,
            consumers,
            ..
        } => {
            let mut passed = Verification {
                provider: provider.service.clone(),
                version: provider.version.clone(),
                consumer: consumers[0].service.clone(),
                pact: pact.clone(),
                interactions: 2,
                result: VerificationResult::Passed,
                at: at(-9000),
                tool: "t".to_owned(),
                follows: Vec::new(),
            };
            passed.follows = records.iter().cloned().collect::<Records>().followed_by(&passed);
            [records, &[Record::Verification(passed)]].concat()
        }
        Need::ProviderLive {
            provider,
            environment,
            candidate,
            ..
        } => deployed(provider, candidate.as_deref().unwrap(), environment),
        Need::ConsumerOut {
            consumer, environment, ..
        } => done(records, &Step::Undeploy(consumer.clone()), environment, 90),
        other => panic!("{other} is not mended here"),
    }
}

/// Says whether one command makes the change. The others ask people for a decision, or for something that is not
/// there yet.
fn can_be_mended(need: &Need) -> bool {
    match need {
        Need::Passed { .. } | Need::ConsumerOut { .. } => true,
        Need::ProviderLive { candidate, .. } => candidate.is_some(),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_gate_answers_as_the_oracle_does((records, step, environment) in question()) {
        let oracle = oracle(&records);
        if let Some(seen) = decision(&records, &step, environment) {
            let wanted = match &step {
                Step::Deploy(changes, _) => oracle.can_i_deploy(changes, environment),
                Step::Undeploy(who) => oracle.can_i_undeploy(who, environment),
                Step::Rollback(who) => oracle.can_i_rollback(who, environment),
            };
            prop_assert_eq!(seen, wanted);
        }
    }

    #[test]
    fn every_row_of_an_answer_is_as_the_oracle_sees_it((records, step, environment) in question()) {
        for pair in asked(&records, &step, environment).into_iter().flat_map(|answer| answer.pairs) {
            prop_assert_eq!(pair.state, oracle(&records).state(&pair.provider, &pair.pact));
        }
    }

    #[test]
    fn after_any_changes_that_the_gate_allowed_all_that_is_live_together_was_verified_together(
        facts in facts(), steps in prop::collection::vec((step(), environment()), 1..25)
    ) {
        let mut records = facts;
        for ((step, environment), second) in steps.iter().zip(10..) {
            if decision(&records, step, environment) == Some(Decision::Yes) {
                records = done(&records, step, environment, second);
            }
            for environment in ENVIRONMENTS {
                prop_assert!(oracle(&records).is_sound(environment), "after {step:?}");
            }
        }
    }

    #[test]
    fn a_first_passing_verification_never_takes_a_yes_away(
        (records, step, environment) in question(), new in verification()
    ) {
        let before = decision(&records, &step, environment);
        let is_first = !records.iter().any(|record| matches!(record, Record::Verification(it)
            if (&it.provider, &it.version, &it.pact) == (&new.provider, &new.version, &new.pact)));
        prop_assume!(is_first && new.result == VerificationResult::Passed);
        let after = [records.as_slice(), &[Record::Verification(new)]].concat();
        if before == Some(Decision::Yes) {
            prop_assert_eq!(decision(&after, &step, environment), before);
        }
    }

    #[test]
    fn one_more_live_version_that_is_not_compatible_never_makes_a_yes(
        records in world(), changes in prop::collection::vec(who(), 1..3), environment in environment(), new in who()
    ) {
        let step = Step::Deploy(changes.clone(), Others::Stay);
        let after = done(&records, &Step::Deploy(vec![new.clone()], Others::Stay), environment, 70);
        let before = decision(&records, &step, environment);
        let now = decision(&after, &step, environment);
        let oracle = oracle(&records);
        let passes = |consumer: &ServiceVersion, provider: &ServiceVersion| {
            let pacts = oracle.pacts(consumer).into_iter().filter(|(name, _)| *name == provider.service);
            pacts.map(|(_, pact)| oracle.state(provider, &pact)).all(|state| state == ledger::gate::PairState::Passed)
        };
        if changes.iter().any(|change| !passes(change, &new) || !passes(&new, change)) {
            prop_assert_ne!(now, Some(Decision::Yes));
        }
        if before == Some(Decision::No) && now == Some(Decision::Yes) {
            let calls_it = |change| oracle.pacts(change).iter().any(|(name, _)| *name == new.service);
            prop_assert!(changes.iter().any(calls_it));
        }
    }

    #[test]
    fn the_order_of_records_changes_nothing_in_an_answer(
        ((records, step, environment), shuffled) in
            question().prop_flat_map(|it| (Just(it.clone()), Just(it.0).prop_shuffle()))
    ) {
        prop_assert_eq!(asked(&shuffled, &step, environment), asked(&records, &step, environment));
    }

    #[test]
    fn an_answer_depends_on_no_verification_of_a_provider_that_does_not_matter(
        (records, step, environment) in question()
    ) {
        let all: Records = records.iter().cloned().collect();
        let changes = match &step {
            Step::Deploy(changes, _) => changes.clone(),
            Step::Undeploy(who) | Step::Rollback(who) => vec![who.clone()],
        };
        let matter = providers_that_matter(&all, &changes, environment);
        let matters = |record: &&Record| match record {
            Record::Verification(it) => matter.contains(&it.provider),
            _ => true,
        };
        let some: Vec<Record> = records.iter().filter(matters).cloned().collect();
        if let Some(answer) = asked(&some, &step, environment) {
            prop_assert_eq!(Some(answer), asked(&records, &step, environment));
        }
    }

    #[test]
    fn all_the_changes_that_are_asked_for_make_a_yes_and_none_of_them_can_be_left_out(
        (records, step, environment) in question()
    ) {
        let Some(answer) = asked(&records, &step, environment) else { return Ok(()) };
        if !answer.needs.iter().all(can_be_mended) {
            return Ok(());
        }
        let all = answer.needs.iter().fold(records.clone(), |records, need| mended(&records, need));
        prop_assert_eq!(decision(&all, &step, environment), Some(Decision::Yes), "{}", answer.text(120));
        for left_out in 0..answer.needs.len() {
            let others = answer.needs.iter().enumerate().filter(|(index, _)| *index != left_out);
            let most = others.fold(records.clone(), |records, (_, need)| mended(&records, need));
            prop_assert_ne!(decision(&most, &step, environment), Some(Decision::Yes), "{}", answer.text(120));
        }
    }
}

#[test]
fn the_worlds_have_every_answer_to_every_question() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};

    let mut runner = TestRunner::deterministic();
    let mut seen = HashSet::new();
    for _ in 0..1_000 {
        let draw = question().new_tree(&mut runner).unwrap();
        let (records, step, environment) = draw.current();
        if let Some(answer) = asked(&records, &step, environment) {
            let reasons = answer.needs.iter().map(Need::reason);
            seen.extend(reasons.map(|reason| (format!("{:?}", answer.question), reason)));
            seen.insert((format!("{:?}", answer.question), answer.decision.as_str()));
        }
    }
    for ask in ["Deploy", "Undeploy", "Rollback"] {
        for decision in ["yes", "no", "unknown"] {
            assert!(seen.contains(&(ask.to_owned(), decision)), "no {ask} was {decision}");
        }
    }
    for (ask, reason) in [
        ("Deploy", "verification-failed"),
        ("Deploy", "verification-incomplete"),
        ("Deploy", "verification-missing"),
        ("Deploy", "provider-not-live"),
        ("Deploy", "pacts-not-published"),
        ("Deploy", "nothing-to-check"),
        ("Undeploy", "consumer-needs-it"),
        ("Undeploy", "provider-not-live"),
        ("Rollback", "never-live-here"),
    ] {
        assert!(
            seen.contains(&(ask.to_owned(), reason)),
            "no {ask} was refused for {reason}"
        );
    }
}
