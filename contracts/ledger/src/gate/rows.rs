//! Which pairs a change makes, and what is missing for it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Gate, Need, Row, RowState, ServiceVersion};
use crate::document::ContentHash;

/// What is live in an environment: versions by service.
pub(super) type World<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// What a version of a consumer asks of whom.
pub(super) struct Demand<'a> {
    pub(super) consumer: (&'a str, &'a str),
    pub(super) provider: &'a str,
    pact: &'a ContentHash,
}

impl Gate<'_> {
    /// The pairs that these versions would make, and what they lack.
    pub(super) fn deploy(&self, changes: &[ServiceVersion], environment: &str) -> (BTreeSet<Row>, Vec<Need>) {
        let mut world = self.world(environment);
        for change in changes {
            world.entry(&change.service).or_default().insert(&change.version);
        }
        let is_new = |service: &str, version: &str| {
            changes
                .iter()
                .any(|change| change.service == service && change.version == version)
        };
        let mut rows = BTreeSet::new();
        let mut absent: BTreeMap<&str, Vec<Demand<'_>>> = BTreeMap::new();
        for demand in self.demands(&world) {
            let (consumer, version) = demand.consumer;
            let comes = is_new(consumer, version);
            match world.get(demand.provider) {
                None if comes => absent.entry(demand.provider).or_default().push(demand),
                None => {}
                Some(versions) => {
                    let made = versions
                        .iter()
                        .filter(|provider| comes || is_new(demand.provider, provider));
                    rows.extend(made.map(|provider| self.row(&demand, provider)));
                }
            }
        }
        let mut needs = needed(&rows);
        needs.extend(self.unpublished(&world, environment, &is_new));
        needs.extend(self.vacuous(changes, &rows, &absent));
        let mut grown = world.clone();
        for (provider, demands) in &absent {
            let candidate = self.candidate(&grown, provider, demands, None);
            needs.push(live(provider, demands, candidate, None, environment));
            // The next one has to get on with this one.
            grown.entry(provider).or_default().extend(candidate);
        }
        (rows, needs)
    }

    /// The pairs that are left to those who need this version, and what they lack.
    pub(super) fn undeploy(&self, who: &ServiceVersion, environment: &str) -> (BTreeSet<Row>, Vec<Need>) {
        let mut world = self.world(environment);
        let left: BTreeSet<&str> = world.remove(who.service.as_str()).unwrap_or_default();
        let left: BTreeSet<&str> = left.into_iter().filter(|version| *version != who.version).collect();
        if !left.is_empty() {
            world.insert(&who.service, left.clone());
        }
        let demands: Vec<Demand<'_>> = self
            .demands(&world)
            .filter(|demand| demand.provider == who.service)
            .collect();
        let mut needs = Vec::new();
        let mut rows = BTreeSet::new();
        if left.is_empty() && !demands.is_empty() {
            let gone = Some(who.version.as_str());
            match self.candidate(&world, &who.service, &demands, gone) {
                None => needs.extend(out(&demands, environment)),
                found => needs.push(live(&who.service, &demands, found, gone, environment)),
            }
        }
        // One version that passes is enough for each pact: without it, the best that is left has to pass.
        let mut lacking = BTreeSet::new();
        for demand in &demands {
            let choices: Vec<Row> = left.iter().map(|version| self.row(demand, version)).collect();
            lacking.extend(choices.iter().max_by_key(|row| row.state).cloned());
            rows.extend(choices);
        }
        needs.extend(needed(&lacking));
        needs.extend(self.unpublished(&world, environment, &|_, _| false));
        (rows, needs)
    }

    pub(super) fn world(&self, environment: &str) -> World<'_> {
        let mut world = World::new();
        for (service, version) in self.index.live.all(environment) {
            world.entry(service).or_default().insert(version);
        }
        world
    }

    /// What all versions in this world ask of each other.
    pub(super) fn demands<'w>(&'w self, world: &'w World<'w>) -> impl Iterator<Item = Demand<'w>> {
        let all = world
            .iter()
            .flat_map(|(service, versions)| versions.iter().map(move |version| (*service, *version)));
        all.flat_map(|consumer| {
            let held = self.index.held(consumer.0, consumer.1);
            held.map(move |(provider, pact)| Demand {
                consumer,
                provider,
                pact,
            })
        })
    }

    pub(super) fn row(&self, demand: &Demand<'_>, version: &str) -> Row {
        Row {
            state: self.index.state(demand.provider, version, demand.pact),
            consumer: demand.holder(),
            provider: ServiceVersion::new(demand.provider, version),
            pact: demand.pact.clone(),
        }
    }

    /// The version of a provider that could go live in this world for these demands, of several the one that was verified last.
    fn candidate(&self, world: &World<'_>, provider: &str, demands: &[Demand<'_>], but: Option<&str>) -> Option<&str> {
        let passed = self.index.passed_by(provider, demands.first()?.pact);
        let fits = |version: &&str| Some(*version) != but && self.fits(world, provider, version);
        passed.into_iter().find(fits)
    }

    /// Whether a version would get on with all in this world.
    fn fits(&self, world: &World<'_>, service: &str, version: &str) -> bool {
        let mut world = world.clone();
        world.entry(service).or_default().insert(version);
        let passes = |demand: &Demand<'_>, provider: &str| {
            self.index.state(demand.provider, provider, demand.pact) == RowState::Passed
        };
        let kept = self.demands(&world).all(|demand| {
            if demand.consumer == (service, version) {
                let there = world.get(demand.provider);
                there.is_some_and(|versions| versions.iter().all(|provider| passes(&demand, provider)))
            } else {
                demand.provider != service || passes(&demand, version)
            }
        });
        kept && self.is_known(service, version)
    }

    /// The versions of which nobody knows what they hold: any of them may hold a pact that matters.
    fn unpublished(
        &self,
        world: &World<'_>,
        environment: &str,
        is_new: &impl Fn(&str, &str) -> bool,
    ) -> impl Iterator<Item = Need> {
        let all = world
            .iter()
            .flat_map(|(service, versions)| versions.iter().map(move |version| (*service, *version)));
        let silent = all.filter(|(service, version)| !self.is_known(service, version));
        silent.map(|(service, version)| Need::Published {
            who: ServiceVersion::new(service, version),
            live_in: (!is_new(service, version)).then(|| environment.to_owned()),
            near: self.near(service, version),
        })
    }

    /// Whether it is known which pacts a version holds.
    pub(super) fn is_known(&self, service: &str, version: &str) -> bool {
        self.index.is_published(service, version) || self.settings.no_contracts.contains_key(service)
    }

    /// The version that was probably meant by one that no record names.
    fn near(&self, service: &str, version: &str) -> Option<String> {
        let known = self.index.versions(service);
        if known.contains(version) {
            return None;
        }
        crate::near::nearest(version, known).map(str::to_owned)
    }

    /// The versions with which nothing was or will be verified.
    fn vacuous(
        &self,
        changes: &[ServiceVersion],
        rows: &BTreeSet<Row>,
        absent: &BTreeMap<&str, Vec<Demand<'_>>>,
    ) -> Vec<Need> {
        let has_something = |who: &ServiceVersion| {
            rows.iter().any(|row| row.consumer == *who || row.provider == *who)
                || absent.values().flatten().any(|demand| demand.holder() == *who)
                || self.index.is_proven(&who.service, &who.version)
                || self.settings.no_contracts.contains_key(&who.service)
                // That is a need of its own, and comes first.
                || !self.is_known(&who.service, &who.version)
        };
        let vacuous = changes.iter().filter(|who| !has_something(who));
        vacuous.map(|who| Need::SomethingToCheck { who: who.clone() }).collect()
    }
}

impl Demand<'_> {
    fn holder(&self) -> ServiceVersion {
        ServiceVersion::new(self.consumer.0, self.consumer.1)
    }
}

/// What has to pass for all rows to pass: consumers with the same pact share it.
fn needed(rows: &BTreeSet<Row>) -> Vec<Need> {
    let mut open: BTreeMap<(RowState, &ServiceVersion, &ContentHash), Vec<ServiceVersion>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.state != RowState::Passed) {
        let key = (row.state, &row.provider, &row.pact);
        open.entry(key).or_default().push(row.consumer.clone());
    }
    open.into_iter()
        .map(|((state, provider, pact), consumers)| Need::Passed {
            provider: provider.clone(),
            pact: pact.clone(),
            consumers,
            state,
        })
        .collect()
}

/// Some version of the provider would have to be live.
fn live(
    provider: &str,
    demands: &[Demand<'_>],
    candidate: Option<&str>,
    instead_of: Option<&str>,
    environment: &str,
) -> Need {
    let consumers: BTreeSet<ServiceVersion> = demands.iter().map(Demand::holder).collect();
    Need::ProviderLive {
        provider: provider.to_owned(),
        environment: environment.to_owned(),
        instead_of: instead_of.map(str::to_owned),
        consumers: consumers.into_iter().collect(),
        candidate: candidate.map(str::to_owned),
    }
}

/// All who demand something would have to go out.
fn out(demands: &[Demand<'_>], environment: &str) -> Vec<Need> {
    let consumers: BTreeMap<ServiceVersion, &str> = demands
        .iter()
        .map(|demand| (demand.holder(), demand.provider))
        .collect();
    let out = consumers.into_iter().map(|(consumer, provider)| Need::ConsumerOut {
        consumer,
        provider: provider.to_owned(),
        environment: environment.to_owned(),
    });
    out.collect()
}
