//! The commands that answers print.

use std::path::Path;

use super::{Need, ServiceVersion, need::list};

/// The folder that commands take by themselves.
const USUAL: &str = "pacts";

impl Need {
    /// The one command that makes the change, or records that it was made, in the ledger of the folder `pacts`. A verification or publication is
    /// true only where the version that it names is checked out; the text of the need says so.
    pub fn command(&self, pacts: &Path) -> String {
        let folder = pacts.display().to_string();
        let mut words: Vec<&str> = vec!["seam"];
        let place = match self {
            Self::Passed {
                provider, consumers, ..
            } => {
                words.extend(["verify", &provider.service, "--version", &provider.version, "--record"]);
                PactsAt::of_any(consumers, provider).options(&folder)
            }
            Self::SomethingToCheck { who } => {
                words.extend(["verify", &who.service, "--version", &who.version, "--record"]);
                PactsAt::Here.options(&folder)
            }
            Self::ProviderLive {
                provider,
                candidate: None,
                consumers,
                ..
            } => {
                words.extend(["verify", provider, "--record"]);
                PactsAt::of_all(consumers).options(&folder)
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
        let all = words.into_iter().chain(place.iter().map(String::as_str));
        all.map(word).collect::<Vec<_>>().join(" ")
    }
}

/// Where the pacts of consumers are, seen from where a version of their provider is checked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PactsAt<'a> {
    /// Among the files that are checked out.
    Here,
    /// In this revision of the repository.
    Revision(&'a str),
    /// Nobody knows: no revision is named like the consumer's version.
    Elsewhere,
}

impl<'a> PactsAt<'a> {
    /// Of consumers that hold the same pact, so that those of any one will do.
    pub(super) fn of_any(consumers: &'a [ServiceVersion], provider: &ServiceVersion) -> Self {
        if consumers.iter().any(|consumer| consumer.version == provider.version) {
            return Self::Here;
        }
        let revision = consumers.iter().find(|consumer| consumer.is_revision());
        revision.map_or(Self::Elsewhere, |consumer| Self::Revision(&consumer.version))
    }

    /// Of consumers that each hold pacts of their own.
    pub(super) fn of_all(consumers: &'a [ServiceVersion]) -> Self {
        match consumers {
            [first, rest @ ..]
                if first.is_revision() && rest.iter().all(|consumer| consumer.version == first.version) =>
            {
                Self::Revision(&first.version)
            }
            _ => Self::Elsewhere,
        }
    }

    /// What people have to see to themselves.
    pub(super) fn words(self, consumers: &[ServiceVersion]) -> String {
        match self {
            Self::Here | Self::Revision(_) => String::new(),
            Self::Elsewhere => format!(", with the pacts of {}", list(consumers)),
        }
    }

    /// What `seam verify` has to be told, where the ledger is in this folder.
    fn options(self, folder: &str) -> Vec<String> {
        let mut options = Vec::new();
        match self {
            Self::Revision(revision) => options.extend(["--pacts".to_owned(), format!("git:{revision}:{folder}")]),
            Self::Here | Self::Elsewhere => options.extend(in_folder(folder)),
        }
        if folder != USUAL {
            options.extend(["--ledger".to_owned(), folder.to_owned()]);
        }
        options
    }
}

/// The option that names the folder, where it is not the usual one.
fn in_folder(folder: &str) -> Vec<String> {
    if folder == USUAL {
        Vec::new()
    } else {
        vec!["--pacts".to_owned(), folder.to_owned()]
    }
}

/// A word as a shell takes it.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
