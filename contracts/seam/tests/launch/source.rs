//! The watched file.

use std::{
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use seam::launch::{Launch, Refused, Stage, WatchedFile};
use tempfile::TempDir;

use crate::samples::{Module, Till, Vault, percent};

struct Place {
    _folder: TempDir,
    file: PathBuf,
}

impl Place {
    fn new(stage: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Self {
            file: folder.path().join("launch.toml"),
            _folder: folder,
        };
        place.write(&text(stage));
        place
    }

    fn write(&self, text: &str) {
        fs::write(&self.file, text).unwrap();
    }

    fn begin(&self) -> Result<Launch<dyn Till>, Refused> {
        let module = || Module::new(Arc::new(Vault::default()));
        let setup = Launch::<dyn Till>::reads(module(), module()).unwrap();
        setup.begin("till", Arc::new(WatchedFile::open(&self.file, "till")?))
    }
}

fn text(stage: &str) -> String {
    format!(
        r#"
        version = 1
        launch = "till"
        noise = "1 %"
        shown = ["cents"]

        [reads]
        stage = "{stage}"
        shadowed = "12.5 %"

        [[rules]]
        field = "note"
        differs = "ignored"
        owner = "ann"
        reason = "texts are for people"
        expires = 2999-01-31
        "#
    )
}

#[test]
fn the_file_says_stages_dials_and_rules() {
    let launch = Place::new("shadow").begin().unwrap();
    let settings = launch.settings();
    assert_eq!(
        (settings.reads.stage, settings.reads.shadowed),
        (Stage::Shadow, percent("12.5 %"))
    );
    assert_eq!(
        (settings.noise, settings.shown),
        (percent("1 %"), vec!["cents".to_owned()])
    );
    let rule = settings.rules[0].to_string();
    assert_eq!(rule, "note ignored by ann: texts are for people");
}

#[test]
fn a_bad_file_keeps_the_last_good_settings_and_says_so_once() {
    let place = Place::new("shadow");
    let launch = place.begin().unwrap();
    for (bad, says) in [
        ("version = 1\nlaunch = \"till\"\nreads = 7".to_owned(), "reads"),
        (text("shadow").replace("12.5 %", "101 %"), "wanted 0 % to 100 %"),
        (text("sideways"), "sideways"),
        (
            text("shadow").replace("version = 1", "version = 2"),
            "it has version 2, and this library reads version 1",
        ),
        (
            text("shadow").replace("\"till\"", "\"other\""),
            "for the launch \"other\"",
        ),
        (text("shadow").replace("2999-01-31", "07:30:00"), "wanted a day"),
        (
            text("shadow").replace("reason = \"texts are for people\"", ""),
            "reason",
        ),
        (text("shadow").replace("noise", "nosie"), "nosie"),
        (text("shadow").replace("\"ignored\"", "\"tolerance\""), "`by`"),
    ] {
        place.write(&bad);
        let refused = launch.refresh().unwrap_err().to_string();
        assert!(refused.contains(says), "{refused}");
        assert!(refused.contains("launch.toml"), "{refused}");
        assert_eq!(launch.settings().reads.stage, Stage::Shadow);
        assert_eq!(launch.problem(), Some(refused));
        assert_eq!(launch.refresh(), Ok(false), "told once");
    }
    fs::remove_file(&place.file).unwrap();
    assert!(launch.refresh().unwrap_err().to_string().contains("can't be read"));

    place.write(&text("live"));
    assert_eq!(launch.refresh(), Ok(true));
    assert_eq!((launch.settings().reads.stage, launch.problem()), (Stage::Live, None));
}

#[test]
fn a_launch_does_not_begin_with_a_bad_file() {
    let place = Place::new("shadow");
    place.write("version = 9");
    let refused = place.begin().unwrap_err().to_string();
    assert!(refused.contains("version 9"), "{refused}");
}

#[test]
fn no_stage_is_skipped_over_a_restart() {
    let place = Place::new("live");
    let refused = place.begin().unwrap_err();
    assert!(
        matches!(
            refused,
            Refused::Skipped {
                from: Stage::Off,
                to: Stage::Live,
                ..
            }
        ),
        "{refused}"
    );
    place.write(&text("shadow"));
    drop(place.begin().unwrap());
    place.write(&text("live"));
    drop(place.begin().unwrap());
    drop(place.begin().unwrap());
}

#[test]
fn a_state_of_another_version_or_a_damaged_one_is_refused() {
    let place = Place::new("shadow");
    drop(place.begin().unwrap());
    let state = place.file.with_extension("toml.state");
    for (bad, says) in [
        (r#"{"version":2,"steps":[]}"#, "it has version 2"),
        ("{", "begin again from off"),
    ] {
        fs::write(&state, bad).unwrap();
        let refused = place.begin().unwrap_err().to_string();
        assert!(
            refused.contains(says) && refused.contains("launch.toml.state"),
            "{refused}"
        );
    }
}

#[test]
fn two_launches_at_once_are_refused_and_one_after_the_other_is_not() {
    let place = Place::new("shadow");
    let launch = place.begin().unwrap();
    let refused = place.begin().unwrap_err().to_string();
    assert!(
        refused.contains("another launch holds this file; end that one"),
        "{refused}"
    );
    assert_eq!(launch.refresh(), Ok(false));
    drop(launch);
    drop(place.begin().unwrap());
}

#[tokio::test]
async fn a_watch_brings_changes_of_the_file_into_force_until_it_is_dropped() {
    let place = Place::new("shadow");
    let launch = place.begin().unwrap();
    let watch = launch.watch(Duration::from_millis(1));
    place.write(&text("live"));
    let begun = Instant::now();
    while launch.settings().reads.stage != Stage::Live {
        assert!(begun.elapsed() < Duration::from_secs(20), "the change is not seen");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(watch);
}
