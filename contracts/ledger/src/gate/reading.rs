//! Which records a question is about.

use std::collections::BTreeSet;

use super::ServiceVersion;
use crate::records::{Ledger, LedgerError, Records};

/// Reads what an answer about these versions depends on: all that was published and deployed, and the verifications of
/// [`providers_that_matter`]. The answer is that of the whole ledger; a record that it does not depend on is not looked at, not even whether it
/// is sound.
///
/// # Errors
/// As [`Ledger::read`].
pub fn read(ledger: &Ledger, changes: &[ServiceVersion], environment: &str) -> Result<Records, LedgerError> {
    let mut records = ledger.read_without_verifications()?;
    for provider in providers_that_matter(&records, changes, environment) {
        ledger.add_verifications(&mut records, &provider)?;
    }
    Ok(records)
}

/// The providers whose verifications an answer about these versions can depend on: they themselves, and whom they call. Where one of those
/// is not live, whom it calls too: a version of it may be proposed.
pub fn providers_that_matter(records: &Records, changes: &[ServiceVersion], environment: &str) -> BTreeSet<String> {
    let changed: BTreeSet<&str> = changes.iter().map(|change| change.service.as_str()).collect();
    let called = called_by(records, &changed);
    let live: BTreeSet<&str> = records.live().all(environment).map(|(service, _)| service).collect();
    let absent: BTreeSet<&str> = called.difference(&live).copied().collect();
    let called_by_absent = called_by(records, &absent);
    let all = changed.into_iter().chain(called).chain(called_by_absent);
    all.map(str::to_owned).collect()
}

/// Whom any version of these calls.
fn called_by<'a>(records: &'a Records, consumers: &BTreeSet<&str>) -> BTreeSet<&'a str> {
    let publications = records.publications().iter();
    publications
        .filter(|publication| consumers.contains(publication.consumer.as_str()))
        .flat_map(|publication| &publication.pacts)
        .map(|pact| pact.provider.as_str())
        .collect()
}
