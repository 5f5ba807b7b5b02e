//! The records, by what is asked of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use super::{RowState, ServiceVersion};
use crate::{
    document::ContentHash,
    records::{Live, Outcome, Records},
};

/// A pact that a version of a consumer holds: with whom, and its content.
pub(super) type Held<'a> = (&'a str, &'a ContentHash);

#[derive(Debug)]
pub(super) struct Index<'a> {
    /// By consumer and version. An empty set says that it calls nobody.
    held: BTreeMap<&'a str, BTreeMap<&'a str, BTreeSet<Held<'a>>>>,
    /// By provider, version and pact.
    verified: HashMap<(&'a str, &'a str, &'a ContentHash), Verified>,
    /// The versions that passed a pact, each with when it last did, by provider and pact.
    passed_by: HashMap<(&'a str, &'a ContentHash), Vec<(Timestamp, &'a str)>>,
    /// The versions that passed any pact in full.
    proven: HashSet<(&'a str, &'a str)>,
    /// The version of each consumer that was published last.
    newest: BTreeMap<&'a str, (Timestamp, &'a str)>,
    was_live: HashSet<(&'a str, &'a str, &'a str)>,
    pub(super) live: Live<'a>,
    /// Every service that a record names.
    pub(super) services: BTreeSet<&'a str>,
}

/// What counts of the verifications of one version against one pact.
#[derive(Debug, Clone, Copy)]
struct Verified {
    at: Timestamp,
    state: RowState,
}

impl<'a> Index<'a> {
    pub(super) fn of(records: &'a Records) -> Self {
        let mut index = Self {
            held: BTreeMap::new(),
            verified: HashMap::new(),
            passed_by: HashMap::new(),
            proven: HashSet::new(),
            newest: BTreeMap::new(),
            was_live: HashSet::new(),
            live: records.live(),
            services: BTreeSet::new(),
        };
        let interactions = index.take_publications(records);
        index.take_verifications(records, &interactions);
        for (&(provider, version, pact), verified) in &index.verified {
            if verified.state == RowState::Passed {
                let passed = index.passed_by.entry((provider, pact)).or_default();
                passed.push((verified.at, version));
                index.proven.insert((provider, version));
            }
        }
        for deployment in records.deployments() {
            index.services.insert(&deployment.service);
            if let Some(version) = &deployment.starts {
                index
                    .was_live
                    .insert((&deployment.environment, &deployment.service, version));
            }
        }
        index
    }

    /// How many interactions each pact has.
    fn take_publications(&mut self, records: &'a Records) -> HashMap<&'a ContentHash, u64> {
        let mut interactions = HashMap::new();
        for publication in records.publications() {
            self.services.insert(&publication.consumer);
            let published = (publication.at, publication.version.as_str());
            let newest = self.newest.entry(&publication.consumer).or_insert(published);
            *newest = published.max(*newest);
            let versions = self.held.entry(&publication.consumer).or_default();
            let held = versions.entry(&publication.version).or_default();
            for pact in &publication.pacts {
                self.services.insert(&pact.provider);
                held.insert((&pact.provider, &pact.pact));
                let known = interactions.entry(&pact.pact).or_insert(pact.interactions);
                *known = pact.interactions.max(*known);
            }
        }
        interactions
    }

    /// The latest counts, and of two at one time the worse; but a pass of another number of interactions than the pact has never hides
    /// one that counts.
    fn take_verifications(&mut self, records: &'a Records, interactions: &HashMap<&ContentHash, u64>) {
        for record in records.verifications() {
            self.services.extend([record.provider.as_str(), &record.consumer]);
            let of = interactions.get(&record.pact).copied().unwrap_or(record.interactions);
            let state = match record.result {
                Outcome::Failed => RowState::Failed,
                Outcome::Passed if record.interactions == of => RowState::Passed,
                Outcome::Passed => RowState::Partial {
                    verified: record.interactions,
                    of,
                },
            };
            let new = Verified { at: record.at, state };
            let key = (record.provider.as_str(), record.version.as_str(), &record.pact);
            let counts = self.verified.entry(key).or_insert(new);
            if new.outweighs(*counts) {
                *counts = new;
            }
        }
    }

    /// Whether the ledger says which pacts this version holds.
    pub(super) fn is_published(&self, service: &str, version: &str) -> bool {
        self.held
            .get(service)
            .is_some_and(|versions| versions.contains_key(version))
    }

    /// The pacts of a version of a consumer.
    pub(super) fn held(&self, service: &str, version: &str) -> impl Iterator<Item = Held<'a>> {
        let held = self.held.get(service).and_then(|versions| versions.get(version));
        held.into_iter().flatten().copied()
    }

    /// Each consumer with the version that was published last.
    pub(super) fn newest(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.newest.iter().map(|(consumer, (_, version))| (*consumer, *version))
    }

    /// The versions of a service that any record names.
    pub(super) fn versions(&self, service: &str) -> BTreeSet<&'a str> {
        let held = self.held.get(service).into_iter().flat_map(BTreeMap::keys).copied();
        let verified = self.verified.keys().filter(|(provider, ..)| *provider == service);
        let live = self.was_live.iter().filter(|(_, live, _)| *live == service);
        held.chain(verified.map(|(_, version, _)| *version))
            .chain(live.map(|(.., version)| *version))
            .collect()
    }

    pub(super) fn state(&self, provider: &str, version: &str, pact: &ContentHash) -> RowState {
        self.verified
            .get(&(provider, version, pact))
            .map_or(RowState::Missing, |verified| verified.state)
    }

    /// The versions that passed this pact, the one that was verified last first.
    pub(super) fn passed_by(&self, provider: &str, pact: &ContentHash) -> Vec<&'a str> {
        let mut passed = self.passed_by.get(&(provider, pact)).cloned().unwrap_or_default();
        passed.sort_by(|one, other| other.cmp(one));
        passed.into_iter().map(|(_, version)| version).collect()
    }

    /// Whether this version ever passed a pact.
    pub(super) fn is_proven(&self, service: &str, version: &str) -> bool {
        self.proven.contains(&(service, version))
    }

    pub(super) fn was_live(&self, environment: &str, who: &ServiceVersion) -> bool {
        self.was_live
            .contains(&(environment, who.service.as_str(), who.version.as_str()))
    }
}

impl Verified {
    fn outweighs(self, other: Self) -> bool {
        let rank = |it: Self| {
            let counts = !matches!(it.state, RowState::Partial { .. });
            (counts, it.at, std::cmp::Reverse(it.state))
        };
        rank(self) > rank(other)
    }
}
