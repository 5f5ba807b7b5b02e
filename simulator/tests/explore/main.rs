//! `seam explore` as a user meets it: the real command and a shop with a defect that needs two faults of five.

mod interrupting;
mod mistakes;
mod places;
#[path = "../cases/project.rs"]
mod project;

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use project::{Project, Run};
use serde_json::Value;

impl Project {
    fn new() -> Self {
        Self::with(include_str!("scenario.toml"), include_str!("topology.toml"))
    }

    fn with(scenario: &str, topology: &str) -> Self {
        Self::of_shop(include_str!("shop.py"), topology, scenario)
    }

    fn command(&self, line: &str) -> Command {
        self.of_seam(line.split(' '))
    }

    fn seam(&self, line: &str) -> Run {
        Run::from(self.command(line).output().expect("seam starts"))
    }

    /// The JSON that a command prints, which must end with this code.
    fn json(&self, line: &str, code: i32) -> Value {
        let said = self.seam(&format!("{line} --json"));
        assert_eq!(said.code, Some(code), "{said:#?}");
        serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:#?}"))
    }

    fn is_left_clean(&self) {
        assert_eq!(self.runs(), Vec::<PathBuf>::new());
        self.is_left_alone();
    }

    /// Sees that no process is left. The reaper ends a moment after the command, once it has killed what it must.
    fn is_left_alone(&self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while !self.processes().is_empty() {
            assert!(Instant::now() < deadline, "left behind: {:?}", self.processes());
            std::thread::yield_now();
        }
    }
}

/// Names of the scenario's candidates.
const CANDIDATES: [&str; 5] = ["a kill", "a pause", "in slices", "requests twice", "slow answers"];

/// A candidate as the line of a run has it.
#[derive(Debug)]
struct Drawn {
    journey: u64,
    acted: bool,
}

/// Candidates that stood in a run, by their names.
fn drawn(line: &str) -> BTreeMap<&str, Drawn> {
    let (_, drawn) = line.split_once("; drawn: ").expect("faults");
    let one = |text| {
        let is_of = |name: &&str| str::strip_prefix(text, *name).is_some_and(|rest| rest.starts_with(' '));
        let name = CANDIDATES.into_iter().find(is_of).expect("a name that is known");
        let words: Vec<&str> = text.split(' ').collect();
        let place = words.iter().position(|word| *word == "journey").expect("a journey");
        let journey = words[place + 1]
            .parse()
            .unwrap_or_else(|error| panic!("{error}: {line}"));
        let acted = !text.ends_with(" (met nothing)");
        (name, Drawn { journey, acted })
    };
    let all: BTreeMap<&str, Drawn> = drawn.split(", ").map(one).collect();
    assert_eq!(all.len(), CANDIDATES.len(), "{line}");
    all
}

#[test]
fn a_defect_that_needs_two_faults_of_five_is_found_and_shrunk_to_these_two() {
    // One of the five is enough for another failure, to which the search must not slip.
    let shaken = "[[invariant]]\nname = \"the shop is calm\"\nviolations = \"SELECT 1 FROM shop WHERE shaken\"\n\
                  checked = \"SELECT count(*) FROM shop\"\n";
    let scenario = format!("{}\n{shaken}", include_str!("scenario.toml"));
    let project = Project::with(&scenario, include_str!("topology.toml"));

    let found = project.json("explore errand --seeds 1 --from 1 --jobs 2 --set defect=both", 1);

    let [finding] = found["findings"].as_array().expect("a list").as_slice() else {
        panic!("{found:#}")
    };
    let failed = ["invariant \"no order is lost\"", "invariant \"the shop is calm\""];
    assert_eq!(finding["failed"], serde_json::json!(failed));
    assert_eq!(
        (&finding["seed"], &found["failed"], &found["passed"]),
        (&1.into(), &1.into(), &0.into())
    );
    let report = PathBuf::from(finding["folder"].as_str().expect("a folder")).join("report.json");
    assert!(fs::read_to_string(report).expect("a report").contains("\"FAIL\""));
    let pinned = &finding["pinned"];
    let faults: Vec<&str> = pinned["faults"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let is_of = |name: &&str| {
        ["requests twice at ", "a kill ("]
            .iter()
            .any(|known| name.starts_with(known))
    };
    assert!(faults.len() == 2 && faults.iter().all(is_of), "{found:#}");
    assert_eq!(
        (&pinned["of_faults"], &pinned["of_count"], &pinned["failed"]),
        (&5.into(), &16.into(), &2.into())
    );
    assert!(pinned["count"].as_u64().is_some_and(|count| count < 16), "{pinned:#}");

    // The file is a scenario like any other: it fails again, and passes once the defect is mended.
    let file = "scenarios/errand.pinned-1.toml";
    assert_eq!(pinned["file"], file);
    let checked = project.seam(&format!("check {file}"));
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""), "{checked:#?}");
    let replay = pinned["replay"].as_str().expect("a command");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let again = Command::new("sh")
        .args(["-c", replay])
        .current_dir(elsewhere.path())
        .output();
    let again = Run::from(again.expect("a shell"));
    assert_eq!(again.code, Some(1), "{again:#?}");
    assert!(
        again.stdout.contains("seed 1; ") && again.stdout.contains("no order is lost"),
        "{again:#?}"
    );
    let mended = project.json(&format!("run {file} --set defect=none"), 0);
    let laid = mended["faults"].as_array().expect("a list").iter();
    let laid: Vec<_> = laid
        .map(|fault| (fault["name"].as_str(), fault["drawn"].as_bool()))
        .collect();
    assert_eq!(
        laid,
        [(Some("requests twice"), Some(false)), (Some("a kill"), Some(false))]
    );
}

#[test]
fn a_sound_system_passes_side_by_side_and_a_run_of_one_of_the_seeds_draws_the_same() {
    let project = Project::new();

    let said = project.seam("explore errand --seeds 6 --from 7 --jobs 3");

    assert_eq!(said.code, Some(0), "{said:#?}");
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines.first(), lines.last());
    assert!(
        lines[0].starts_with("seeds from 7; explore them again with: "),
        "{said:#?}"
    );
    assert!(lines.contains(&"PASS"), "{said:#?}");
    let of_seed = |seed: u64| {
        lines
            .iter()
            .find(|line| line.starts_with(&format!("seed {seed}: PASS in ")))
    };
    assert!((7..13).all(|seed| of_seed(seed).is_some()), "{said:#?}");
    // All five stand in each run, and the table counts what the lines of the runs say.
    let drawn_in = |seed: u64| drawn(of_seed(seed).expect("its line"));
    let runs: Vec<_> = (7..13).map(drawn_in).collect();
    for name in CANDIDATES {
        let acted = runs.iter().filter(|run| run[name].acted).count();
        let row = lines.iter().filter_map(|line| line.strip_prefix(&format!(" {name}  ")));
        let row: Vec<Vec<&str>> = row.map(|cells| cells.split_whitespace().collect()).collect();
        assert_eq!(row, [["6".to_owned(), acted.to_string()]], "{name}: {said:#?}");
    }
    project.is_left_clean();

    let said = project.seam("run errand --seed 9");
    assert!(
        said.stdout.contains("fault, drawn by the seed: killed corner-shop at "),
        "{said:#?}"
    );
    let run = project.json("run errand --seed 9", 0);
    let faults = run["faults"].as_array().expect("a list");
    assert_eq!(faults.len(), CANDIDATES.len());
    let said = drawn_in(9);
    for fault in faults {
        let name = fault["name"].as_str().expect("a name");
        assert_eq!(fault["drawn"], true);
        assert_eq!(
            fault["at_journey"].as_u64(),
            Some(said[name].journey),
            "{name}: {said:?}"
        );
    }
}

#[test]
fn a_failure_that_does_not_come_again_is_a_finding_that_is_not_shrunk() {
    let project = Project::new();

    let found = project.json("explore errand --seeds 3 --from 1 --jobs 1 --set defect=once", 1);

    let pinned = &found["findings"][0]["pinned"];
    assert_eq!(pinned["failed_again"], false, "{found:#}");
    assert_eq!(
        (&pinned["failed"], &pinned["of_runs"], &pinned["tried"]),
        (&0.into(), &2.into(), &2.into())
    );
    assert_eq!(pinned["faults"].as_array().map(Vec::len), Some(5), "{found:#}");
    assert_eq!(project.runs().len(), 1, "the run that failed is kept");
    assert_eq!(pinned["could_not_run"], 0);
    let checked = project.seam("check scenarios/errand.pinned-1.toml");
    assert_eq!(checked.code, Some(0), "{checked:#?}");
}

#[test]
fn runs_that_cannot_be_made_again_are_said_and_not_taken_for_runs_that_went_well() {
    let project = Project::new();

    let said = project.seam("explore errand --seeds 1 --from 1 --set defect=fleeting");

    assert_eq!(said.code, Some(1), "{said:#?}");
    let why = "not shrunk: with the same choices it failed again in 0 of 2 runs, of which 2 could not run: ";
    assert!(
        said.stdout.contains(why) && said.stdout.contains("no shop today"),
        "{said:#?}"
    );
    assert!(!said.stdout.contains("depends on more"), "{said:#?}");
    let note = "seed 1, again: could not run: ";
    assert_eq!(said.stderr.matches(note).count(), 2, "{said:#?}");
    let file = project.0.path().join("scenarios/errand.pinned-1.toml");
    let pinned = fs::read_to_string(file).expect("a file");
    assert!(
        pinned.contains("which failed in 0 of 2 runs, of which 2 could not run, of this file"),
        "{pinned}"
    );
}

#[test]
fn all_seeds_are_run_if_wanted_and_failures_alike_are_one_finding() {
    let project = Project::new();
    let scenario = include_str!("scenario.toml").replace("faults = 5", "faults = [1, 1]");
    fs::write(project.0.path().join("scenarios/errand.toml"), scenario).expect("a file");
    // Nothing can go well here, with any fault or none.
    let broken = include_str!("shop.py").replace("return defect ==", "return True or defect ==");
    fs::write(project.0.path().join("topologies/shop.py"), broken).expect("a file");

    let found = project.json("explore errand --seeds 3 --from 4 --jobs 3 --all --keep-runs 1", 1);

    assert_eq!(
        (&found["failed"], found["runs"].as_array().map(Vec::len)),
        (&3.into(), Some(3))
    );
    let [finding] = found["findings"].as_array().expect("a list").as_slice() else {
        panic!("{found:#}")
    };
    assert_eq!(finding["seeds_alike"].as_array().map(Vec::len), Some(2), "{found:#}");
    // The folder that is named is there, however few are kept.
    let folder = PathBuf::from(finding["folder"].as_str().expect("a folder"));
    assert!(folder.join("report.html").is_file(), "{found:#}");
    // It takes no fault and one journey.
    assert_eq!(finding["pinned"]["faults"], serde_json::json!([]));
    assert_eq!(finding["pinned"]["count"], 1);
}

#[test]
fn a_candidate_that_never_acts_and_a_run_that_proves_nothing_are_no_pass() {
    let late =
        "[[explore.fault]]\nname = \"late\"\nkind = \"pause\"\nnode = \"shop\"\nat = { after = \"1h\" }\n\n[[obs";
    let scenario = include_str!("scenario.toml")
        .replace("faults = 5", "faults = 6")
        .replacen("[[obs", late, 1);
    let project = Project::with(&scenario, include_str!("topology.toml"));
    let found = project.json("explore errand --seeds 1 --from 1", 3);
    // The run itself is sound: five others acted.
    assert_eq!(
        (&found["verdict"], &found["passed"]),
        (&"INCONCLUSIVE".into(), &1.into())
    );
    assert_eq!(
        found["candidates"]["late"],
        serde_json::json!({ "drawn": 1, "acted": 0 })
    );

    let nothing = include_str!("scenario.toml").replace("WHERE doc ->> 'id' IS NOT NULL\"", "WHERE 0\"");
    let project = Project::with(&nothing, include_str!("topology.toml"));
    let said = project.seam("explore errand --seeds 2 --from 1");
    assert_eq!(said.code, Some(3), "{said:#?}");
    let why = "seed 2: INCONCLUSIVE in ";
    assert!(
        said.stdout.contains(why) && said.stdout.contains("examined nothing"),
        "{said:#?}"
    );
}
