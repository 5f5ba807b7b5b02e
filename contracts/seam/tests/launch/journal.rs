//! Journals: what survives a crash, and what is refused.

use std::{
    fs,
    io::Write,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use seam::{
    chance,
    launch::{Entry, FileJournal, Fixed, Journal, Launch, Side, Stage},
};
use serde_json::json;

use crate::samples::{Bank, Module, Till, Vault, all_in};

fn entry(payment: &str) -> Entry {
    Entry {
        id: chance::id(),
        method: "pay".to_owned(),
        key: Some("c".to_owned()),
        first: Side::Control,
        call: json!({ "pay": { "customer": "c", "payment": payment, "cents": 455 } }),
        answered: false,
        effects: Vec::new(),
    }
}

/// Polls until the journal says so, since its notes are not waited for.
async fn until(holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "the journal does not get there"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Opens the journal when its former owner has let it go.
async fn opened(file: &Path) -> FileJournal {
    let begun = Instant::now();
    loop {
        match FileJournal::open(file) {
            Ok(journal) => return journal,
            Err(refused) => assert!(begun.elapsed() < Duration::from_secs(20), "{refused}"),
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn entries_survive_in_order_until_they_are_done() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal");
    let journal = FileJournal::open(&file).unwrap();
    let entries: Vec<Entry> = (0..5).map(|payment| entry(&payment.to_string())).collect();
    for entry in &entries {
        journal.begin(entry.clone()).await.unwrap();
    }
    journal.ended(entries[1].id, true, Vec::new());
    journal.done(entries[2].id);
    assert_eq!(journal.pending().len(), 4, "a note holds before it is written");
    let wanted = journal.pending();
    let order: Vec<_> = wanted.iter().map(|left| (left.id, left.answered)).collect();
    let other = [0, 3, 4].map(|at| (entries[at].id, false));
    assert_eq!(
        order,
        [&other[..], &[(entries[1].id, true)]].concat(),
        "what ended stands where it did"
    );
    drop(journal);

    let journal = opened(&file).await;
    assert_eq!(journal.pending(), wanted);
    assert_eq!(
        fs::read_to_string(&file).unwrap().lines().count(),
        4,
        "what is done is gone from the file"
    );
}

#[tokio::test]
async fn a_line_cut_short_by_a_crash_is_left_out_and_a_damaged_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal");
    let journal = FileJournal::open(&file).unwrap();
    journal.begin(entry("p")).await.unwrap();
    let whole = fs::read_to_string(&file).unwrap();
    drop(journal);
    fs::OpenOptions::new()
        .append(true)
        .open(&file)
        .unwrap()
        .write_all(b"{\"begin\":{\"id\"")
        .unwrap();
    let journal = opened(&file).await;
    assert_eq!(journal.pending().len(), 1);
    journal.begin(entry("q")).await.unwrap();
    drop(journal);
    assert_eq!(opened(&file).await.pending().len(), 2, "later lines stand on their own");

    let damaged = folder.path().join("damaged");
    fs::write(&damaged, format!("{{\"begin\"\n{whole}")).unwrap();
    let refused = FileJournal::open(&damaged).unwrap_err().to_string();
    assert!(
        refused.contains("line 1 can't be read") && refused.contains("damaged:"),
        "{refused}"
    );
    assert!(
        fs::read_to_string(&damaged).unwrap().ends_with(&whole),
        "what is refused is left as it is"
    );
}

#[tokio::test]
async fn a_journal_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal");
    let journal = FileJournal::open(&file).unwrap();
    let refused = FileJournal::open(&file).unwrap_err().to_string();
    assert!(refused.contains("another launch holds this file"), "{refused}");
    drop(journal);
}

#[tokio::test]
async fn many_entries_at_once_are_all_durable() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal");
    let journal = FileJournal::open(&file).unwrap();
    let entries: Vec<Entry> = (0..200).map(|payment| entry(&payment.to_string())).collect();
    let begun = entries.iter().map(|entry| journal.begin(entry.clone()));
    for begun in futures::future::join_all(begun).await {
        begun.unwrap();
    }
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 200);
    assert_eq!(journal.pending().len(), 200);
}

/// The process ends after the control wrote and before the candidate did. The next process has the journal alone.
#[tokio::test]
async fn a_write_survives_a_crash_between_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal");
    let bank = Arc::new(Vault::default());
    let control = Module::new(Arc::clone(&bank) as Arc<dyn Bank>);
    let before = FileJournal::open(&file).unwrap();
    let begun = entry("p");
    before.begin(begun.clone()).await.unwrap();
    control.pay("c".into(), "p".into(), 455).await.unwrap();
    before.ended(begun.id, true, Vec::new());
    until(|| before.pending()[0].answered).await;
    drop(before);

    let journal = Arc::new(opened(&file).await);
    let mut candidate = None;
    let entrusted = seam::launch::Entrusted::<dyn Bank>::new(Box::new(Vault::default()), Arc::new(Vault::default()));
    let pair = seam::launch::Isolated::<dyn Till>::pair(
        |_| control.clone(),
        |doors| candidate.insert(Module::new(doors.to(&entrusted))).clone(),
    );
    let setup = Launch::isolated(pair, Arc::clone(&journal) as Arc<dyn Journal>).unwrap();
    let source = Fixed::new(all_in(Stage::Off, Stage::Shadow));
    let launch = setup.begin("till", Arc::new(source)).unwrap();
    let candidate = candidate.unwrap();
    assert_eq!((launch.pending().len(), candidate.payments().len()), (1, 0));

    // A later write of the key must not overtake it.
    launch.service().pay("c".into(), "q".into(), 1).await.unwrap();
    until(|| launch.observations().len() == 1).await;
    assert_eq!(candidate.payments().len(), 0);
    assert_eq!(launch.repair().await.done, 2);
    until(|| launch.pending().is_empty()).await;
    assert_eq!(*candidate.payments().keys().collect::<Vec<_>>(), ["p", "q"]);
}
