//! Pairs that a change would make, and the needs that are open before it is a yes.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Gate, Need, Pair, PairState, ServiceVersion,
    index::{Promise, Version},
};
use crate::{document::ContentHash, suggestions};

/// Versions that are live together, by service.
pub(super) type World<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Pact that a version in a world holds: what it demands, and of whom.
#[derive(Clone, Copy)]
pub(super) struct Demand<'a> {
    pub(super) consumer: Version<'a>,
    pub(super) promise: Promise<'a>,
}

impl Gate<'_> {
    /// Pairs that these versions would make in the environment, and the needs that are open.
    pub(super) fn deploy(&self, changes: &[ServiceVersion], environment: &str) -> (BTreeSet<Pair>, Vec<Need>) {
        let mut world = self.world(environment);
        for change in changes {
            world.entry(&change.service).or_default().insert(&change.version);
        }
        let is_new = |version: Version<'_>| changes.iter().any(|change| Version::from(change) == version);
        let mut pairs = BTreeSet::new();
        let mut absent: BTreeMap<&str, Vec<Demand<'_>>> = BTreeMap::new();
        for demand in self.demands(&world) {
            let provider = demand.promise.provider;
            match world.get(provider) {
                // A live consumer that already lacks its provider is no worse off after this change.
                None if is_new(demand.consumer) => absent.entry(provider).or_default().push(demand),
                None => {}
                // Old versions stay live beside new ones for a while, so that each new version meets every one of
                // them. Pairs of two old versions are not made by this change.
                Some(versions) => {
                    let versions = versions.iter().map(|version| Version::new(provider, version));
                    let made = versions.filter(|version| is_new(demand.consumer) || is_new(*version));
                    pairs.extend(made.map(|version| self.pair(&demand, version.version)));
                }
            }
        }
        let mut needs = self.verifications(&pairs);
        needs.extend(self.unpublished(&world, environment, &is_new));
        needs.extend(self.vacuous(changes, &pairs, &absent));
        // Candidates are chosen one after the other, each in a world that has those before it: versions that each
        // fit alone may not fit together, and then following the advice would not lead to a yes.
        let mut grown = world.clone();
        for (provider, demands) in &absent {
            let candidate = self.candidate(&grown, provider, demands, None);
            needs.push(provider_live(provider, demands, candidate, None, environment));
            grown.entry(provider).or_default().extend(candidate);
        }
        (pairs, needs)
    }

    /// Pairs that are left to those who need this version if it is taken out, and the needs that are open.
    pub(super) fn undeploy(&self, who: &ServiceVersion, environment: &str) -> (BTreeSet<Pair>, Vec<Need>) {
        let mut world = self.world(environment);
        let mut left = world.remove(who.service.as_str()).unwrap_or_default();
        left.remove(who.version.as_str());
        if !left.is_empty() {
            world.insert(&who.service, left.clone());
        }
        let on_it = |demand: &Demand<'_>| demand.promise.provider == who.service;
        let demands: Vec<Demand<'_>> = self.demands(&world).filter(on_it).collect();
        let mut needs = Vec::new();
        let mut pairs = BTreeSet::new();
        if left.is_empty() && !demands.is_empty() {
            // The version that goes must not come back as its own replacement.
            let gone = Some(who.version.as_str());
            match self.candidate(&world, &who.service, &demands, gone) {
                None => needs.extend(consumers_out(&demands, environment)),
                found => needs.push(provider_live(&who.service, &demands, found, gone, environment)),
            }
        }
        // A consumer needs one version that passes its pact, not all of them. So only the best of what is left
        // has to pass: states are ordered from worst to best.
        let mut best = BTreeSet::new();
        for demand in &demands {
            let choices: Vec<Pair> = left.iter().map(|version| self.pair(demand, version)).collect();
            best.extend(choices.iter().max_by_key(|pair| pair.state).cloned());
            pairs.extend(choices);
        }
        needs.extend(self.verifications(&best));
        needs.extend(self.unpublished(&world, environment, &|_| false));
        (pairs, needs)
    }

    pub(super) fn world(&self, environment: &str) -> World<'_> {
        let mut world = World::new();
        for (service, version) in self.index.live.all(environment) {
            world.entry(service).or_default().insert(version);
        }
        world
    }

    /// Demands of all versions in this world on each other.
    pub(super) fn demands<'w>(&'w self, world: &'w World<'w>) -> impl Iterator<Item = Demand<'w>> {
        versions(world).flat_map(|consumer| {
            let held = self.index.held(consumer);
            held.map(move |promise| Demand { consumer, promise })
        })
    }

    /// Pair that the demand makes with this version of the provider.
    pub(super) fn pair(&self, demand: &Demand<'_>, version: &str) -> Pair {
        let provider = Version::new(demand.promise.provider, version);
        Pair {
            state: self.index.state(provider, demand.promise.pact),
            consumer: demand.consumer.to_owned(),
            provider: provider.to_owned(),
            pact: demand.promise.pact.clone(),
        }
    }

    /// Version of the provider, other than `but`, that could go live in this world; of several, the one that was
    /// verified last.
    fn candidate(&self, world: &World<'_>, provider: &str, demands: &[Demand<'_>], but: Option<&str>) -> Option<&str> {
        // A candidate has to pass all demands, so those that passed the first are enough to try.
        let passed = self.index.passed_by(demands.first()?.promise);
        let fits = |version: &&str| Some(*version) != but && self.fits(world, Version::new(provider, version));
        passed.into_iter().find(fits)
    }

    /// Says whether the version would keep every pact with it in this world, and find its own pacts kept.
    fn fits(&self, world: &World<'_>, version: Version<'_>) -> bool {
        let mut world = world.clone();
        world.entry(version.service).or_default().insert(version.version);
        let passes = |demand: &Demand<'_>, provider: Version<'_>| {
            self.index.state(provider, demand.promise.pact) == PairState::Passed
        };
        let kept = self.demands(&world).all(|demand| {
            let provider = demand.promise.provider;
            if demand.consumer == version {
                let there = world.get(provider);
                // No version of the provider there is a demand that nobody keeps; an empty `all` would call it kept.
                there.is_some_and(|there| there.iter().all(|other| passes(&demand, Version::new(provider, other))))
            } else {
                provider != version.service || passes(&demand, version)
            }
        });
        kept && self.is_known(version)
    }

    /// Needs for the versions whose pacts are unknown: any of them may hold a pact that matters.
    fn unpublished(
        &self,
        world: &World<'_>,
        environment: &str,
        is_new: &impl Fn(Version<'_>) -> bool,
    ) -> impl Iterator<Item = Need> {
        let unknown = versions(world).filter(|version| !self.is_known(*version));
        unknown.map(|version| Need::Published {
            who: version.to_owned(),
            live_in: (!is_new(version)).then(|| environment.to_owned()),
            suggestion: self.suggestion(version),
        })
    }

    /// Says whether it is known which pacts the version holds.
    pub(super) fn is_known(&self, version: Version<'_>) -> bool {
        self.index.is_published(version) || self.settings.no_contracts.contains_key(version.service)
    }

    /// Known version that was probably meant; `None` for a version that some record names.
    fn suggestion(&self, version: Version<'_>) -> Option<String> {
        let known = self.index.versions(version.service);
        if known.contains(version.version) {
            return None;
        }
        suggestions::nearest(version.version, known).map(str::to_owned)
    }

    /// Needs for the versions with which nothing was verified and nothing has to be.
    fn vacuous(
        &self,
        changes: &[ServiceVersion],
        pairs: &BTreeSet<Pair>,
        absent: &BTreeMap<&str, Vec<Demand<'_>>>,
    ) -> Vec<Need> {
        let is_vacuous = |who: &&ServiceVersion| {
            let version = Version::from(*who);
            let has_pair = pairs
                .iter()
                .any(|pair| pair.consumer == **who || pair.provider == **who);
            let has_demand = absent.values().flatten().any(|demand| demand.consumer == version);
            // Unknown pacts are a need of their own. Publishing them may bring something to check, so it comes first.
            let has_other_need = !self.is_known(version);
            let is_declared = self.settings.no_contracts.contains_key(&who.service);
            !(has_pair || has_demand || has_other_need || is_declared || self.index.is_proven(version))
        };
        let vacuous = changes.iter().filter(is_vacuous);
        vacuous.map(|who| Need::SomethingToCheck { who: who.clone() }).collect()
    }

    /// Verifications that are needed for all pairs to pass. Consumers with the same pact share one.
    fn verifications(&self, pairs: &BTreeSet<Pair>) -> Vec<Need> {
        let mut open: BTreeMap<(PairState, &ServiceVersion, &ContentHash), Vec<ServiceVersion>> = BTreeMap::new();
        for pair in pairs.iter().filter(|pair| pair.state != PairState::Passed) {
            let key = (pair.state, &pair.provider, &pair.pact);
            open.entry(key).or_default().push(pair.consumer.clone());
        }
        open.into_iter()
            .map(|((state, provider, pact), consumers)| Need::Passed {
                provider: provider.clone(),
                pact: pact.clone(),
                consumers,
                state,
                failures: self.index.standing(Version::from(provider), pact),
            })
            .collect()
    }
}

fn versions<'w>(world: &'w World<'w>) -> impl Iterator<Item = Version<'w>> {
    let services = world.iter();
    services.flat_map(|(service, versions)| versions.iter().map(move |version| Version::new(service, version)))
}

/// Need of a live version of the provider.
fn provider_live(
    provider: &str,
    demands: &[Demand<'_>],
    candidate: Option<&str>,
    instead_of: Option<&str>,
    environment: &str,
) -> Need {
    let consumers: BTreeSet<Version<'_>> = demands.iter().map(|demand| demand.consumer).collect();
    Need::ProviderLive {
        provider: provider.to_owned(),
        environment: environment.to_owned(),
        instead_of: instead_of.map(str::to_owned),
        consumers: consumers.into_iter().map(Version::to_owned).collect(),
        candidate: candidate.map(str::to_owned),
    }
}

/// Needs that every consumer with a demand is taken out, each named once.
fn consumers_out(demands: &[Demand<'_>], environment: &str) -> Vec<Need> {
    let consumers: BTreeMap<Version<'_>, &str> = demands
        .iter()
        .map(|demand| (demand.consumer, demand.promise.provider))
        .collect();
    let out = consumers.into_iter().map(|(consumer, provider)| Need::ConsumerOut {
        consumer: consumer.to_owned(),
        provider: provider.to_owned(),
        environment: environment.to_owned(),
    });
    out.collect()
}
