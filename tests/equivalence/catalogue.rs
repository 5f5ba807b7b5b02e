use std::{fs, path::Path};

use tests::seeded_bugs::{EditError, Plant, catalogue};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn every_edit_of_the_planted_bugs_can_be_made() -> Result<(), EditError> {
    for bug in catalogue() {
        for edit in bug.plant.edits() {
            edit.applies(Path::new(ROOT))?;
        }
    }
    Ok(())
}

#[test]
fn every_test_that_has_to_find_a_planted_bug_is_there() {
    let mut code = String::new();
    for folder in ["services", "contracts", "tests/scenarios"] {
        read(&Path::new(ROOT).join(folder), &mut code);
    }
    for bug in catalogue() {
        if let Plant::Tested { test, .. } = bug.plant {
            let function = test.name.rsplit("::").next().unwrap_or(test.name);
            assert!(
                code.contains(&format!("fn {function}(")),
                "{}: there is no test {}",
                bug.name,
                test.name
            );
        }
    }
}

/// Appends the code of all files in the folder and below.
fn read(folder: &Path, code: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(&path, code);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            code.push_str(&fs::read_to_string(&path).expect("code"));
        }
    }
}
