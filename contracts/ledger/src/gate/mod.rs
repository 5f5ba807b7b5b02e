//! Gate that answers whether a service may be deployed, taken out, or rolled back.
//!
//! The rules, for a version that would go to an environment:
//!
//! - It needs each provider that its own pacts name: at least one version live there, and every one that is live
//!   verified against that very content. It does not need its consumers to be there.
//! - Every pact with it that a live version of a consumer holds must have been verified against it, not only
//!   those of the newest version.
//! - A pact is its content: versions of a consumer that hold the same content share its verifications.
//! - A failure counts until a verification that names it as earlier takes its place. Clocks decide nothing: a pass
//!   beside a failure, neither of which names the other, leaves the pair failed.
//! - A pair that was verified and failed makes the answer no, and so does a provider that is not there. One that
//!   was not verified, or not with all its interactions, makes it unknown.
//! - A version with which nothing was ever verified, and nothing has to be, is unknown too, unless the settings
//!   say that this is right. One that has passed a verification may be the first in an empty environment.
//!
//! So if every change of an environment was a yes, all that are live together were verified together. The tests
//! compare the gate with a second one that has no index, in random small worlds.

mod answer;
mod checks;
mod command;
mod decision;
mod evaluation;
mod index;
mod need;
mod overview;
mod pacts_at;
mod pair;
mod reading;
mod service_version;
mod standing_failure;
mod text;
mod verified;
mod wording;

use std::collections::BTreeSet;

use jiff::Timestamp;

pub use answer::{Answer, Question};
pub use checks::GateError;
pub use decision::Decision;
pub use need::Need;
pub(crate) use pair::table;
pub use pair::{Pair, PairState};
pub use reading::{providers_that_matter, read};
pub use service_version::ServiceVersion;
pub use standing_failure::StandingFailure;

use crate::records::{Records, Settings};
use index::{Index, Version};

/// Answers questions from the records of a ledger. Changes nothing.
#[derive(Debug)]
pub struct Gate<'a> {
    index: Index<'a>,
    settings: &'a Settings,
}

impl<'a> Gate<'a> {
    /// Indexes the records. Takes time and memory in proportion to their number.
    pub fn new(records: &'a Records, settings: &'a Settings) -> Self {
        Self {
            index: Index::of(records),
            settings,
        }
    }

    /// Decides whether these versions may go live in the environment, together. The versions that are live there
    /// may stay or be taken out.
    ///
    /// # Errors
    /// When no record names a service, or the environment is not declared.
    pub fn can_i_deploy(&self, changes: &[ServiceVersion], environment: &str) -> Result<Answer, GateError> {
        self.check_names(changes, environment)?;
        let (pairs, needs) = self.deploy(changes, environment);
        Ok(self.answer(Question::Deploy, changes, environment, pairs, needs))
    }

    /// Decides whether the environment may go back to a version that was live there before. The rules are those
    /// of a deployment.
    ///
    /// # Errors
    /// Those of [`Self::can_i_deploy`].
    pub fn can_i_rollback(&self, to: &ServiceVersion, environment: &str) -> Result<Answer, GateError> {
        let changes = std::slice::from_ref(to);
        self.check_names(changes, environment)?;
        let (pairs, mut needs) = self.deploy(changes, environment);
        if !self.index.was_live(environment, Version::from(to)) {
            needs.push(Need::LiveBefore {
                who: to.clone(),
                environment: environment.to_owned(),
            });
        }
        Ok(self.answer(Question::Rollback, changes, environment, pairs, needs))
    }

    /// Decides whether a version may be taken out of the environment. It may not if a live consumer would be left
    /// without any version of the provider that passed its pact.
    ///
    /// # Errors
    /// Those of [`Self::can_i_deploy`], and when the version is not live there.
    pub fn can_i_undeploy(&self, who: &ServiceVersion, environment: &str) -> Result<Answer, GateError> {
        self.undeployed(who, environment, Timestamp::UNIX_EPOCH)?;
        let (pairs, needs) = self.undeploy(who, environment);
        Ok(self.answer(Question::Undeploy, std::slice::from_ref(who), environment, pairs, needs))
    }

    fn answer(
        &self,
        question: Question,
        changes: &[ServiceVersion],
        environment: &str,
        pairs: BTreeSet<Pair>,
        needs: Vec<Need>,
    ) -> Answer {
        let declared = |change: &ServiceVersion| {
            let reason = self.settings.no_contracts.get(&change.service)?;
            Some((change.service.clone(), reason.clone()))
        };
        Answer {
            question,
            changes: changes.to_vec(),
            environment: environment.to_owned(),
            decision: needs.iter().map(Need::decision).max().unwrap_or(Decision::Yes),
            pairs: pairs.into_iter().collect(),
            needs,
            pacts: self.settings.folder().to_owned(),
            no_contracts: changes.iter().filter_map(declared).collect(),
        }
    }
}
