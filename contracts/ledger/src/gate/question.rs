use jiff::Timestamp;
use thiserror::Error;

use super::{Gate, ServiceVersion};
use crate::{
    near::hint,
    records::{Deployment, SettingsError},
};

/// Why a question has no answer: it names what is not there.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GateError {
    /// No record names the service.
    #[error(
        "the ledger has never heard of a service '{name}'{hint}; a new one is made known with `seam publish {name}`"
    )]
    UnknownService {
        /// What was asked for.
        name: String,
        /// What was probably meant, and what is known.
        hint: String,
    },
    /// No such environment.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The version can't go out: it is not there.
    #[error("{who} is not live in {environment}{hint}; `seam matrix` shows what is")]
    NotLive {
        /// Who.
        who: ServiceVersion,
        /// Where.
        environment: String,
        /// What was probably meant, and what is live.
        hint: String,
    },
    /// No record names the version.
    #[error("the ledger has never heard of {who}{hint}; make it known with `seam publish {} --version {}` where it is checked out", who.service, who.version)]
    UnknownVersion {
        /// Who.
        who: ServiceVersion,
        /// What was probably meant, and what is known.
        hint: String,
    },
    /// A record names the version, but none says which pacts it holds.
    #[error("the ledger does not say which pacts {who} holds, so that every later answer about {environment} would be unknown; run `seam publish {} --version {}` where it is checked out, with --calls-nobody if it calls nobody", who.service, who.version)]
    Unpublished {
        /// Who.
        who: ServiceVersion,
        /// Where it would go live.
        environment: String,
    },
}

impl Gate<'_> {
    /// Refuses the record of a deployment of which every later answer in the environment would be unknown: that of a version of which the ledger
    /// does not say which pacts it holds, be it for a slip of the pen.
    ///
    /// # Errors
    /// When the service, the version or the environment is unknown; says what is near. When the version was not published.
    pub fn check_known(&self, who: &ServiceVersion, environment: &str) -> Result<(), GateError> {
        self.check_names(std::slice::from_ref(who), environment)?;
        if self.is_known(&who.service, &who.version) {
            return Ok(());
        }
        let known = self.index.versions(&who.service);
        if known.contains(who.version.as_str()) {
            return Err(GateError::Unpublished {
                who: who.clone(),
                environment: environment.to_owned(),
            });
        }
        Err(GateError::UnknownVersion {
            who: who.clone(),
            hint: hint(&who.version, known),
        })
    }

    /// The record that a version goes out of an environment.
    ///
    /// # Errors
    /// When the service or the environment is unknown, or the version is not live there; says what is.
    pub fn undeployed(&self, who: &ServiceVersion, environment: &str, at: Timestamp) -> Result<Deployment, GateError> {
        self.check_names(std::slice::from_ref(who), environment)?;
        let live = &self.index.live;
        live.undeployed(environment, &who.service, &who.version, at)
            .ok_or_else(|| GateError::NotLive {
                who: who.clone(),
                environment: environment.to_owned(),
                hint: hint(&who.version, live.versions(environment, &who.service)),
            })
    }

    pub(super) fn check_names(&self, changes: &[ServiceVersion], environment: &str) -> Result<(), GateError> {
        self.settings.environment(environment)?;
        for ServiceVersion { service, .. } in changes {
            let declared = self.settings.no_contracts.keys().map(String::as_str);
            if !self.index.services.contains(service.as_str()) && !self.settings.no_contracts.contains_key(service) {
                let known = self.index.services.iter().copied().chain(declared);
                return Err(GateError::UnknownService {
                    name: service.clone(),
                    hint: hint(service, known),
                });
            }
        }
        Ok(())
    }
}
