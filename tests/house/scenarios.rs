//! Every shipped scenario says what it proves, is run by `just scenarios`, and has a bug that it must find.

use std::{collections::BTreeSet, fs};

use tests::seeded_bugs::{Plant, catalogue};

use crate::workspace::root;

/// Scenarios that are run elsewhere: by `tests/end-to-end`, and by `just bench`.
const ELSEWHERE: [&str; 2] = ["checkout", "throughput"];

#[test]
fn every_scenario_has_a_sentence_and_a_bug_that_it_finds() {
    let mut shipped = BTreeSet::new();
    for entry in fs::read_dir(root().join("simulator/scenarios")).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".toml")) else {
            continue;
        };
        if ELSEWHERE.contains(&name) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("it can be read");
        let about = text.lines().find_map(|line| line.strip_prefix("about = \""));
        assert!(
            about.is_some_and(|about| about.len() > 40 && about.ends_with(".\"")),
            "{name} has no sentence `about` what it proves: {about:?}"
        );
        shipped.insert(name.replace('-', "_"));
    }
    let found = catalogue().into_iter().filter_map(|bug| match bug.plant {
        Plant::Tested { test, .. } if test.target == "scenarios" => Some(test.name.to_owned()),
        _ => None,
    });
    let found: BTreeSet<String> = found.collect();
    let tests = fs::read_to_string(root().join("tests/scenarios/main.rs")).expect("the suite is there");
    let listed = tests.lines().skip_while(|line| *line != "scenarios! {").skip(1);
    let listed: BTreeSet<String> = listed
        .take_while(|line| *line != "}")
        .map(|line| line.trim().to_owned())
        .collect();

    assert!(shipped.len() >= 12, "{shipped:?}");
    assert_eq!(
        listed, shipped,
        "tests/scenarios/main.rs runs exactly the shipped scenarios"
    );
    assert_eq!(
        found, shipped,
        "each has a bug in tests/src/seeded_bugs/tested/scenarios.rs"
    );
}
