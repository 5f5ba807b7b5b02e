//! Places where nothing can be written: what was found is not lost with them.

use std::{fs, path::PathBuf};

use serde_json::Value;

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
fn a_place_where_nothing_can_be_pinned_is_refused_before_anything_starts() {
    let project = Project::new();
    fs::create_dir(pinned(&project)).expect("a folder");

    let said = project.seam("explore errand --seeds 1 --from 1 --set defect=both");

    assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{said:#?}");
    let wanted = [
        "the pinned scenario can't be written to ",
        "errand.pinned-1.toml: ",
        "; nothing was started: ",
    ];
    for part in wanted {
        assert!(said.stderr.contains(part), "{part}: {said:#?}");
    }
    project.is_left_clean();

    fs::remove_dir(pinned(&project)).expect("it is empty");
    let passed = project.seam("explore errand --seeds 1 --from 1");
    assert_eq!(passed.code, Some(0), "{passed:#?}");
    assert!(!pinned(&project).exists(), "a look leaves nothing behind");
}

#[test]
fn a_pinned_file_that_cannot_be_written_after_all_costs_no_finding() {
    let blocks = "os.makedirs('../scenarios/errand.pinned-1.toml', exist_ok=True)";
    let why = "the pinned scenario can't be written to ";

    let project = broken(blocks);
    let said = project.seam("explore errand --seeds 2 --from 1 --all");
    assert_eq!(said.code, Some(2), "{said:#?}");
    assert!(said.stderr.contains(&format!("explore: {why}")), "{said:#?}");
    for part in [
        "seed 1 failed: invariant \"no order is lost\"\n    so did seeds 2\n",
        "shrunk from 1 fault to 0 and 16 journeys to 1 in ",
        &format!("\n    not pinned: {why}"),
        "\nFAIL\n",
    ] {
        assert!(said.stdout.contains(part), "{part}: {said:#?}");
    }
    assert!(!said.stdout.contains("; replay with: "), "{said:#?}");

    let project = broken(blocks);
    let found = project.json("explore errand --seeds 1 --from 1", 2);
    let finding = &found["findings"][0];
    assert_eq!(
        (&found["verdict"], &finding["seed"], &finding["pinned"]["count"]),
        (&"FAIL".into(), &1.into(), &1.into())
    );
    let reason = finding["not_pinned"].as_str().expect("a reason");
    assert!(
        reason.starts_with(why) && reason.contains("errand.pinned-1.toml"),
        "{found:#}"
    );
    assert_eq!(
        (&finding["pinned"]["file"], &finding["pinned"]["replay"]),
        (&Value::Null, &Value::Null)
    );
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
