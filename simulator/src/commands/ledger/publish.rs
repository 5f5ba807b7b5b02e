use std::{collections::BTreeSet, iter::repeat};

use clap::Args;
use jiff::Timestamp;
use ledger::{
    records::{Publication, Record, Records},
    source::{FoundPact, Source},
};
use serde_json::json;

use super::{Command, CommandError, args::LedgerArgs, record_deployment::or_none};
use crate::{commands::arguments::VersionArg, exit};

/// Arguments of `seam publish`.
#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// The consumer; left out, every consumer that has a pact
    service: Option<String>,
    #[command(flatten)]
    version: VersionArg,
    /// Confirm that this service holds no pact, since it calls nobody
    #[arg(long, requires = "service")]
    calls_nobody: bool,
    #[command(flatten)]
    args: LedgerArgs,
}

impl Command for PublishArgs {
    const NAME: &'static str = "publish";

    fn run(&self) -> Result<(String, u8), CommandError> {
        let source = Source::Folder(self.args.pacts.clone());
        let found = source.read()?;
        let consumers = self.consumers(&found, &source)?;
        check_judged(&found, &consumers)?;
        let version = self.version.or_revision(&self.args.ledger())?;
        let (records, at) = (self.args.ledger().read()?, Timestamp::now());
        let publications: Vec<Publication> = consumers
            .into_iter()
            .map(|consumer| Publication::of(&found, consumer, &version, at))
            .collect();
        for publication in &publications {
            check_content(&records, publication)?;
        }
        let is_new = |publication: &Publication| records.held(&publication.consumer, &version).is_none();
        let (new, known): (Vec<Publication>, Vec<Publication>) = publications.into_iter().partition(is_new);
        let batch: Vec<Record> = new.iter().cloned().map(Record::Publication).collect();
        let files = self.args.ledger().append_all(&batch)?;
        let files = files.iter().map(|file| Some(file.display().to_string()));
        let mut told: Vec<Told> = new
            .into_iter()
            .zip(files)
            .chain(known.into_iter().zip(repeat(None)))
            .collect();
        told.sort_by(|(one, _), (other, _)| one.consumer.cmp(&other.consumer));
        Ok((self.said(&told), exit::PASS))
    }
}

/// A publication that is in the ledger now, with its file if it is new.
type Told = (Publication, Option<String>);

impl PublishArgs {
    fn said(&self, told: &[Told]) -> String {
        if self.args.json {
            let facts = told.iter().map(|(publication, file)| {
                let Publication { consumer, version, .. } = publication;
                json!({ "consumer": consumer, "version": version, "pacts": publication.pacts.len(), "recorded": file })
            });
            return json!({ "published": facts.collect::<Vec<_>>() }).to_string();
        }
        let lines = told.iter().map(|(publication, file)| {
            let Publication { consumer, version, .. } = publication;
            let place = file.as_ref().map_or_else(
                || "already in the ledger".to_owned(),
                |file| format!("recorded in {file}; commit it"),
            );
            format!("{consumer} {version} holds {} pacts; {place}", publication.pacts.len())
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn consumers<'a>(&'a self, found: &'a [FoundPact], source: &Source) -> Result<BTreeSet<&'a str>, CommandError> {
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
                known: or_none(&known.into_iter().collect::<Vec<_>>()),
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

/// Refuses pacts that `seam verify` can't judge: nothing that is live could ever be shown to keep them.
fn check_judged(found: &[FoundPact], consumers: &BTreeSet<&str>) -> Result<(), CommandError> {
    let published = found.iter().filter(|pact| consumers.contains(pact.document.consumer()));
    for pact in published {
        if let Some(part) = pact.document.unjudged().into_iter().next() {
            let file = pact.file.clone();
            return Err(CommandError::NotJudged { file, part });
        }
    }
    Ok(())
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
