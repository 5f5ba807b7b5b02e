use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{LedgerError, file::folder_name};
use crate::{document::ContentHash, source::FoundPact};

pub(super) const PUBLICATION: &str = "publication";
pub(super) const VERIFICATION: &str = "verification";
pub(super) const DEPLOYMENT: &str = "deployment";

/// Record of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Record {
    /// A version of a consumer holds certain pacts.
    Publication(Publication),
    /// A version of a provider was verified against a pact.
    Verification(Verification),
    /// The live versions of an environment changed.
    Deployment(Deployment),
}

/// All pacts that a version of a consumer holds. An empty list says that it calls nobody, which is different from
/// having no record. If several records are about one version, it holds the pacts of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// Name of the consumer.
    pub consumer: String,
    /// Version of the consumer: any text on one line.
    pub version: String,
    /// Pacts that the version holds.
    pub pacts: Vec<PublishedPact>,
    /// Time of the record.
    pub at: Timestamp,
}

/// Pact that a version of a consumer holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedPact {
    /// Name of the provider that has to keep the pact.
    pub provider: String,
    /// Hash over the content of the pact.
    pub pact: ContentHash,
    /// Number of interactions in the pact.
    pub interactions: u64,
}

/// Verification of a provider's version against a pact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Name of the provider.
    pub provider: String,
    /// Version of the provider: any text on one line.
    pub version: String,
    /// Name of the consumer that wrote the pact.
    pub consumer: String,
    /// Hash over the content of the pact. The verification counts for every version of the consumer with this
    /// content.
    pub pact: ContentHash,
    /// Number of interactions that were verified. Fewer than the pact has do not count as passed.
    pub interactions: u64,
    /// Result of the verification.
    pub result: VerificationResult,
    /// Time of the verification by the writer's clock. For people only; it orders nothing, since clocks differ.
    pub at: Timestamp,
    /// Name and version of the tool that verified it.
    pub tool: String,
    /// Checksums of the earlier verifications of this version against this pact that the writer saw and that no
    /// other names, in order. A verification replaces those that it names, and all that they name. A failure that
    /// no later verification replaces counts, whatever passed beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follows: Vec<ContentHash>,
}

impl Verification {
    /// Says whether both are about the same version of a provider and the same pact.
    pub(super) fn is_about_same(&self, other: &Self) -> bool {
        (&self.provider, &self.version, &self.pact) == (&other.provider, &other.version, &other.pact)
    }

    /// Says whether both are the same result of the same run, whatever they follow.
    pub(super) fn is_same_event(&self, other: &Self) -> bool {
        let mut alike = other.clone();
        alike.follows.clone_from(&self.follows);
        *self == alike
    }
}

/// Result of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationResult {
    /// Every interaction passed.
    Passed,
    /// At least one interaction did not pass.
    Failed,
}

/// Change of the live versions of one service in an environment: one version came, or some were taken out, or
/// both at once.
///
/// A version is taken out by naming the records that brought it. So if two branches each replace a version, both
/// new versions are live after the merge, whatever their clocks said; and a version that one branch brought back
/// is not taken out by the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Name of the environment.
    pub environment: String,
    /// Name of the service.
    pub service: String,
    /// Version that is live from now on, if one came.
    pub starts: Option<String>,
    /// Checksums of the records whose versions are no longer live.
    pub ends: Vec<ContentHash>,
    /// All versions that are live after this change, as far as the writer knew. For people only; the gate does
    /// not read it.
    pub live: Vec<String>,
    /// Time of the change.
    pub at: Timestamp,
}

impl Publication {
    /// Builds the publication of all pacts among `found` that the consumer holds.
    pub fn of(found: &[FoundPact], consumer: &str, version: &str, at: Timestamp) -> Self {
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

    /// Providers, each with the content of a pact with it.
    pub fn held(&self) -> impl Iterator<Item = (&str, &ContentHash)> {
        self.pacts.iter().map(|pact| (pact.provider.as_str(), &pact.pact))
    }
}

impl Record {
    /// Checksum of the record. Its first digits are part of the file's name.
    pub fn id(&self) -> ContentHash {
        // A struct of text and numbers always has a JSON form.
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        ContentHash::of(&bytes)
    }

    /// Path of the record's file in the ledger's folder, such as `verification/orders/20261121T120000Z-0123.json`.
    /// `id` is the record's checksum.
    pub(crate) fn file(&self, id: &ContentHash) -> PathBuf {
        let time = self.at().strftime("%Y%m%dT%H%M%SZ");
        let folder = Path::new(self.kind()).join(folder_name(self.service()));
        folder.join(format!("{time}-{}.json", id.short()))
    }

    /// Name of the folder for records of its kind.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Publication(_) => PUBLICATION,
            Self::Verification(_) => VERIFICATION,
            Self::Deployment(_) => DEPLOYMENT,
        }
    }

    /// Service that the record is filed under.
    pub(super) fn service(&self) -> &str {
        match self {
            Self::Publication(publication) => &publication.consumer,
            Self::Verification(verification) => &verification.provider,
            Self::Deployment(deployment) => &deployment.service,
        }
    }

    /// Time of the event.
    pub(super) fn at(&self) -> Timestamp {
        match self {
            Self::Publication(publication) => publication.at,
            Self::Verification(verification) => verification.at,
            Self::Deployment(deployment) => deployment.at,
        }
    }

    /// Refuses a record that says something impossible.
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
                    VerificationResult::Passed => some_interactions(&it.provider, it.interactions),
                    VerificationResult::Failed => Ok(()),
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
