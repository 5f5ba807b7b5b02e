use jiff::Timestamp;
use thiserror::Error;

use super::{Gate, ServiceVersion, index::Version};
use crate::{
    records::{Deployment, SettingsError},
    suggestions::hint,
};

/// Refusal of a question or a record that names something unknown.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GateError {
    /// No record names the service.
    #[error("the ledger does not know a service '{name}'{hint}; make a new one known with `seam publish {name}`")]
    UnknownService {
        /// Name that was asked for.
        name: String,
        /// Suggestion and known names, as text.
        hint: String,
    },
    /// The environment is not declared.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The version can't be taken out, since it is not live.
    #[error("{who} is not live in {environment}{hint}; `seam matrix` shows what is")]
    NotLive {
        /// Version that should be taken out.
        who: ServiceVersion,
        /// Environment in which it is not live.
        environment: String,
        /// Suggestion and live versions, as text.
        hint: String,
    },
    /// No record names the version.
    #[error(
        "the ledger does not know {who}{hint}; make it known with `seam publish {} --version {}` where it is \
         checked out",
        who.service, who.version
    )]
    UnknownVersion {
        /// Version that was asked for.
        who: ServiceVersion,
        /// Suggestion and known versions, as text.
        hint: String,
    },
    /// A record names the version, but none says which pacts it holds.
    #[error(
        "the ledger does not say which pacts {who} holds, so that every later answer about {environment} would be \
         unknown; run `seam publish {} --version {}` where it is checked out, with --calls-nobody if it calls nobody",
        who.service, who.version
    )]
    Unpublished {
        /// Version whose pacts are unknown.
        who: ServiceVersion,
        /// Environment in which it would go live.
        environment: String,
    },
}

impl Gate<'_> {
    /// Checks that a version may be recorded as live. With a version whose pacts the ledger does not know, a
    /// misspelt one for example, every later answer about the environment would be unknown.
    ///
    /// # Errors
    /// When the service, the version or the environment is unknown, with a suggestion; and when the version was
    /// not published.
    pub fn check_known(&self, who: &ServiceVersion, environment: &str) -> Result<(), GateError> {
        self.check_names(std::slice::from_ref(who), environment)?;
        if self.is_known(Version::from(who)) {
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

    /// Builds the record that a version is taken out of an environment.
    ///
    /// # Errors
    /// When the service or the environment is unknown, or the version is not live there, with the versions that are.
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
        let declared = &self.settings.no_contracts;
        for ServiceVersion { service, .. } in changes {
            if !self.index.services.contains(service.as_str()) && !declared.contains_key(service) {
                let known = self.index.services.iter().copied();
                return Err(GateError::UnknownService {
                    name: service.clone(),
                    hint: hint(service, known.chain(declared.keys().map(String::as_str))),
                });
            }
        }
        Ok(())
    }
}
