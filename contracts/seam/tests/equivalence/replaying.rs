use std::{env, ffi::OsStr, fs, path::Path, process::Command};

use seam::equivalence::{Failure, Origin, Rule};
use tempfile::TempDir;

use crate::notes::{Wrong, pad, suite};

/// A folder with the saved history of one bug, and the text of its file.
fn saved(wrong: Wrong) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let failure = suite(wrong).regressions(folder.path()).run().unwrap_err();
    let file = failure.counterexample().unwrap().saved.clone().unwrap();
    let text = fs::read_to_string(file).unwrap();
    (folder, text)
}

fn only_file(folder: &Path) -> std::path::PathBuf {
    let mut files = fs::read_dir(folder).unwrap();
    files.next().unwrap().unwrap().path()
}

/// Message of a run whose saved file was changed.
fn refusal(change: impl FnOnce(String) -> String) -> String {
    let (folder, text) = saved(Wrong::TornIsRead);
    fs::write(only_file(folder.path()), change(text)).unwrap();
    let failure = suite(Wrong::Nowhere).regressions(folder.path()).run().unwrap_err();
    assert!(matches!(failure, Failure::Saved { .. }), "{failure}");
    failure.to_string()
}

#[test]
fn what_failed_once_runs_first_whatever_is_drawn() {
    let (folder, _) = saved(Wrong::TornIsRead);

    let failure = suite(Wrong::TornIsRead)
        .seed(99)
        .regressions(folder.path())
        .run()
        .unwrap_err();

    let found = failure.counterexample().unwrap();
    assert!(matches!(found.origin, Origin::Saved(_)));
    let file = format!("SEAM_REPLAY={}", only_file(folder.path()).display());
    assert!(found.replay.starts_with(&file), "{}", found.replay);
    let methods: Vec<_> = found.history.iter().map(|exchange| exchange.method).collect();
    assert_eq!(methods, ["write", "tear", "read"]);
}

#[test]
fn a_saved_history_passes_once_the_bug_is_mended() {
    let (folder, _) = saved(Wrong::TornIsRead);

    let report = suite(Wrong::Nowhere).regressions(folder.path()).run().unwrap();

    assert_eq!(report.saved, 1);
}

#[test]
fn a_saved_call_refers_to_an_earlier_reply_by_position() {
    let (_folder, text) = saved(Wrong::TornIsRead);

    let file: serde_json::Value = serde_json::from_str(&text).unwrap();

    let reference = serde_json::json!([{ "at": "/read/id", "step": 0, "value": "/write/Ok/id" }]);
    assert_eq!(file["steps"][2]["from"], reference);
}

#[test]
fn a_file_of_another_contract_is_refused() {
    let said = refusal(|text| text.replace("\"contract\": \"notes\"", "\"contract\": \"orders\""));

    assert!(
        said.contains("it is of contract \"orders\", wanted \"notes\"; move it"),
        "{said}"
    );
}

#[test]
fn a_file_of_another_version_of_the_contract_is_refused() {
    let said = refusal(|text| text.replace("write tear", "write shred"));

    assert!(
        said.contains("it was made when notes had `write shred`; rewrite its calls"),
        "{said}"
    );
}

#[test]
fn a_call_that_is_none_any_more_is_refused_with_its_place() {
    let said = refusal(|text| text.replace("\"text\"", "\"words\""));

    assert!(said.contains("call 1 is no call of notes"), "{said}");
}

#[test]
fn a_file_that_is_no_saved_sequence_or_of_another_format_is_refused() {
    let torn = refusal(|text| text[..text.len() / 2].to_owned());
    let other = refusal(|text| text.replace("\"format\": 1", "\"format\": 2"));

    assert!(
        torn.contains("it is no saved sequence") && torn.contains("delete it, or restore it from git"),
        "{torn}"
    );
    assert!(other.contains("its format is 2, wanted 1"), "{other}");
}

/// Variable that names the folder in which the pads below save failing sequences.
const FOLDER: &str = "NOTES_FOLDER";
/// Line that is printed whenever the sampled pad is opened.
const SELDOM: &str = "opened now and then";

/// Run again in processes of their own, where the environment asks for something else.
#[test]
fn right_pads_pass() {
    let suite = suite(Wrong::Nowhere).rule(Rule::ignored("page", "nobody", "there is none"));
    let suite = suite.sampled("seldom", 4).subject("seldom", || async {
        eprintln!("{SELDOM}");
        Ok::<_, String>(pad(Wrong::Nowhere))
    });
    let suite = match env::var_os(FOLDER) {
        Some(folder) => suite.regressions(folder),
        None => suite,
    };

    let report = suite.run().unwrap();

    eprintln!("{report}");
}

/// Report of a run with these environment variables.
fn reported(variables: &[(&str, &OsStr)]) -> String {
    let mut again = Command::new(env::current_exe().unwrap());
    again.args(["--exact", "--nocapture", "replaying::right_pads_pass"]);
    let output = again.envs(variables.iter().copied()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn one_case_that_is_asked_for_runs_alone_and_proves_nothing_about_cells_and_rules() {
    let (folder, _) = saved(Wrong::TornIsRead);
    let kept = (FOLDER, folder.path().as_os_str());

    let all = reported(&[kept]);
    let one = reported(&[kept, ("SEAM_CASE", "3".as_ref())]);

    assert!(all.contains("notes: 256 cases of 20 calls and 1 saved"), "{all}");
    assert!(all.contains("rule never applied: page ignored"), "{all}");
    assert!(one.contains("notes: 1 cases of 20 calls and 0 saved"), "{one}");
    assert!(!one.contains("rule never applied"), "{one}");
}

#[test]
fn a_file_that_is_asked_for_runs_alone() {
    let (folder, _) = saved(Wrong::TornIsRead);
    let file = only_file(folder.path());

    let said = reported(&[("SEAM_REPLAY", file.as_os_str())]);

    assert!(said.contains("notes: 0 cases of 20 calls and 1 saved"), "{said}");
}

#[test]
fn what_is_saved_or_asked_for_runs_on_a_subject_that_is_sampled_too() {
    let (folder, _) = saved(Wrong::TornIsRead);
    let kept = (FOLDER, folder.path().as_os_str());

    let all = reported(&[kept]);
    let not_its_turn = reported(&[("SEAM_CASE", "3".as_ref())]);

    assert_eq!(all.matches(SELDOM).count(), 1 + 256 / 4);
    assert_eq!(not_its_turn.matches(SELDOM).count(), 1);
    assert!(all.contains("on right, wrong, seldom (1 case in 4)"), "{all}");
}
