//! The committed pacts protect most of the fields that consumers read.

use std::{collections::BTreeSet, path::Path};

use ledger::source::Source;
use verifier::{Filter, Selection, mutate::mutate, report};

/// The least score of every pair, in percent.
const WANTED: u8 = 95;

#[tokio::test]
async fn every_committed_pact_notices_95_percent_of_the_changes_in_what_its_consumer_reads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pacts");
    let pacts = Source::Folder(folder).read().unwrap();
    let providers: BTreeSet<&str> = pacts.iter().map(|pact| pact.document.provider()).collect();
    let mut mutations = Vec::new();
    for provider in providers {
        mutations.push(mutate(&Selection::new(provider, &pacts, Filter::default(), "pacts")).await);
    }

    let judged: usize = mutations.iter().map(|mutation| mutation.pairs.len()).sum();
    let said = report::strength_text(&mutations);
    println!("{said}");
    assert_eq!(judged, pacts.len(), "{said}");
    for pair in mutations.iter().flat_map(|mutation| &mutation.pairs) {
        assert!(pair.reaches(WANTED), "{} and {}:\n{said}", pair.consumer, pair.provider);
        assert_eq!(pair.contradictions, [], "{} and {}", pair.consumer, pair.provider);
    }
}
