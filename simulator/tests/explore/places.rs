//! Places where nothing can be written: what was found is not lost with them.

use std::{fs, path::PathBuf};

use crate::Project;

/// A shop in which nothing goes well, and which does this meanwhile.
fn broken(meanwhile: &str) -> Project {
    let project = Project::new();
    let scenario = include_str!("scenario.toml").replace("faults = 5", "faults = [1, 1]");
    fs::write(project.0.path().join("scenarios/errand.toml"), scenario).expect("a file");
    let shop = include_str!("shop.py");
    let broken = shop.replace("return defect ==", &format!("{meanwhile}; return True or defect =="));
    assert_ne!(broken, shop);
    fs::write(project.0.path().join("topologies/shop.py"), broken).expect("a file");
    project
}

fn pinned(project: &Project) -> PathBuf {
    project.0.path().join("scenarios/errand.pinned-1.toml")
}

#[test]
fn a_run_that_failed_has_failed_even_if_its_report_cannot_be_written() {
    let blocks = "os.makedirs(os.path.join(data, '../../report.json'), exist_ok=True)";
    let why = "the report can't be written to ";

    let project = broken(blocks);
    let said = project.seam("explore errand --seeds 1 --from 1");

    assert_eq!(said.code, Some(1), "{said:#?}");
    for part in [
        "seed 1: FAIL in ",
        "kept in ",
        &format!(": logs, data; {why}"),
        "pinned in ",
    ] {
        assert!(said.stdout.contains(part), "{part}: {said:#?}");
    }
    assert!(said.stderr.contains(&format!("seed 1: {why}")), "{said:#?}");
    assert!(pinned(&project).is_file());

    let project = broken(blocks);
    let found = project.json("explore errand --seeds 1 --from 1", 1);
    assert_eq!((&found["failed"], &found["could_not_run"]), (&1.into(), &0.into()));
    let trouble = found["findings"][0]["no_report"].as_str().expect("a reason");
    assert!(trouble.starts_with(why) && trouble.contains("report.json"), "{found:#}");
}
