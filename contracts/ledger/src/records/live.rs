use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;

use super::Deployment;
use crate::document::ContentHash;

/// Which versions are live where, as the deployments say: a version is live if a record brought it that no record ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live<'a> {
    environments: BTreeMap<&'a str, BTreeMap<&'a str, Versions<'a>>>,
}

/// The live versions of a service, each with the records that brought it and are not ended.
type Versions<'a> = BTreeMap<&'a str, BTreeSet<&'a ContentHash>>;

impl<'a> Live<'a> {
    /// What the deployments make of each other, in whatever order they come.
    pub(super) fn of(deployments: &'a [(ContentHash, Deployment)]) -> Self {
        let ended: HashSet<&ContentHash> = deployments
            .iter()
            .flat_map(|(_, deployment)| &deployment.ends)
            .collect();
        let mut environments: BTreeMap<&str, BTreeMap<&str, Versions<'_>>> = BTreeMap::new();
        for (id, deployment) in deployments {
            if let Some(version) = &deployment.starts
                && !ended.contains(id)
            {
                let services = environments.entry(&deployment.environment).or_default();
                let versions = services.entry(&deployment.service).or_default();
                versions.entry(version).or_default().insert(id);
            }
        }
        Self { environments }
    }

    /// The live versions of a service, in order.
    pub fn versions(&self, environment: &str, service: &str) -> impl Iterator<Item = &'a str> {
        self.at(environment, service)
            .into_iter()
            .flat_map(|versions| versions.keys().copied())
    }

    /// All that is live in an environment: services and versions, in order.
    pub fn all(&self, environment: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let services = self.environments.get(environment).into_iter().flatten();
        services.flat_map(|(service, versions)| versions.keys().map(move |version| (*service, *version)))
    }

    /// The record that a version goes live and those that were live go out, or stay beside it.
    pub fn deployed(
        &self,
        environment: &str,
        service: &str,
        version: &str,
        others: Others,
        at: Timestamp,
    ) -> Deployment {
        let goes = |other: &str| others == Others::GoOut || other == version;
        let mut record = self.changed(environment, service, goes, at);
        record.live.push(version.to_owned());
        record.live.sort();
        record.starts = Some(version.to_owned());
        record
    }

    /// The record that a version goes out; nothing if it is not live.
    pub fn undeployed(&self, environment: &str, service: &str, version: &str, at: Timestamp) -> Option<Deployment> {
        let is_live = self.versions(environment, service).any(|live| live == version);
        is_live.then(|| self.changed(environment, service, |other| other == version, at))
    }

    fn changed(&self, environment: &str, service: &str, goes: impl Fn(&str) -> bool, at: Timestamp) -> Deployment {
        let versions = self.at(environment, service).into_iter().flatten();
        let (out, stay): (Vec<_>, Vec<_>) = versions.partition(|(version, _)| goes(version));
        Deployment {
            environment: environment.to_owned(),
            service: service.to_owned(),
            starts: None,
            ends: out
                .into_iter()
                .flat_map(|(_, ids)| ids.iter().map(|id| (*id).clone()))
                .collect(),
            live: stay.into_iter().map(|(version, _)| (*version).to_owned()).collect(),
            at,
        }
    }

    fn at(&self, environment: &str, service: &str) -> Option<&Versions<'a>> {
        self.environments.get(environment)?.get(service)
    }
}

/// What becomes of the versions that were live before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// They go out: the new version takes their place.
    GoOut,
    /// They stay live beside it.
    Stay,
}
