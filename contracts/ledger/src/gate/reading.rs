//! Selection of the records that a question depends on.

use std::collections::BTreeSet;

use super::ServiceVersion;
use crate::records::{Ledger, LedgerError, Records};

/// Reads the records that an answer about these versions depends on: all publications and deployments, and the
/// verifications of [`providers_that_matter`].
///
/// The gate gives the same answer with them as with the whole ledger. Other records are not read, so that a
/// broken one among them is not noticed.
///
/// # Errors
/// Those of [`Ledger::read`].
pub fn read(ledger: &Ledger, changes: &[ServiceVersion], environment: &str) -> Result<Records, LedgerError> {
    let mut records = ledger.read_without_verifications()?;
    for provider in providers_that_matter(&records, changes, environment) {
        ledger.add_verifications(&mut records, &provider)?;
    }
    Ok(records)
}

/// Providers whose verifications an answer about these versions can depend on: the services that change and those
/// that they call. For a called service that is not live, also those that it calls, since a version of it may be
/// proposed.
pub fn providers_that_matter(records: &Records, changes: &[ServiceVersion], environment: &str) -> BTreeSet<String> {
    let changed: BTreeSet<&str> = changes.iter().map(|change| change.service.as_str()).collect();
    let called = called_by(records, &changed);
    let live: BTreeSet<&str> = records.live().all(environment).map(|(service, _)| service).collect();
    let absent: BTreeSet<&str> = called.difference(&live).copied().collect();
    let called_by_absent = called_by(records, &absent);
    let all = changed.into_iter().chain(called).chain(called_by_absent);
    all.map(str::to_owned).collect()
}

/// Providers that any version of these consumers calls.
fn called_by<'a>(records: &'a Records, consumers: &BTreeSet<&str>) -> BTreeSet<&'a str> {
    let publications = records.publications().iter();
    publications
        .filter(|publication| consumers.contains(publication.consumer.as_str()))
        .flat_map(|publication| &publication.pacts)
        .map(|pact| pact.provider.as_str())
        .collect()
}
