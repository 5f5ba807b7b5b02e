//! `seam verify`: brings providers up, verifies them against their pacts, and gives the result in the forms that are
//! wanted.

mod args;
mod attempt;
mod broker;
mod record;

pub(crate) use args::VerifyArgs;
use attempt::attempt;
use broker::Fetched;
use ledger::records::Ledger;
use verifier::{
    Selection, Verdict, Verification,
    mutate::{Mutation, mutate},
    report,
};

use super::output;
use crate::exit;

/// Runs `seam verify` and returns the exit code, one of [`crate::exit`].
pub(crate) async fn run(args: VerifyArgs) -> u8 {
    match whole(&args).await {
        Ok(code) => code,
        Err(error) => output::could_not_run("verify", &error),
    }
}

async fn whole(args: &VerifyArgs) -> Result<u8, String> {
    let version = version(args)?;
    let fetched = args.broker.fetch(args.pacts.service.as_deref()).await?;
    let selections = select(args, fetched.as_ref())?;
    let verifications = attempt(args, version.as_deref(), &selections).await?;
    let mutations = match args.html {
        Some(_) => strength(&selections).await,
        None => Vec::new(),
    };
    tell(args, &verifications, &mutations)?;
    if let (true, Some(version)) = (args.record, &version) {
        let files = record::record(&verifications, version, &Ledger::of_pacts(&args.ledger))?;
        let ledger = args.ledger.join("ledger");
        output::note(&format!(
            "{} results are recorded in {}; commit them",
            files.len(),
            ledger.display()
        ));
    }
    if let (true, Some(fetched), Some(version)) = (args.broker.publish, &fetched, &version) {
        fetched.publish(&verifications, version).await?;
    }
    Ok(exit_code(&verifications))
}

/// The provider's version: a result that is recorded or published has to have one, a report may.
fn version(args: &VerifyArgs) -> Result<Option<String>, String> {
    if !args.record && !args.broker.publish {
        return Ok(args.version.given().map(str::to_owned));
    }
    let version = args.version.or_revision(&Ledger::of_pacts(&args.ledger));
    version.map(Some).map_err(|error| error.to_string())
}

fn select(args: &VerifyArgs, fetched: Option<&Fetched>) -> Result<Vec<Selection>, String> {
    match fetched {
        Some(fetched) => Ok(vec![fetched.select(args.filter())]),
        None => args.pacts.selections(&args.filter()),
    }
}

/// The strength of the pacts that can be verified: the HTML page shows it beside the result.
async fn strength(selections: &[Selection]) -> Vec<Mutation> {
    let mut mutations = Vec::new();
    for selection in selections.iter().filter(|selection| !selection.has_problems()) {
        mutations.push(mutate(selection).await);
    }
    mutations
}

/// Gives the result in every form that is wanted.
fn tell(args: &VerifyArgs, verifications: &[Verification], mutations: &[Mutation]) -> Result<(), String> {
    if let Some(file) = &args.junit {
        output::write(file, &report::junit(verifications))?;
    }
    if let Some(file) = &args.html {
        output::write(file, &report::html(verifications, mutations))?;
    }
    output::print(&if args.json {
        format!("{:#}\n", report::json(verifications))
    } else {
        verifications.iter().map(report::text).collect::<Vec<_>>().join("\n")
    })
    .map(drop)
}

/// The code for the worst verdict. A "no" is one whatever else could not be run; no verification at all proves
/// nothing.
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
