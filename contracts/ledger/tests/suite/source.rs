//! Sources of pacts: folders and revisions.

use ledger::{
    git::Repository,
    source::{Source, SourceError},
};
use serde_json::json;

use crate::repository::TestRepository;

/// The text of a pact between these two.
pub(crate) fn pact_text(consumer: &str, provider: &str) -> String {
    json!({
        "consumer": { "name": consumer }, "provider": { "name": provider },
        "interactions": [{ "type": "Asynchronous/Messages", "description": "d" }],
        "metadata": { "pactSpecification": { "version": "4.0" } },
    })
    .to_string()
}

fn in_git(repository: &TestRepository, revision: &str, path: &str) -> Source {
    Source::Git {
        repository: Repository::at(repository.path()),
        revision: revision.to_owned(),
        path: path.to_owned(),
    }
}

fn consumers(source: &Source) -> Vec<String> {
    let found = source.read().unwrap();
    found.iter().map(|pact| pact.document.consumer().to_owned()).collect()
}

fn refusal(source: &Source) -> String {
    source.read().unwrap_err().to_string()
}

#[test]
fn a_folder_gives_the_pacts_of_all_folders_below_it_but_no_records_and_no_other_files() {
    let here = TestRepository::new();
    here.write("pacts/b.json", &pact_text("b", "p"));
    here.write("pacts/deep/er/a.json", &pact_text("a", "p"));
    here.write("pacts/environments.toml", "");
    here.write("pacts/ledger/verification/p/1.json", "{}");
    here.write("pacts/deep/ledger/c.json", &pact_text("c", "p"));
    let folder = Source::Folder(here.path().join("pacts"));

    assert_eq!(
        consumers(&folder),
        ["b", "a", "c"],
        "by name, and only the ledger of the folder itself is left out"
    );
    here.commit();
    assert_eq!(
        consumers(&in_git(&here, "main", "pacts")),
        ["b", "a", "c"],
        "the same from git"
    );
}

#[test]
fn a_revision_gives_its_pacts_as_they_were_committed_whatever_is_checked_out() {
    let here = TestRepository::new();
    here.write("pacts/one.json", &pact_text("old", "p"));
    let old = here.commit();
    here.write("pacts/one.json", &pact_text("new", "p"));
    here.write("pacts/two é.json", &pact_text("other", "p"));
    here.commit();
    here.write("pacts/one.json", &pact_text("uncommitted", "p"));

    assert_eq!(consumers(&in_git(&here, &old[..10], "pacts/")), ["old"]);
    assert_eq!(consumers(&in_git(&here, "main", ".")), ["new", "other"]);
    let file = &in_git(&here, "main", "pacts").read().unwrap()[1].file;
    assert_eq!(file, "git:main:pacts/two é.json");
}

#[test]
fn many_and_large_files_come_out_of_git_whole() {
    let here = TestRepository::new();
    for number in 0..300 {
        let text = pact_text(&format!("{number:03}{}", "x".repeat(5_000)), "p");
        here.write(&format!("pacts/{number:03}.json"), &text);
    }
    here.commit();
    let all = consumers(&in_git(&here, "HEAD", "pacts"));
    assert_eq!(all.len(), 300);
    assert!(all[299].starts_with("299x") && all[299].len() == 5_003);
}

#[test]
fn what_is_not_there_is_refused_each_with_its_own_reason() {
    let here = TestRepository::new();
    let nowhere = tempfile::tempdir().unwrap();
    here.write("pacts/ok.json", &pact_text("a", "p"));
    here.commit();

    let said = refusal(&Source::Folder(here.path().join("pact")));
    assert!(
        said.starts_with("there is no folder '") && said.contains("pact' to read pacts from"),
        "{said}"
    );
    let said = refusal(&in_git(&here, "mian", "pacts"));
    assert!(
        said.starts_with("git does not know the revision 'mian'; wanted a branch, a tag or a commit"),
        "{said}"
    );
    let said = refusal(&in_git(&here, "--all", "pacts"));
    assert!(said.starts_with("git does not know the revision '--all'"), "{said}");
    let said = refusal(&in_git(&here, "main", "pact"));
    assert!(
        said.starts_with("there is no 'pact' in revision 'main'; paths begin at the root"),
        "{said}"
    );
    let outside = Source::Git {
        repository: Repository::at(nowhere.path()),
        revision: "main".to_owned(),
        path: "pacts".to_owned(),
    };
    assert!(
        refusal(&outside).contains("is not in a git repository; run it inside one"),
        "{}",
        refusal(&outside)
    );
}

#[test]
fn one_file_that_is_no_pact_refuses_the_whole_source_and_is_named() {
    let here = TestRepository::new();
    here.write("pacts/a.json", &pact_text("a", "p"));
    here.write("pacts/z.json", "{\"consumer\":");
    here.commit();

    let said = refusal(&Source::Folder(here.path().join("pacts")));
    assert!(
        said.contains("pacts/z.json is cut off: its JSON ends at line 1 column 12"),
        "{said}"
    );
    let said = refusal(&in_git(&here, "main", "pacts"));
    assert!(said.starts_with("git:main:pacts/z.json is cut off"), "{said}");
}

#[test]
fn an_empty_folder_is_no_error_but_gives_nothing() {
    let here = tempfile::tempdir().unwrap();
    assert!(Source::Folder(here.path().to_owned()).read().unwrap().is_empty());
}

#[test]
fn a_source_is_written_as_a_folder_or_as_a_revision_and_a_path() {
    for text in ["pacts", "git:main:pacts", "git:HEAD~2:a/b:c"] {
        assert_eq!(text.parse::<Source>().unwrap().to_string(), text);
    }
    for text in ["git:main", "git::pacts", "git:main:"] {
        let error = text.parse::<Source>().unwrap_err();
        assert!(matches!(error, SourceError::Malformed(_)), "{error}");
        assert!(
            error
                .to_string()
                .contains("wanted a folder, or git:REVISION:PATH such as git:main:pacts")
        );
    }
}

#[test]
fn a_changed_file_is_seen_but_not_one_of_the_folder_that_is_left_out() {
    let here = TestRepository::new();
    let repository = Repository::at(here.path());
    here.write("src/a.rs", "1");
    here.write("pacts/ledger/x.json", "1");
    let commit = here.commit();
    assert_eq!(repository.head().unwrap(), commit);
    assert!(repository.changed("pacts/ledger".as_ref()).unwrap().is_empty());

    here.write("src/a.rs", "2");
    here.write("src/new file.rs", "");
    here.write("pacts/ledger/y.json", "2");
    assert_eq!(
        repository.changed("pacts/ledger".as_ref()).unwrap(),
        ["src/a.rs", "src/new file.rs"]
    );
    assert_eq!(repository.changed("no/such/folder".as_ref()).unwrap().len(), 3);
}

#[test]
fn a_commit_of_records_alone_is_no_new_revision_and_a_merge_of_such_is_none_either() {
    let here = TestRepository::new();
    let repository = Repository::at(here.path());
    let revision = || repository.revision("pacts/ledger".as_ref()).unwrap();
    here.write("src/a.rs", "1");
    let first = here.commit();
    assert_eq!(revision(), first, "there is no ledger yet");
    here.write("pacts/ledger/x.json", "1");
    here.commit();
    assert_eq!(revision(), first);

    here.git(&["checkout", "--quiet", "-b", "records"]);
    here.write("pacts/ledger/y.json", "1");
    here.commit();
    here.git(&["checkout", "--quiet", "main"]);
    here.write("src/a.rs", "2");
    let second = here.commit();
    here.git(&["merge", "--quiet", "--no-edit", "records"]);
    assert_eq!(revision(), second);
    assert_ne!(repository.head().unwrap(), second);
}
