//! Mistakes: each is refused before anything starts, and a run that can't be made is no pass.

use crate::Project;

#[test]
fn what_is_not_there_is_refused_with_what_is() {
    let project = Project::new();
    for (line, parts) in [
        ("explore errnad", ["errnad", "errand"]),
        ("explore errand --topology conrer", ["conrer", "corner"]),
        ("explore errand --seeds 0", ["--seeds", "1..=1000000"]),
        ("explore errand --seeds 3 --for 5m", ["--seeds", "--for"]),
        ("explore errand --for 5min", ["5min", "such as"]),
        ("explore errand --for 0s", ["--for", "more than 0s"]),
        ("explore errand --jobs 65", ["--jobs", "1..=64"]),
        (
            "explore errand --from 18446744073709551615",
            ["--from", "18446744073709551615"],
        ),
    ] {
        let said = project.seam(line);
        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{line}: {said:#?}");
        for part in parts {
            assert!(said.stderr.contains(part), "{line}: {part:?} is not in {}", said.stderr);
        }
    }
    project.is_left_clean();
}

#[test]
fn runs_that_would_meet_are_refused() {
    for (key, jobs, wanted) in [
        (
            "data = 'books'",
            1,
            "node 'corner-shop' has data = \"books\", which outlives a run",
        ),
        (
            "fixed_ports = { main = 45871 }",
            2,
            "can't stand side by side; give --jobs 1",
        ),
    ] {
        let topology = format!("{}{key}\n", include_str!("topology.toml"));
        let project = Project::with(include_str!("scenario.toml"), &topology);
        let said = project.seam(&format!("explore errand --seeds 2 --jobs {jobs}"));

        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{said:#?}");
        assert!(said.stderr.contains(wanted), "{said:#?}");
        project.is_left_clean();
    }
}

#[test]
fn a_candidate_that_cannot_be_laid_is_refused_by_run_explore_and_check() {
    let scenario =
        include_str!("scenario.toml").replace("kind = \"pause\"\nnode = \"shop\"", "kind = \"pause\"\nnode = \"shp\"");
    let project = Project::with(&scenario, include_str!("topology.toml"));
    for line in ["run errand", "explore errand", "check errand"] {
        let said = project.seam(line);

        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{line}: {said:#?}");
        let wanted = "candidate \"a pause\" names 'shp', and topology corner has no such node or role";
        assert!(said.stderr.contains(wanted), "{line}: {said:#?}");
    }
}

#[test]
fn two_candidates_that_want_two_points_of_one_node_are_refused_with_the_reason() {
    let crash = |name: &str, point: &str| {
        format!("[[explore.fault]]\nname = '{name}'\nkind = 'crash'\nnode = 'shop'\npoint = '{point}'\nat = 0.1\n\n")
    };
    let both = crash("early", "shop.take") + &crash("late", "shop.give");
    let scenario = include_str!("scenario.toml")
        .replace("faults = 5", "faults = 1")
        .replacen("[[observe]]", &format!("{both}[[observe]]"), 1);
    let project = Project::with(&scenario, include_str!("topology.toml"));
    for line in ["run errand", "explore errand", "check errand"] {
        let said = project.seam(line);

        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{line}: {said:#?}");
        let wanted = "fault \"late\" has corner-shop crash at shop.give:1, and \"early\" at shop.take:1; a node is \
                      started with one point and pass, and candidates count even if no run draws both";
        assert!(said.stderr.contains(wanted), "{line}: {said:#?}");
    }
}

#[test]
fn a_topology_that_does_not_come_up_ends_it_at_once() {
    let project = Project::new();
    let found = project.json("explore errand --seeds 5 --from 1 --set defect=dead", 2);

    assert_eq!(
        (&found["could_not_run"], &found["verdict"]),
        (&1.into(), &serde_json::Value::Null)
    );
    let reason = found["runs"][0]["reasons"][0].as_str().expect("a reason");
    assert!(
        reason.contains("corner-shop") && reason.contains("no shop today"),
        "{reason}"
    );
    project.is_left_alone();
}
