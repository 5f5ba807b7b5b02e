use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::LedgerError;
use crate::{document::ContentHash, source::Found};

pub(super) const PUBLICATION: &str = "publication";
pub(super) const VERIFICATION: &str = "verification";
pub(super) const DEPLOYMENT: &str = "deployment";

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Record {
    /// A version of a consumer holds these pacts.
    Publication(Publication),
    /// A version of a provider was verified against a pact.
    Verification(Verification),
    /// What is live in an environment changed.
    Deployment(Deployment),
}

/// Which pacts a version of a consumer holds: all of them. An empty list says that it calls nobody, which is not the same as no record. Where
/// several records speak of one version, it holds the pacts of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// The consumer.
    pub consumer: String,
    /// Its version: any text.
    pub version: String,
    /// Its pacts.
    pub pacts: Vec<PublishedPact>,
    /// When it was recorded.
    pub at: Timestamp,
}

/// A pact that a version of a consumer holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedPact {
    /// Who has to keep it.
    pub provider: String,
    /// What it promises.
    pub pact: ContentHash,
    /// How many interactions it has.
    pub interactions: u64,
}

/// A version of a provider was verified against a pact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// The provider.
    pub provider: String,
    /// Its version: any text.
    pub version: String,
    /// Whose pact it is.
    pub consumer: String,
    /// What was verified. It holds for every version of the consumer with this content.
    pub pact: ContentHash,
    /// How many interactions were verified. Less than the pact has does not count as passed.
    pub interactions: u64,
    /// How it ended.
    pub result: Outcome,
    /// When. The latest verification of a version against a pact counts; of two at the same time, the failed one.
    pub at: Timestamp,
    /// Name and version of what verified it.
    pub tool: String,
}

/// How a verification ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every interaction was kept.
    Passed,
    /// At least one was not.
    Failed,
}

/// What is live in an environment changed: one version came, or some went, or both at once.
///
/// What goes is named by the records that had brought it. So of two branches that each replace a version, both newcomers are live after the merge,
/// whatever their clocks said, and what one branch has brought back is not taken away by the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Where.
    pub environment: String,
    /// Whose versions.
    pub service: String,
    /// The version that is live from now on, if one came.
    pub starts: Option<String>,
    /// The records whose versions are no longer live, by their checksums.
    pub ends: Vec<ContentHash>,
    /// All versions that are live after it, as far as its writer knew; for people.
    pub live: Vec<String>,
    /// When.
    pub at: Timestamp,
}

impl Publication {
    /// What these pacts say that a version of a consumer holds.
    pub fn of(found: &[Found], consumer: &str, version: &str, at: Timestamp) -> Self {
        let held = found
            .iter()
            .map(|pact| &pact.document)
            .filter(|document| document.consumer() == consumer);
        let mut pacts: Vec<PublishedPact> = held
            .map(|document| PublishedPact {
                provider: document.provider().to_owned(),
                pact: document.content_hash(),
                interactions: u64::try_from(document.interactions().len()).unwrap_or(u64::MAX),
            })
            .collect();
        pacts.sort_by(|one, other| (&one.provider, &one.pact).cmp(&(&other.provider, &other.pact)));
        Self {
            consumer: consumer.to_owned(),
            version: version.to_owned(),
            pacts,
            at,
        }
    }

    /// The pacts by provider.
    pub fn held(&self) -> impl Iterator<Item = (&str, &ContentHash)> {
        self.pacts.iter().map(|pact| (pact.provider.as_str(), &pact.pact))
    }
}

impl Record {
    /// Its checksum, which is also its name.
    pub fn id(&self) -> ContentHash {
        // A struct of text and numbers always has a JSON.
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        ContentHash::of(&bytes)
    }

    /// The folder of its kind.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Publication(_) => PUBLICATION,
            Self::Verification(_) => VERIFICATION,
            Self::Deployment(_) => DEPLOYMENT,
        }
    }

    /// The service that it is filed under.
    pub(super) fn service(&self) -> &str {
        match self {
            Self::Publication(publication) => &publication.consumer,
            Self::Verification(verification) => &verification.provider,
            Self::Deployment(deployment) => &deployment.service,
        }
    }

    /// When it happened.
    pub(super) fn at(&self) -> Timestamp {
        match self {
            Self::Publication(publication) => publication.at,
            Self::Verification(verification) => verification.at,
            Self::Deployment(deployment) => deployment.at,
        }
    }

    /// Refuses what can't be.
    pub(super) fn check(&self) -> Result<(), LedgerError> {
        match self {
            Self::Publication(it) => {
                named("consumer", &it.consumer)?;
                named("version", &it.version)?;
                for pact in &it.pacts {
                    named("provider", &pact.provider)?;
                    some_interactions(&pact.provider, pact.interactions)?;
                }
                Ok(())
            }
            Self::Verification(it) => {
                named("provider", &it.provider)?;
                named("version", &it.version)?;
                named("consumer", &it.consumer)?;
                named("tool", &it.tool)?;
                match it.result {
                    Outcome::Passed => some_interactions(&it.provider, it.interactions),
                    Outcome::Failed => Ok(()),
                }
            }
            Self::Deployment(it) => {
                named("environment", &it.environment)?;
                named("service", &it.service)?;
                it.starts.as_ref().map_or(Ok(()), |version| named("version", version))
            }
        }
    }
}

fn named(field: &'static str, value: &str) -> Result<(), LedgerError> {
    if value.trim().is_empty() || value.chars().any(char::is_control) {
        return Err(LedgerError::Invalid {
            field,
            seen: format!("{value:?}"),
            wanted: "text on one line that is not empty",
        });
    }
    Ok(())
}

fn some_interactions(provider: &str, interactions: u64) -> Result<(), LedgerError> {
    if interactions == 0 {
        return Err(LedgerError::Invalid {
            field: "interactions",
            seen: format!("0 in a pact with {provider}"),
            wanted: "at least 1; a pact without interactions promises nothing",
        });
    }
    Ok(())
}
