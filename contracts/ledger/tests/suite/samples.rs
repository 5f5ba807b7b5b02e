//! Short builders of records.

use jiff::Timestamp;
use ledger::{
    document::ContentHash,
    records::{Publication, PublishedPact, Verification, VerificationResult},
};

/// Time of this many seconds after the beginning of all tests.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// A hash that is told from others by its first digits.
pub(crate) fn hash(number: u64) -> ContentHash {
    format!("{number:08x}{}", "0".repeat(56)).parse().unwrap()
}

/// A version of a consumer holds these pacts of two interactions.
pub(crate) fn holds(consumer: &str, version: &str, pacts: &[(&str, u64)]) -> Publication {
    let pacts = pacts.iter().map(|(provider, number)| PublishedPact {
        provider: (*provider).to_owned(),
        pact: hash(*number),
        interactions: 2,
    });
    Publication {
        consumer: consumer.to_owned(),
        version: version.to_owned(),
        pacts: pacts.collect(),
        at: at(0),
    }
}

/// A version of a provider was verified against a pact of two interactions.
pub(crate) fn verified(
    provider: &str,
    version: &str,
    consumer: &str,
    pact: u64,
    result: VerificationResult,
) -> Verification {
    Verification {
        provider: provider.to_owned(),
        version: version.to_owned(),
        consumer: consumer.to_owned(),
        pact: hash(pact),
        interactions: 2,
        result,
        at: at(0),
        tool: "seam 0.1.0".to_owned(),
        follows: Vec::new(),
    }
}
