use std::path::PathBuf;

use jiff::Timestamp;
use ledger::records::{self, Ledger};
use verifier::{ConsumerResult, Verification};

/// The program that writes the records.
const TOOL: &str = concat!("seam ", env!("CARGO_PKG_VERSION"));

/// Appends one record for each pact of each verification that was asked in full, failed ones included. Each follows
/// the records of its version and pact that the ledger has.
///
/// # Errors
/// When the ledger can't be read or a record can't be written; then none is.
pub(super) fn record(verifications: &[Verification], version: &str, ledger: &Ledger) -> Result<Vec<PathBuf>, String> {
    let at = Timestamp::now();
    let whole = verifications.iter().filter(|verification| verification.is_whole());
    let results =
        whole.flat_map(|verification| verification.consumers.iter().map(move |result| (verification, result)));
    let record = |(verification, result): (&Verification, &ConsumerResult)| records::Verification {
        provider: verification.provider.clone(),
        version: version.to_owned(),
        consumer: result.consumer.clone(),
        pact: result.content_hash.clone(),
        interactions: result.interactions.len() as u64,
        result: if result.passed() {
            records::VerificationResult::Passed
        } else {
            records::VerificationResult::Failed
        },
        at,
        tool: TOOL.to_owned(),
        follows: Vec::new(),
    };
    let records: Vec<records::Verification> = results.map(record).collect();
    ledger.record_verifications(records).map_err(|error| error.to_string())
}
