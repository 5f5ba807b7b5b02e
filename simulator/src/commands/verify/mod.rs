//! `seam verify`: brings providers up, verifies them against their pacts, and says what came of it.

mod args;
mod broker;
mod opened;
mod record;

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    path::Path,
};

pub(crate) use args::VerifyArgs;
use broker::Fetched;
use ledger::{records::Ledger, source::Source};
use opened::Opened;
use verifier::{Filter, HttpProvider, Selection, Verdict, Verification, mutate::mutate, report, verify};

use crate::{
    backend::Folder,
    exit,
    interrupt::Interrupt,
    providers::{Providers, Stage},
};

/// Does what `seam verify` is told, and returns the exit code, one of [`crate::exit`]. Prints results to stdout, all else to stderr.
pub(crate) async fn run(args: VerifyArgs) -> u8 {
    let whole = async {
        let version = version(&args)?;
        let fetched = args.broker.fetch(args.service.as_deref()).await?;
        let selections = select(&args, fetched.as_ref())?;
        let verifications = attempt(&args, version.as_deref(), &selections).await?;
        tell(&args, &selections, &verifications).await?;
        if let (true, Some(version)) = (args.record, &version) {
            let files = record::record(&verifications, version, &Ledger::of_pacts(&args.ledger))?;
            eprintln!(
                "{} results are recorded in {}; commit them",
                files.len(),
                args.ledger.join("ledger").display()
            );
        }
        if let (true, Some(fetched), Some(version)) = (args.broker.publish, &fetched, &version) {
            fetched.publish(&verifications, version).await?;
        }
        Ok(exit_code(&verifications))
    };
    whole
        .await
        .unwrap_or_else(|error: String| exit::could_not_run("verify", &error))
}

/// The provider's version: what is recorded or published has to have one, a report may.
fn version(args: &VerifyArgs) -> Result<Option<String>, String> {
    if !args.record && !args.broker.publish {
        return Ok(args.version.given().map(str::to_owned));
    }
    let version = args.version.or_revision(&Ledger::of_pacts(&args.ledger));
    version.map(Some).map_err(|error| error.to_string())
}

async fn attempt(
    args: &VerifyArgs,
    version: Option<&str>,
    selections: &[Selection],
) -> Result<Vec<Verification>, String> {
    if let Some(url) = &args.provider_url {
        let provider = HttpProvider::new(url, args.state_url.clone(), args.message_url.clone())?;
        return running(&provider, version, selections).await;
    }
    if selections.iter().all(Selection::has_problems) {
        // Nothing will be asked, so nothing is started.
        return Ok(selections.iter().map(Selection::refused).collect());
    }
    let providers = Providers::load(&args.stage.providers).map_err(|error| error.to_string())?;
    started(args, version, &providers, selections).await
}

/// Verifies a provider that runs already; interrupted, it ends the states that it has begun.
async fn running(
    provider: &HttpProvider,
    version: Option<&str>,
    selections: &[Selection],
) -> Result<Vec<Verification>, String> {
    let mut interrupt = listen()?;
    let opened = Opened::new(provider);
    let all = async {
        let mut verifications = Vec::new();
        for selection in selections {
            verifications.push(verify(selection, &opened, version).await);
        }
        verifications
    };
    tokio::select! {
        verifications = all => return Ok(verifications),
        () = interrupt.received() => {}
    }
    let closed = tokio::select! {
        closed = opened.close() => closed,
        () = interrupt.received() => format!("interrupted again, so these states may be left: {}", opened.names()),
    };
    Err(format!("interrupted; {closed}; nothing was recorded"))
}

fn listen() -> Result<Interrupt, String> {
    Interrupt::listen().map_err(|error| format!("no signal handler: {error}"))
}

fn select(args: &VerifyArgs, fetched: Option<&Fetched>) -> Result<Vec<Selection>, String> {
    let filter = Filter {
        consumer: args.consumer.clone(),
        description: args.description.clone(),
        state: args.state.clone(),
    };
    match fetched {
        Some(fetched) => Ok(vec![fetched.select(filter)]),
        None => selections(&args.pacts, args.service.as_deref(), &filter),
    }
}

/// One selection for each provider that has pacts in `source`, or only for `service`.
///
/// # Errors
/// When the pacts can't be read.
pub(crate) fn selections(source: &str, service: Option<&str>, filter: &Filter) -> Result<Vec<Selection>, String> {
    let place: Source = source.parse().map_err(|error| format!("{error}"))?;
    let found = place.read().map_err(|error| error.to_string())?;
    let names: BTreeSet<&str> = match service {
        Some(service) => BTreeSet::from([service]),
        None if found.is_empty() => BTreeSet::from(["every provider"]),
        None => found.iter().map(|pact| pact.document.provider()).collect(),
    };
    let select = |name| Selection::new(name, &found, filter.clone(), source);
    Ok(names.into_iter().map(select).collect())
}

/// Brings the topology up, verifies, and takes it down, whatever came of it.
async fn started(
    args: &VerifyArgs,
    version: Option<&str>,
    providers: &Providers,
    selections: &[Selection],
) -> Result<Vec<Verification>, String> {
    let mut interrupt = listen()?;
    let wanted = selections.iter().filter(|selection| !selection.has_problems());
    let stage = Stage::up(&args.stage, providers, wanted.map(Selection::provider), &mut interrupt).await?;
    let verified = tokio::select! {
        verified = verify_all(version, selections, &stage) => verified,
        () = interrupt.received() => Err("interrupted; everything it started is gone".to_owned()),
    };
    let passed = verified
        .as_ref()
        .is_ok_and(|verifications| exit_code(verifications) == exit::PASS);
    stage.down(if passed { Folder::Remove } else { Folder::Keep }).await;
    verified
}

async fn verify_all(
    version: Option<&str>,
    selections: &[Selection],
    stage: &Stage<'_>,
) -> Result<Vec<Verification>, String> {
    let world = stage.world()?;
    let asker = stage.asker(&world);
    let mut verifications = Vec::new();
    for selection in selections {
        verifications.push(match stage.provider(selection.provider(), &world, &asker)? {
            Some(provider) => verify(selection, &provider, version).await,
            None => selection.refused(),
        });
    }
    Ok(verifications)
}

async fn tell(args: &VerifyArgs, selections: &[Selection], verifications: &[Verification]) -> Result<(), String> {
    let write = |place: &Path, text: String| {
        fs::write(place, text).map_err(|error| format!("the result can't be written to {}: {error}", place.display()))
    };
    if let Some(place) = &args.junit {
        write(place, report::junit(verifications))?;
    }
    if let Some(place) = &args.html {
        let mut mutations = Vec::new();
        for selection in selections.iter().filter(|selection| !selection.has_problems()) {
            mutations.push(mutate(selection).await);
        }
        write(place, report::html(verifications, &mutations))?;
    }
    let text = if args.json {
        format!("{:#}\n", report::json(verifications))
    } else {
        verifications.iter().map(report::text).collect::<Vec<_>>().join("\n")
    };
    // A reader that has gone away is no failure of the verification.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    Ok(())
}

/// A "no" is one whatever else could not be run. No verification at all proves nothing.
fn exit_code(verifications: &[Verification]) -> u8 {
    let verdicts: Vec<Verdict> = verifications.iter().map(Verification::verdict).collect();
    let order = [
        (Verdict::Fail, exit::FAIL),
        (Verdict::CouldNotRun, exit::COULD_NOT_RUN),
        (Verdict::Inconclusive, exit::INCONCLUSIVE),
        (Verdict::Pass, exit::PASS),
    ];
    let worst = order.into_iter().find(|(verdict, _)| verdicts.contains(verdict));
    worst.map_or(exit::INCONCLUSIVE, |(_, code)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_verification_at_all_proves_nothing() {
        assert_eq!(exit_code(&[]), exit::INCONCLUSIVE);
    }
}
