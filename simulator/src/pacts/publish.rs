use std::collections::BTreeSet;

use clap::Args;
use jiff::Timestamp;
use pacts::{
    ledger::{Publication, Records},
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
        let (records, at) = (self.place.ledger().read()?, Timestamp::now());
        let publications: Vec<Publication> = consumers
            .into_iter()
            .map(|consumer| Publication::of(&found, consumer, &version, at))
            .collect();
        for publication in &publications {
            check_content(&records, publication)?;
        }
        let mut lines = Vec::new();
        let mut facts = Vec::new();
        for publication in publications {
            let (consumer, pacts) = (publication.consumer.clone(), publication.pacts.len());
            let file = match records.held(&consumer, &version) {
                Some(_) => None,
                None => Some(
                    self.place
                        .ledger()
                        .record_publication(publication)?
                        .display()
                        .to_string(),
                ),
            };
            let place = file.as_ref().map_or_else(
                || "already in the ledger".to_owned(),
                |file| format!("recorded in {file}; commit it"),
            );
            lines.push(format!("{consumer} {version} holds {pacts} pacts; {place}"));
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

/// Refuses a version that has held other pacts: from then on it would have to keep both.
fn check_content(records: &Records, publication: &Publication) -> Result<(), CommandError> {
    let Publication { consumer, version, .. } = publication;
    match records.held(consumer, version) {
        Some(before) if before != publication.held().collect() => Err(CommandError::OtherContent {
            consumer: consumer.clone(),
            version: version.clone(),
        }),
        _ => Ok(()),
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
