use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;

use super::Deployment;
use crate::document::ContentHash;

/// Live versions by environment. A version is live if a deployment brought it and no deployment ends that record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveVersions<'a> {
    environments: BTreeMap<&'a str, BTreeMap<&'a str, Versions<'a>>>,
}

/// Live versions of a service, each with the records that brought it and that no record ends.
type Versions<'a> = BTreeMap<&'a str, BTreeSet<&'a ContentHash>>;

impl<'a> LiveVersions<'a> {
    /// Computes the live versions from all deployments; their order does not matter.
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

    /// Live versions of a service in an environment, in order.
    pub fn versions(&self, environment: &str, service: &str) -> impl Iterator<Item = &'a str> {
        self.at(environment, service)
            .into_iter()
            .flat_map(|versions| versions.keys().copied())
    }

    /// All services and versions that are live in an environment, in order.
    pub fn all(&self, environment: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let services = self.environments.get(environment).into_iter().flatten();
        services.flat_map(|(service, versions)| versions.keys().map(move |version| (*service, *version)))
    }

    /// Builds the record that a version goes live at the time `at`. `others` says what happens to the versions
    /// that are live already.
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

    /// Builds the record that a version is taken out; `None` if it is not live.
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

/// Fate of the versions that were live before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// They are taken out: the new version replaces them.
    GoOut,
    /// They stay live beside the new version.
    Stay,
}
