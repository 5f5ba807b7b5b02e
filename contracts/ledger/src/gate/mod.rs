//! May a service be deployed, taken out, or rolled back?
//!
//! The rules, for a version that would go to an environment:
//!
//! - It needs each provider that its own pacts name: at least one version live there, and every one that is live verified against that very
//!   content. It does not need its consumers to be there.
//! - Every pact with it that a live version of a consumer holds must have been verified against it. Never only those of the newest.
//! - A pact is its content: versions of a consumer that hold the same content share its verifications.
//! - A pair that was verified and failed makes the answer no, and so does a provider that is not there. One that was not verified, or not with
//!   all its interactions, makes it unknown.
//! - A version with which nothing was ever verified, and nothing has to be, is unknown too, unless the settings say that this is right. One that
//!   has passed a verification may be the first in an empty environment.
//!
//! So if every change of an environment was a yes, all that are live together were verified together. The tests hold the engine against a second
//! one that knows no index, in random small worlds.

mod answer;
mod command;
mod index;
mod need;
mod overview;
mod question;
mod reading;
mod rows;
mod text;

use std::collections::BTreeSet;

use jiff::Timestamp;

pub use answer::{Answer, Ask, Row, RowState, ServiceVersion, Verdict};
pub use need::Need;
pub use question::GateError;
pub use reading::{providers_that_matter, read};
pub(crate) use text::table;

use crate::records::{Records, Settings};
use index::Index;

/// Answers questions from what a ledger says. Reading is all it does.
#[derive(Debug)]
pub struct Gate<'a> {
    index: Index<'a>,
    settings: &'a Settings,
}

impl<'a> Gate<'a> {
    /// Takes in the records; time and memory grow with their number.
    pub fn new(records: &'a Records, settings: &'a Settings) -> Self {
        Self {
            index: Index::of(records),
            settings,
        }
    }

    /// May these versions go live in the environment, together? The versions that are live there may stay or go out.
    ///
    /// # Errors
    /// When the ledger has never heard of a service, or the environment is not declared.
    pub fn can_i_deploy(&self, changes: &[ServiceVersion], environment: &str) -> Result<Answer, GateError> {
        self.check_names(changes, environment)?;
        let (rows, needs) = self.deploy(changes, environment);
        Ok(self.answered(Ask::Deploy, changes, environment, rows, needs))
    }

    /// May the environment go back to this version, which it has had before? The rules are those of a deployment.
    ///
    /// # Errors
    /// As [`Self::can_i_deploy`].
    pub fn can_i_rollback(&self, to: &ServiceVersion, environment: &str) -> Result<Answer, GateError> {
        let changes = std::slice::from_ref(to);
        self.check_names(changes, environment)?;
        let (rows, mut needs) = self.deploy(changes, environment);
        if !self.index.was_live(environment, to) {
            needs.push(Need::LiveBefore {
                who: to.clone(),
                environment: environment.to_owned(),
            });
        }
        Ok(self.answered(Ask::Rollback, changes, environment, rows, needs))
    }

    /// May this version go out of the environment? Not if a live consumer needs it: one that would be left without any version of the provider
    /// that passed its pact.
    ///
    /// # Errors
    /// As [`Self::can_i_deploy`]; and when the version is not live there.
    pub fn can_i_undeploy(&self, who: &ServiceVersion, environment: &str) -> Result<Answer, GateError> {
        self.undeployed(who, environment, Timestamp::UNIX_EPOCH)?;
        let (rows, needs) = self.undeploy(who, environment);
        Ok(self.answered(Ask::Undeploy, std::slice::from_ref(who), environment, rows, needs))
    }

    fn answered(
        &self,
        ask: Ask,
        changes: &[ServiceVersion],
        environment: &str,
        rows: BTreeSet<Row>,
        needs: Vec<Need>,
    ) -> Answer {
        let verdict = needs.iter().map(Need::verdict).max().unwrap_or(Verdict::Yes);
        let declared = |change: &ServiceVersion| {
            let reason = self.settings.no_contracts.get(&change.service)?;
            Some((change.service.clone(), reason.clone()))
        };
        Answer {
            ask,
            changes: changes.to_vec(),
            environment: environment.to_owned(),
            verdict,
            rows: rows.into_iter().collect(),
            needs,
            pacts: self.settings.folder().to_owned(),
            no_contracts: changes.iter().filter_map(declared).collect(),
        }
    }
}
