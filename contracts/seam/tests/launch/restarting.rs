//! Turns of a launch of which only a part could be written.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use seam::launch::{
    Dial, Entrusted, Isolated, Lane, Launch, MemoryJournal, Position, Refused, Settings, Source, Stage, WatchedFile,
};

use crate::samples::{Bank, Module, Till, Vault};

/// A file whose process ends at one of its writes, the settings or the state, counted from the first of a turn.
#[derive(Debug)]
struct Mortal {
    file: WatchedFile,
    left: AtomicUsize,
}

impl Mortal {
    fn live(&self) {
        if self.left.fetch_sub(1, SeqCst) == 0 {
            // Without the panic hook, which prints a backtrace each time.
            resume_unwind(Box::new("the process ends"));
        }
    }
}

impl Source for Mortal {
    fn read(&self) -> Result<Option<Settings>, Refused> {
        self.file.read()
    }

    fn last(&self) -> Result<Option<(Stage, Stage)>, Refused> {
        self.file.last()
    }

    fn remember(&self, settings: &Settings) -> Result<(), Refused> {
        self.live();
        self.file.remember(settings)
    }

    fn write(&self, settings: &Settings) -> Result<(), Refused> {
        self.live();
        self.file.write(settings)
    }
}

fn begun(source: Arc<dyn Source>) -> Result<Launch<dyn Till>, Refused> {
    let bank = Entrusted::<dyn Bank>::new(Box::new(Vault::default()), Arc::new(Vault::default()));
    let module = |doors: &seam::launch::Doors| Module::new(doors.to(&bank)) as Arc<dyn Till>;
    let pair = Isolated::<dyn Till>::pair(module, module);
    Launch::isolated(pair, Arc::new(MemoryJournal::default()))?.begin("till", source)
}

fn at(writes: Stage) -> Position {
    Position {
        reads: Lane::new(Stage::RampDown, Dial::ALL, Dial::ALL),
        writes: Lane::new(writes, Dial::ALL, Dial::ALL),
        ..Position::default()
    }
}

/// A file of a launch whose writes are in this stage, and its state.
fn prepare(file: &Path, stage: &str) {
    fs::write(
        file,
        format!(
            "version = 1\nlaunch = \"till\"\n[reads]\nstage = \"rampdown\"\nshadowed = \"100 %\"\nserved = \
             \"100 %\"\n[writes]\nstage = \"{stage}\"\nshadowed = \"100 %\"\nserved = \"100 %\"\n"
        ),
    )
    .unwrap();
    let state = format!(r#"{{"version":1,"reads":"rampdown","writes":"{stage}"}}"#);
    fs::write(file.with_extension("toml.state"), state).unwrap();
}

#[test]
fn a_process_that_ends_in_the_middle_of_a_turn_starts_again() {
    for (from, to) in [
        (Stage::RampDown, Stage::Complete),
        (Stage::Live, Stage::RampDown),
        (Stage::RampDown, Stage::Live),
    ] {
        for writes in 0..2 {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("launch.toml");
            prepare(&file, &from.to_string());
            let mortal = Arc::new(Mortal {
                file: WatchedFile::open(&file, "till").unwrap(),
                left: AtomicUsize::new(usize::MAX),
            });
            let launch = begun(Arc::clone(&mortal) as Arc<_>).unwrap();
            mortal.left.store(writes, SeqCst);
            let ended = catch_unwind(AssertUnwindSafe(|| launch.turn(at(to), None)));
            assert!(ended.is_err(), "{from} to {to} after {writes} writes: {ended:?}");
            drop((launch, mortal));

            let again = begun(Arc::new(WatchedFile::open(&file, "till").unwrap()));
            let again = again.unwrap_or_else(|refused| panic!("{from} to {to} after {writes} writes: {refused}"));
            let wanted = if writes == 0 { from } else { to };
            assert_eq!(again.settings().writes.stage, wanted, "{from} to {to}");
        }
    }
}

#[test]
fn settings_whose_state_cannot_be_written_are_taken_out_of_the_file_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("launch.toml");
    prepare(&file, "live");
    let launch = begun(Arc::new(WatchedFile::open(&file, "till").unwrap())).unwrap();
    let (text, state) = (fs::read(&file).unwrap(), file.with_extension("toml.state"));
    let before = fs::read(&state).unwrap();
    // The name of the new state is taken by a folder.
    let taken = file.with_extension("toml.state.new");
    fs::create_dir(&taken).unwrap();
    let refused = launch.turn(at(Stage::RampDown), None).unwrap_err().to_string();
    assert!(refused.contains("launch.toml.state: can't be written"), "{refused}");
    assert_eq!((fs::read(&file).unwrap(), fs::read(&state).unwrap()), (text, before));
    assert_eq!(launch.settings().writes.stage, Stage::Live);
    assert_eq!((launch.refresh(), launch.problem()), (Ok(false), None));
    fs::remove_dir(&taken).unwrap();
    launch.turn(at(Stage::RampDown), None).unwrap();
    assert_eq!(launch.settings().writes.stage, Stage::RampDown);
}
