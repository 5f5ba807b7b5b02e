//! Commands that answers print.

use std::path::Path;

use super::{Need, pacts_at::PactsAt};

/// Folder of pacts that the commands use by default.
const DEFAULT_FOLDER: &str = "pacts";

impl Need {
    /// Shell command that makes the change, or records that it was made, in the ledger of the folder `pacts`.
    ///
    /// A verification or a publication is true only if the command runs in a checkout of the version that it
    /// names; the text of the need says so.
    pub fn command(&self, pacts: &Path) -> String {
        let folder = pacts.display().to_string();
        let mut words: Vec<&str> = vec!["seam"];
        let place = match self {
            Self::Passed {
                provider, consumers, ..
            } => {
                words.extend(["verify", &provider.service, "--version", &provider.version, "--record"]);
                verifying(PactsAt::of_any(consumers, provider), &folder)
            }
            Self::SomethingToCheck { who } => {
                words.extend(["verify", &who.service, "--version", &who.version, "--record"]);
                verifying(PactsAt::Here, &folder)
            }
            Self::ProviderLive {
                provider,
                candidate: None,
                consumers,
                ..
            } => {
                words.extend(["verify", provider, "--record"]);
                verifying(PactsAt::of_all(consumers), &folder)
            }
            Self::ProviderLive {
                provider,
                environment,
                candidate: Some(version),
                ..
            } => {
                words.extend(["record-deployment", provider, "--version", version, "--to", environment]);
                in_folder(&folder)
            }
            Self::ConsumerOut {
                consumer: who,
                environment,
                ..
            } => {
                words.extend(["record-undeployment", &who.service, "--version", &who.version]);
                words.extend(["--from", environment]);
                in_folder(&folder)
            }
            Self::Published { who, .. } => {
                words.extend(["publish", &who.service, "--version", &who.version]);
                in_folder(&folder)
            }
            Self::LiveBefore { who, environment } => {
                words.extend(["can-i-deploy", &who.service, "--version", &who.version]);
                words.extend(["--to", environment]);
                in_folder(&folder)
            }
        };
        words.extend(place.iter().map(String::as_str));
        quoted(&words)
    }
}

/// Options of `seam verify` for pacts at `place` and a ledger in `folder`.
fn verifying(place: PactsAt<'_>, folder: &str) -> Vec<String> {
    let mut options = Vec::new();
    match place {
        PactsAt::Revision(revision) => options.extend(["--pacts".to_owned(), format!("git:{revision}:{folder}")]),
        PactsAt::Here | PactsAt::Elsewhere => options.extend(in_folder(folder)),
    }
    if folder != DEFAULT_FOLDER {
        options.extend(["--ledger".to_owned(), folder.to_owned()]);
    }
    options
}

/// Option that names the folder of pacts; empty for the default folder.
fn in_folder(folder: &str) -> Vec<String> {
    if folder == DEFAULT_FOLDER {
        Vec::new()
    } else {
        vec!["--pacts".to_owned(), folder.to_owned()]
    }
}

/// Joins words to a line that a shell splits into the same words.
fn quoted(words: &[&str]) -> String {
    // Only a NUL can't be quoted, and neither a record nor an argument of a program can hold one.
    shlex::try_join(words.iter().copied()).unwrap_or_else(|_| words.join(" "))
}
