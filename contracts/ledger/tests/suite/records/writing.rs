//! Records that are written and read back.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use ledger::records::{Record, VerificationResult};
use serde_json::Value;

use super::{ledger, replaced};
use crate::samples::{at, holds, verified};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(path);
        }
    }
    all.sort();
    all
}

#[test]
fn what_is_appended_reads_back_and_a_folder_that_is_not_there_is_a_ledger_without_records() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    assert_eq!(ledger.read().unwrap(), [].into_iter().collect());

    let records = [
        Record::Publication(holds("storefront", "a b", &[("orders", 1)])),
        Record::Verification(verified("orders", "1.0", "storefront", 1, VerificationResult::Passed)),
        Record::Deployment(replaced(&ledger, "orders", "1.0", 3)),
    ];
    for record in &records {
        ledger.append(record).unwrap();
    }
    let read = ledger.read().unwrap();
    let mut wanted: Vec<&Record> = records.iter().collect();
    wanted.sort_by_key(|record| record.id());
    assert_eq!(read, records.iter().cloned().collect());
}

#[test]
fn a_record_is_filed_by_kind_service_time_and_content_and_the_same_one_is_one_file() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    let mut record = verified("../or ders", "1", "storefront", 1, VerificationResult::Passed);
    let file = ledger.record_verification(record.clone()).unwrap();
    assert_eq!(ledger.record_verification(record.clone()).unwrap(), file);

    let id = Record::Verification(record.clone()).id();
    let wanted = format!("verification/%2E.%2For%20ders/20270115T080000Z-{}.json", id.short());
    assert_eq!(file, ledger.folder().join(wanted));
    assert_eq!(files(ledger.folder()), [file]);
    record.at = at(1);
    ledger.record_verification(record).unwrap();
    assert_eq!(files(ledger.folder()).len(), 2);
}

#[test]
fn a_record_that_was_edited_by_hand_is_refused_by_its_file_with_what_to_do() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    let record = verified("orders", "1", "storefront", 1, VerificationResult::Failed);
    let file = ledger.record_verification(record.clone()).unwrap();
    let text = fs::read_to_string(&file).unwrap();

    fs::write(&file, text.replace("failed", "passed")).unwrap();
    let said = ledger.read().unwrap_err().to_string();
    let name = file.display().to_string();
    assert!(
        said.starts_with(&format!("{name} was changed after it was written: its checksum is ")),
        "{said}"
    );
    assert!(
        said.contains(&format!(
            "restore it with `git checkout -- {name}`, and append another record"
        )),
        "{said}"
    );
    let said = ledger.record_verification(record).unwrap_err().to_string();
    assert!(
        said.contains("was changed after it was written"),
        "nor is it overwritten: {said}"
    );

    let respelt: Value = serde_json::from_str(&text).unwrap();
    fs::write(&file, respelt.to_string()).unwrap();
    assert!(ledger.read().is_ok(), "how it is laid out does not matter");
}

#[test]
fn a_file_that_is_cut_off_or_no_record_is_refused_by_its_name() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    let record = verified("orders", "1", "storefront", 1, VerificationResult::Passed);
    let file = ledger.record_verification(record).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    for other in [
        &text[..text.len() / 2],
        "",
        "[]",
        &text.replace("\"tool\"", "\"tools\""),
    ] {
        fs::write(&file, other).unwrap();
        let said = ledger.read().unwrap_err().to_string();
        assert!(
            said.starts_with(&format!("{} is not a record of the ledger: ", file.display())),
            "{said}"
        );
    }
}

#[test]
fn a_record_that_was_moved_is_refused_with_the_folder_it_belongs_to() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    let file = ledger
        .record_verification(verified("orders", "1", "storefront", 1, VerificationResult::Failed))
        .unwrap();
    let elsewhere = ledger.folder().join("verification/payments");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::rename(&file, elsewhere.join(file.file_name().unwrap())).unwrap();

    let said = ledger.read().unwrap_err().to_string();
    let wanted = format!("put it back into {}", file.parent().unwrap().display());
    assert!(
        said.contains("lies in the wrong folder") && said.ends_with(&wanted),
        "{said}"
    );
}

#[test]
fn what_can_not_be_is_refused_and_nothing_is_written() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    let sound = verified("orders", "1", "storefront", 1, VerificationResult::Passed);
    let mut vacuous = sound.clone();
    vacuous.interactions = 0;
    let mut nameless = sound.clone();
    nameless.version = " ".to_owned();
    let mut broken = sound;
    broken.provider = "or\nders".to_owned();

    for (record, wanted) in [
        (
            vacuous,
            "interactions is 0 in a pact with orders; wanted at least 1; a pact without interactions promises nothing",
        ),
        (
            nameless,
            "version is \" \"; wanted text on one line that is not empty; nothing was recorded",
        ),
        (broken, "provider is \"or\\nders\"; wanted text on one line"),
    ] {
        let said = ledger.record_verification(record).unwrap_err().to_string();
        assert!(said.contains(wanted), "{said}");
    }
    assert!(!ledger.folder().exists());
}

#[test]
fn a_pact_without_interactions_is_not_published_and_a_version_without_a_name_not_deployed() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    let mut vacuous = holds("storefront", "1", &[("orders", 1)]);
    vacuous.pacts[0].interactions = 0;
    let mut nameless = replaced(&ledger, "orders", "1", 3);
    nameless.starts = Some("  ".to_owned());

    for (record, wanted) in [
        (
            Record::Publication(vacuous),
            "interactions is 0 in a pact with orders; wanted at least 1",
        ),
        (
            Record::Deployment(nameless),
            "version is \"  \"; wanted text on one line that is not empty",
        ),
    ] {
        let said = ledger.append(&record).unwrap_err().to_string();
        assert!(said.contains(wanted), "{said}");
    }
    assert!(!ledger.folder().exists());
}

#[test]
fn a_record_that_somebody_edited_is_not_taken_for_the_same_one() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    let record = verified("orders", "1", "storefront", 1, VerificationResult::Passed);
    let file = ledger.record_verification(record.clone()).unwrap();
    let edited = fs::read_to_string(&file).unwrap().replace("storefront", "storehouse");
    fs::write(&file, &edited).unwrap();

    let said = ledger.append(&Record::Verification(record)).unwrap_err().to_string();

    assert!(said.contains("checksum"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), edited);
}

#[test]
fn a_verification_that_is_recorded_twice_follows_what_it_followed_at_first_and_is_one_file() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    let one = |second: i64, result: VerificationResult| {
        let mut one = verified("orders", "1", "storefront", 1, result);
        one.at = at(second);
        one
    };
    ledger.record_verification(one(1, VerificationResult::Failed)).unwrap();
    let second = ledger.record_verification(one(2, VerificationResult::Passed)).unwrap();

    assert_eq!(
        ledger.record_verification(one(2, VerificationResult::Passed)).unwrap(),
        second
    );

    assert_eq!(ledger.read().unwrap().verifications().len(), 2);
}

#[test]
fn one_impossible_record_anywhere_among_many_keeps_all_of_them_out() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    let sound = |second: i64| {
        let mut sound = verified("orders", "1", "storefront", 1, VerificationResult::Passed);
        sound.at = at(second);
        Record::Verification(sound)
    };
    let mut vacuous = verified("orders", "1", "storefront", 1, VerificationResult::Passed);
    vacuous.interactions = 0;
    for place in 0..3 {
        let mut records = vec![sound(1), sound(2)];
        records.insert(place, Record::Verification(vacuous.clone()));
        let said = ledger.append_all(&records).unwrap_err().to_string();
        assert!(said.contains("interactions is 0"), "at {place}: {said}");
        assert!(!ledger.folder().exists(), "at {place}");
    }
}

#[test]
fn a_verification_follows_those_of_its_version_and_pact_that_the_ledger_has() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    let one = |pact: u64, second: i64, result: VerificationResult| {
        let mut one = verified("orders", "1", "storefront", pact, result);
        one.at = at(second);
        one
    };
    let follows = |second: i64| {
        let records = ledger.read().unwrap();
        let mut found = records.verifications().filter(|one| one.at == at(second));
        let (one, none) = (found.next().unwrap().clone(), found.next());
        assert_eq!(none, None);
        (Record::Verification(one.clone()).id(), one.follows)
    };
    // Two of one call, neither of which is the later one; and one of another pact.
    let together = vec![
        one(1, 7200, VerificationResult::Failed),
        one(1, 1, VerificationResult::Passed),
    ];
    ledger.record_verifications(together).unwrap();
    ledger
        .record_verification(one(2, 2, VerificationResult::Failed))
        .unwrap();
    assert!(follows(7200).1.is_empty() && follows(1).1.is_empty() && follows(2).1.is_empty());

    ledger
        .record_verification(one(1, 3, VerificationResult::Passed))
        .unwrap();
    let mut both = vec![follows(7200).0, follows(1).0];
    both.sort();
    assert_eq!(follows(3).1, both);
    ledger
        .record_verification(one(1, 4, VerificationResult::Passed))
        .unwrap();
    assert_eq!(
        follows(4).1,
        [follows(3).0],
        "it names no more than those that nobody named"
    );
}

#[test]
fn the_results_of_several_providers_each_follow_what_the_ledger_has_of_their_own() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    let of = |result: VerificationResult, second: i64| {
        let each = ["orders", "payments", "inventory"].map(|provider| {
            let mut one = verified(provider, "1", "storefront", 1, result);
            one.at = at(second);
            one
        });
        ledger.record_verifications(each.into()).unwrap()
    };
    of(VerificationResult::Failed, 1);
    of(VerificationResult::Passed, 2);

    let records = ledger.read().unwrap();
    let passes: Vec<_> = records.verifications().filter(|one| one.at == at(2)).collect();
    assert_eq!(passes.len(), 3);
    for pass in passes {
        assert_eq!(
            pass.follows.len(),
            1,
            "a failure that nobody replaces would count for ever: {pass:?}"
        );
    }
}

#[test]
fn a_record_that_can_not_be_written_leaves_nothing_behind() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    fs::create_dir_all(ledger.folder()).unwrap();
    fs::write(ledger.folder().join("verification"), "a file where a folder must be").unwrap();

    let record = verified("orders", "1", "storefront", 1, VerificationResult::Passed);
    let said = ledger.record_verification(record).unwrap_err().to_string();
    assert!(
        said.starts_with("cannot write ") && said.ends_with("nothing was recorded"),
        "{said}"
    );
    assert_eq!(files(ledger.folder()).len(), 1);
}

#[test]
fn who_reads_while_others_write_never_sees_half_a_record() {
    const EACH: i64 = 60;
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..3i64)
            .map(|writer| {
                let ledger = &ledger;
                scope.spawn(move || {
                    for second in 0..EACH {
                        let mut record = verified("orders", &writer.to_string(), "c", 1, VerificationResult::Passed);
                        record.at = at(second);
                        ledger.record_verification(record).unwrap();
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                ledger.read().unwrap();
            }
        });
        for writer in writers {
            writer.join().unwrap();
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(ledger.read().unwrap().verifications().len(), 180);
    assert!(
        files(ledger.folder())
            .iter()
            .all(|file| file.extension().unwrap() == "json"),
        "no draft is left"
    );
}

#[test]
fn a_draft_that_a_killed_writer_left_is_not_read() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    let record = verified("orders", "1", "storefront", 1, VerificationResult::Passed);
    let file = ledger.record_verification(record).unwrap();
    fs::write(file.with_file_name(".123-0.draft"), "{\"check").unwrap();
    assert_eq!(ledger.read().unwrap().verifications().len(), 1);
}
