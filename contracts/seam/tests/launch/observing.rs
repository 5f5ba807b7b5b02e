//! Observations, metrics and files.

use std::{
    collections::BTreeSet,
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use seam::launch::{
    Fixed, JsonLines, Launch, Limits, Observation, Observer, Operated, Seen, Settings, Stage, metrics_of,
};
use serde_json::Value;

use crate::samples::{Bank, Fault, Module, Shop, Till, Vault, all_in, reads, settle, shadowed_reads};

#[tokio::test(start_paused = true)]
async fn every_series_is_there_at_zero_before_the_first_call() {
    let (_, candidate, launch) = reads(shadowed_reads(), Limits::default());
    let before = launch.metrics();
    let series = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
    };
    for method in ["pay", "show", "count"] {
        for seen in Seen::ALL {
            let line = format!(
                "seam_launch_shadowed_total{{contract=\"till\",launch=\"till\",method=\"{method}\",result=\"{}\"}} 0\n",
                seen.name()
            );
            assert!(before.contains(&line), "{line} is not in\n{before}");
        }
    }
    candidate.set(Fault::Rounds);
    launch.service().show("c".into(), "p".into()).await.unwrap();
    settle().await;
    let after = launch.metrics();
    assert_eq!(series(&before), series(&after), "a call makes no series");
    for line in [
        r#"seam_launch_calls_total{contract="till",launch="till",method="show",side="control"} 1"#,
        r#"seam_launch_shadowed_total{contract="till",launch="till",method="show",result="different"} 1"#,
        r#"seam_launch_micros_total{contract="till",launch="till",method="show",side="candidate"} 2000"#,
        r#"seam_launch_stage{contract="till",launch="till",lane="reads"} 2"#,
        r#"seam_launch_dial{contract="till",launch="till",lane="reads",dial="shadowed"} 100000"#,
        r#"seam_launch_pending{contract="till",launch="till"} 0"#,
    ] {
        assert!(after.contains(&format!("{line}\n")), "{line} is not in\n{after}");
    }
    let mut names: Vec<_> = series(&after);
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "a series is there once");
    // Of every line, a help and a type stand before it.
    let described = after.lines().filter(|line| line.starts_with("# TYPE")).count();
    assert_eq!(
        described,
        after.lines().filter(|line| line.starts_with("# HELP")).count()
    );
}

#[tokio::test(start_paused = true)]
async fn only_the_last_observations_are_kept() {
    let limits = Limits {
        observations: 3,
        ..Limits::default()
    };
    let (_, candidate, launch) = reads(shadowed_reads(), limits);
    for round in 0..10 {
        candidate.set(if round == 9 { Fault::Rounds } else { Fault::None });
        launch.service().show("c".into(), "p".into()).await.unwrap();
        settle().await;
    }
    let seen: Vec<Seen> = launch
        .observations()
        .iter()
        .map(|observation| observation.seen)
        .collect();
    assert_eq!(seen, [Seen::Same, Seen::Same, Seen::Different]);
}

#[derive(Debug, Default)]
struct Fragile(AtomicUsize);

impl Observer for Fragile {
    fn observe(&self, _observation: &Observation) {
        self.0.fetch_add(1, SeqCst);
        panic!("an observer is broken");
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_of_observations_is_bounded_and_a_broken_observer_hurts_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("observations");
    let module = || Module::new(Arc::new(Vault::default()));
    let fragile = Arc::new(Fragile::default());
    let setup = Launch::<dyn Till>::reads(module(), module()).unwrap();
    let launch = setup
        .observer(Arc::clone(&fragile) as Arc<dyn Observer>)
        .observer(Arc::new(JsonLines::bounded(&file, 2_000).unwrap()))
        .begin("till", Arc::new(Fixed::new(shadowed_reads())))
        .unwrap();
    for _ in 0..50 {
        launch.service().count().await.unwrap();
        settle().await;
    }
    assert_eq!((fragile.0.load(SeqCst), launch.observations().len()), (50, 50));
    let (now, full) = (
        fs::read_to_string(&file).unwrap(),
        fs::read_to_string(file.with_extension("1")).unwrap(),
    );
    assert!(
        now.len() <= 2_000 && full.len() <= 2_000,
        "{} and {} bytes",
        now.len(),
        full.len()
    );
    assert!(full.len() > 1_500);
    for line in full.lines().chain(now.lines()) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&line["method"], &line["seen"], &line["first"]),
            (&"count".into(), &"same".into(), &"control".into())
        );
    }
}

#[test]
fn the_metrics_of_several_launches_have_each_help_once_and_no_series_twice() {
    let vault = || Arc::new(Vault::default());
    let bank = |name: &str| {
        let setup = Launch::<dyn Bank>::reads(vault(), vault()).unwrap();
        setup.begin(name, Arc::new(Fixed::new(Settings::default()))).unwrap()
    };
    let till = Shop::new(all_in(Stage::Off, Stage::Off)).launch;
    // Two of one contract, of which one has a name that has to be written in another way.
    let (first, second) = (bank("bank"), bank("the \"new\" \\ bank\n"));
    let texts = [till.metrics(), first.metrics(), second.metrics()];
    let all = metrics_of(&[Arc::new(till) as Arc<dyn Operated>, Arc::new(first), Arc::new(second)]);
    let (heads, series): (Vec<&str>, Vec<&str>) = all.lines().partition(|line| line.starts_with('#'));
    let of_one = |text: &str| text.lines().filter(|line| line.starts_with('#')).count();
    assert!(heads.len() > 10);
    assert_eq!(heads.len(), of_one(&texts[0]));
    let wanted: usize = texts.iter().map(|text| text.lines().count() - of_one(text)).sum();
    assert_eq!(series.len(), wanted);
    let names: BTreeSet<&str> = series
        .iter()
        .map(|line| line.rsplit_once(' ').expect("a series has a value").0)
        .collect();
    assert_eq!(names.len(), series.len(), "a series is there twice:\n{all}");
    let escaped = r#"seam_launch_pending{contract="bank",launch="the \"new\" \\ bank\n"}"#;
    assert!(names.contains(escaped), "{escaped} is not in\n{all}");
}
