//! Records, filed by the keys that the gate looks them up with.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

use jiff::Timestamp;

use super::{
    PairState, ServiceVersion, StandingFailure,
    verified::{Entry, Verified},
};
use crate::{
    document::ContentHash,
    records::{LiveVersions, Records, VerificationResult},
};

/// Service and version, borrowed from the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Version<'a> {
    pub(super) service: &'a str,
    pub(super) version: &'a str,
}

/// Provider and content of a pact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Promise<'a> {
    pub(super) provider: &'a str,
    pub(super) pact: &'a ContentHash,
}

#[derive(Debug)]
pub(super) struct Index<'a> {
    /// Pacts of each consumer's version that was published. An empty set says that the version calls nobody.
    held: BTreeMap<Version<'a>, BTreeSet<Promise<'a>>>,
    /// Result of all verifications of each provider's version against each pact.
    verified: HashMap<(Version<'a>, &'a ContentHash), Verified>,
    /// Versions that passed a pact, each with the time of the pass, which orders proposals and decides nothing.
    passed_by: HashMap<Promise<'a>, Vec<(Timestamp, &'a str)>>,
    /// Versions that passed any pact with all its interactions.
    proven: HashSet<Version<'a>>,
    /// Latest publication of each consumer: its time and version.
    newest: BTreeMap<&'a str, (Timestamp, &'a str)>,
    /// Versions that were ever live, by environment.
    was_live: HashMap<&'a str, BTreeSet<Version<'a>>>,
    pub(super) live: LiveVersions<'a>,
    /// Every service that a record names.
    pub(super) services: BTreeSet<&'a str>,
}

impl<'a> Index<'a> {
    pub(super) fn of(records: &'a Records) -> Self {
        let mut index = Self {
            held: BTreeMap::new(),
            verified: HashMap::new(),
            passed_by: HashMap::new(),
            proven: HashSet::new(),
            newest: BTreeMap::new(),
            was_live: HashMap::new(),
            live: records.live(),
            services: BTreeSet::new(),
        };
        let interactions = index.add_publications(records);
        index.add_verifications(records, &interactions);
        index.add_deployments(records);
        index
    }

    /// Files the publications, and returns the number of interactions of each pact.
    fn add_publications(&mut self, records: &'a Records) -> HashMap<&'a ContentHash, u64> {
        let mut interactions = HashMap::new();
        for publication in records.publications() {
            self.services.insert(&publication.consumer);
            let published = (publication.at, publication.version.as_str());
            let newest = self.newest.entry(&publication.consumer).or_insert(published);
            *newest = published.max(*newest);
            let version = Version::new(&publication.consumer, &publication.version);
            let held = self.held.entry(version).or_default();
            for published in &publication.pacts {
                let (provider, pact) = (published.provider.as_str(), &published.pact);
                self.services.insert(provider);
                held.insert(Promise { provider, pact });
                let known = interactions.entry(pact).or_insert(published.interactions);
                *known = published.interactions.max(*known);
            }
        }
        interactions
    }

    fn add_verifications(&mut self, records: &'a Records, interactions: &HashMap<&ContentHash, u64>) {
        let mut groups: HashMap<(Version<'a>, &'a ContentHash), Vec<Entry<'a>>> = HashMap::new();
        for (id, record) in records.verifications_by_id() {
            self.services.extend([record.provider.as_str(), &record.consumer]);
            let of = interactions.get(&record.pact).copied().unwrap_or(record.interactions);
            let state = match record.result {
                VerificationResult::Failed => PairState::Failed,
                VerificationResult::Passed if record.interactions == of => PairState::Passed,
                VerificationResult::Passed => PairState::Partial {
                    verified: record.interactions,
                    of,
                },
            };
            let key = (Version::new(&record.provider, &record.version), &record.pact);
            groups.entry(key).or_default().push(Entry { id, record, state });
        }
        for ((version, pact), entries) in groups {
            let verified = Verified::of(&entries);
            if verified.state == PairState::Passed {
                let provider = version.service;
                let passed_by = self.passed_by.entry(Promise { provider, pact }).or_default();
                passed_by.push((verified.at, version.version));
                self.proven.insert(version);
            }
            self.verified.insert((version, pact), verified);
        }
    }

    fn add_deployments(&mut self, records: &'a Records) {
        for deployment in records.deployments() {
            self.services.insert(&deployment.service);
            if let Some(version) = &deployment.starts {
                let was_live = self.was_live.entry(&deployment.environment).or_default();
                was_live.insert(Version::new(&deployment.service, version));
            }
        }
    }

    /// Says whether the ledger knows which pacts the version holds.
    pub(super) fn is_published(&self, version: Version<'_>) -> bool {
        self.held.contains_key(&version)
    }

    /// Pacts that the version of a consumer holds.
    pub(super) fn held<'s>(&'s self, version: Version<'s>) -> impl Iterator<Item = Promise<'a>> + use<'a, 's> {
        self.held.get(&version).into_iter().flatten().copied()
    }

    /// Version of each consumer that was published last.
    pub(super) fn newest(&self) -> impl Iterator<Item = Version<'a>> {
        let newest = self.newest.iter();
        newest.map(|(service, (_, version))| Version::new(service, version))
    }

    /// Versions of a service that any record names.
    pub(super) fn versions(&self, service: &str) -> BTreeSet<&'a str> {
        let verified = self.verified.keys().map(|(version, _)| version);
        let named = self.held.keys().chain(verified);
        let named = named.chain(self.was_live.values().flatten());
        named
            .filter(|version| version.service == service)
            .map(|version| version.version)
            .collect()
    }

    /// State of the pair that this version of a provider makes with any holder of the pact.
    pub(super) fn state(&self, provider: Version<'_>, pact: &ContentHash) -> PairState {
        let verified = self.verified.get(&(provider, pact));
        verified.map_or(PairState::Missing, |verified| verified.state)
    }

    /// Failures that no later verification replaces, for a pair that failed.
    pub(super) fn standing(&self, provider: Version<'_>, pact: &ContentHash) -> Vec<StandingFailure> {
        let verified = self.verified.get(&(provider, pact));
        verified.map_or_else(Vec::new, |verified| verified.failures.clone())
    }

    /// Versions that passed the pact, the one that was verified last by the writers' clocks first.
    pub(super) fn passed_by(&self, promise: Promise<'_>) -> Vec<&'a str> {
        let mut passed = self.passed_by.get(&promise).cloned().unwrap_or_default();
        passed.sort_by_key(|passed| Reverse(*passed));
        passed.into_iter().map(|(_, version)| version).collect()
    }

    /// Says whether the version passed any pact with all its interactions.
    pub(super) fn is_proven(&self, version: Version<'_>) -> bool {
        self.proven.contains(&version)
    }

    /// Says whether the version was ever live in the environment.
    pub(super) fn was_live(&self, environment: &str, version: Version<'_>) -> bool {
        let versions = self.was_live.get(environment);
        versions.is_some_and(|versions| versions.contains(&version))
    }
}

impl<'a> Version<'a> {
    pub(super) fn new(service: &'a str, version: &'a str) -> Self {
        Self { service, version }
    }

    pub(super) fn to_owned(self) -> ServiceVersion {
        ServiceVersion::new(self.service, self.version)
    }
}

impl<'a> From<&'a ServiceVersion> for Version<'a> {
    fn from(owned: &'a ServiceVersion) -> Self {
        Self::new(&owned.service, &owned.version)
    }
}
