//! Random small worlds of three services, three versions and two environments. They are so small that most
//! combinations come up, and pairs are often live.

use ledger::{
    document::ContentHash,
    gate::ServiceVersion,
    records::{
        Deployment, Others, Publication, PublishedPact, Record, Records, Settings, Verification, VerificationResult,
    },
};
use proptest::prelude::*;

use crate::samples::{at, hash};

pub(crate) const SERVICES: [&str; 3] = ["a", "b", "d"];
pub(crate) const ENVIRONMENTS: [&str; 2] = ["east", "west"];
/// One of the services has no contracts, in every world.
pub(crate) const NO_CONTRACTS: &str = "d";

pub(crate) fn settings() -> Settings {
    let text = "[environments]\neast = \"\"\nwest = \"\"\n[no-contracts]\nd = \"so it is\"";
    Settings::parse("environments.toml".as_ref(), text).unwrap()
}

pub(crate) fn who() -> impl Strategy<Value = ServiceVersion> {
    (prop::sample::select(&SERVICES[..]), 1..=3u8)
        .prop_map(|(service, version)| ServiceVersion::new(service, version.to_string()))
}

pub(crate) fn environment() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just(ENVIRONMENTS[0]), 1 => Just(ENVIRONMENTS[1])]
}

/// The pact between two of one of two contents.
fn number(consumer: &str, provider: &str, content: u64) -> u64 {
    let place = |name: &str| u64::from(name.as_bytes()[0] - b'a');
    place(consumer) * 100 + place(provider) * 10 + content
}

fn publication() -> impl Strategy<Value = Publication> {
    let pact = (prop::sample::select(&SERVICES[..]), 0..2u64);
    (who(), prop::collection::vec(pact, 0..3)).prop_map(|(who, pacts)| Publication {
        pacts: pacts
            .into_iter()
            .map(|(provider, content)| PublishedPact {
                provider: provider.to_owned(),
                pact: hash(number(&who.service, provider, content)),
                interactions: 2,
            })
            .collect(),
        consumer: who.service,
        version: who.version,
        at: at(0),
    })
}

/// Mostly whole and passed, else no world has a yes.
pub(crate) fn verification() -> impl Strategy<Value = Verification> {
    let result = prop_oneof![3 => Just(VerificationResult::Passed), 1 => Just(VerificationResult::Failed)];
    let interactions = prop_oneof![7 => Just(2u64), 1 => Just(1)];
    (
        who(),
        prop::sample::select(&SERVICES[..]),
        0..2u64,
        result,
        interactions,
        -7200..7200i64,
    )
        .prop_map(|(who, consumer, content, result, interactions, second)| Verification {
            pact: hash(number(consumer, &who.service, content)),
            provider: who.service,
            version: who.version,
            consumer: consumer.to_owned(),
            interactions,
            result,
            at: at(second),
            tool: "t".to_owned(),
            follows: Vec::new(),
        })
}

/// Verifications that are written one after the other, by clocks that have nothing to do with that order. Most
/// writers see all that was written before; the others see nothing of it.
fn verifications() -> impl Strategy<Value = Vec<Record>> {
    let sees_all = prop::bool::weighted(0.7);
    prop::collection::vec((verification(), sees_all), 0..60).prop_map(|drawn| {
        let mut all: Vec<(ContentHash, Verification)> = Vec::new();
        for (mut new, sees_all) in drawn {
            if sees_all {
                new.follows = open(&all, &new);
            }
            all.push((Record::Verification(new.clone()).id(), new));
        }
        all.into_iter().map(|(_, one)| Record::Verification(one)).collect()
    })
}

/// Checksums of the records of the same pair that no other one names.
fn open(all: &[(ContentHash, Verification)], new: &Verification) -> Vec<ContentHash> {
    let pair = |one: &Verification| (one.provider.clone(), one.version.clone(), one.pact.clone());
    let same = || all.iter().filter(|(_, one)| pair(one) == pair(new));
    let is_open = |id: &ContentHash| !same().any(|(_, other)| other.follows.contains(id));
    same().map(|(id, _)| id).filter(|id| is_open(id)).cloned().collect()
}

/// Records that may exist before anything is live.
pub(crate) fn facts() -> impl Strategy<Value = Vec<Record>> {
    let publications = prop::collection::vec(publication().prop_map(Record::Publication), 0..16);
    (publications, verifications()).prop_map(|(one, other)| [one, other].concat())
}

/// Action on an environment, allowed by the gate or not.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Deploy(Vec<ServiceVersion>, Others),
    Undeploy(ServiceVersion),
    Rollback(ServiceVersion),
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let others = prop_oneof![1 => Just(Others::GoOut), 2 => Just(Others::Stay)];
    prop_oneof![
        3 => (prop::collection::vec(who(), 1..3), others).prop_map(|(who, others)| Step::Deploy(who, others)),
        1 => who().prop_map(Step::Undeploy),
        1 => who().prop_map(Step::Rollback),
    ]
}

/// The records of a step, whether it is a good idea or not.
pub(crate) fn done(records: &[Record], step: &Step, environment: &str, second: i64) -> Vec<Record> {
    let mut all = records.to_vec();
    let (changes, others) = match step {
        Step::Deploy(changes, others) => (changes.clone(), *others),
        Step::Rollback(who) => (vec![who.clone()], Others::GoOut),
        Step::Undeploy(who) => {
            let now: Records = all.iter().cloned().collect();
            let out: Option<Deployment> = now
                .live()
                .undeployed(environment, &who.service, &who.version, at(second));
            all.extend(out.map(Record::Deployment));
            return all;
        }
    };
    for who in changes {
        let now: Records = all.iter().cloned().collect();
        let deployed = now
            .live()
            .deployed(environment, &who.service, &who.version, others, at(second));
        all.push(Record::Deployment(deployed));
    }
    all
}

/// Facts, and what was done to environments without asking anybody.
pub(crate) fn world() -> impl Strategy<Value = Vec<Record>> {
    let steps = prop::collection::vec((step(), environment()), 0..10);
    (facts(), steps).prop_map(|(mut records, steps)| {
        for ((step, environment), second) in steps.iter().zip(10..) {
            records = done(&records, step, environment, second);
        }
        records
    })
}

/// World, environment, and a question about them. A version that should be taken out is one that is live, if any
/// is.
pub(crate) fn question() -> impl Strategy<Value = (Vec<Record>, Step, &'static str)> {
    (world(), step(), environment(), any::<prop::sample::Index>()).prop_map(|(records, step, environment, which)| {
        let now: Records = records.iter().cloned().collect();
        let live: Vec<ServiceVersion> = now
            .live()
            .all(environment)
            .map(|(service, version)| ServiceVersion::new(service, version))
            .collect();
        let step = match step {
            Step::Undeploy(_) if !live.is_empty() => Step::Undeploy(which.get(&live).clone()),
            step => step,
        };
        (records, step, environment)
    })
}
