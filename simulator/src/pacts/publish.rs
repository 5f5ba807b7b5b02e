use std::collections::BTreeSet;

use clap::Args;
use jiff::Timestamp;
use pacts::{
    ledger::Publication,
    source::{Found, Source},
};
use serde_json::json;

use super::{Command, CommandError, place::Place, version::VersionArg};
use crate::exit;

/// What `seam publish` is told.
#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// The consumer; left out, every consumer that has a pact
    service: Option<String>,
    #[command(flatten)]
    version: VersionArg,
    /// It is right that this service holds no pact: it calls nobody
    #[arg(long, requires = "service")]
    calls_nobody: bool,
    #[command(flatten)]
    place: Place,
}

impl Command for PublishArgs {
    const NAME: &'static str = "publish";

    fn run(&self) -> Result<(String, u8), CommandError> {
        let source = Source::Folder(self.place.pacts.clone());
        let found = source.read()?;
        let consumers = self.consumers(&found, &source)?;
        let version = self.version.or_revision(&self.place.ledger())?;
        let at = Timestamp::now();
        let mut lines = Vec::new();
        let mut facts = Vec::new();
        for consumer in consumers {
            let publication = Publication::of(&found, consumer, &version, at);
            let pacts = publication.pacts.len();
            let file = self
                .place
                .ledger()
                .record_publication(publication)?
                .display()
                .to_string();
            lines.push(format!(
                "{consumer} {version} holds {pacts} pacts; recorded in {file}; commit it"
            ));
            facts.push(json!({ "consumer": consumer, "version": version, "pacts": pacts, "recorded": file }));
        }
        let text = if self.place.json {
            json!({ "published": facts }).to_string()
        } else {
            lines.join("\n")
        };
        Ok((text, exit::PASS))
    }
}

impl PublishArgs {
    fn consumers<'a>(&'a self, found: &'a [Found], source: &Source) -> Result<BTreeSet<&'a str>, CommandError> {
        let known: BTreeSet<&str> = found.iter().map(|pact| pact.document.consumer()).collect();
        let Some(consumer) = self.service.as_deref() else {
            return if known.is_empty() {
                Err(CommandError::NothingToPublish(source.to_string()))
            } else {
                Ok(known)
            };
        };
        let pacts = found.iter().filter(|pact| pact.document.consumer() == consumer).count();
        match (pacts, self.calls_nobody) {
            (0, false) => Err(CommandError::NoPacts {
                consumer: consumer.to_owned(),
                source_of_pacts: source.to_string(),
                pacts: found.len(),
                known: super::record_deployment::or_none(&known.into_iter().collect::<Vec<_>>()),
            }),
            (0, true) | (_, false) => Ok(BTreeSet::from([consumer])),
            (pacts, true) => Err(CommandError::CallsSomebody {
                consumer: consumer.to_owned(),
                source_of_pacts: source.to_string(),
                pacts,
            }),
        }
    }
}
