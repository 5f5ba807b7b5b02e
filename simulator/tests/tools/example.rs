//! The example in two languages, in the hands of somebody who has the binary and nothing else of ours.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::folder::Folder;

/// A copy of the example in a folder that is in no workspace, and the installed `seam` beside it; `None` if an
/// interpreter is not here.
fn example() -> Option<(Folder, PathBuf)> {
    for interpreter in ["python3", "node"] {
        if Command::new(interpreter).arg("--version").output().is_err() {
            eprintln!("left out: the example in two languages needs {interpreter}, which is not here");
            return None;
        }
    }
    let folder = Folder::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/two-languages");
    for entry in fs::read_dir(example)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_file())
    {
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    // As `cargo install` leaves it: one file in a folder of programs.
    let seam = folder.path().join("bin/seam");
    fs::create_dir(folder.path().join("bin")).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_seam"), &seam).unwrap();
    Some((folder, seam))
}

/// Runs the installed `seam` with nothing but `PATH` and `HOME` in its environment.
fn run(folder: &Folder, seam: &Path, args: &[&str]) -> crate::folder::Said {
    let mut command = Command::new(seam);
    command.args(args).env_clear();
    for name in ["PATH", "HOME"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    folder.ended(command)
}

#[test]
fn the_example_passes_outside_of_any_workspace_and_its_bug_is_found() {
    let Some((folder, seam)) = example() else { return };
    for file in ["topology.toml", "scenario.toml"] {
        run(&folder, &seam, &["check", file]).is(0);
    }
    let passed = run(&folder, &seam, &["run", "./scenario.toml", "--seed", "3"]).is(0);
    for words in [
        "60 of 60 journeys",
        "killed bank at",
        "no seat is sold twice",
        "customers were told what is so",
    ] {
        assert!(passed.out.contains(words), "{words:?} is not in {}", passed.out);
    }
    assert_eq!(folder.names(".seam/runs"), [""; 0]);

    let bug = ["run", "./scenario.toml", "--seed", "3", "--set", "defect=forget-keys"];
    let failed = run(&folder, &seam, &bug).is(1);
    let verdict = failed.out.lines().find(|line| line.contains("was charged once"));
    assert!(verdict.is_some_and(|line| line.contains("FAIL")), "{}", failed.out);
    assert_eq!(folder.names(".seam/runs").len(), 1, "its evidence is kept");
    assert!(run(&folder, &seam, &["clean"]).is(0).out.contains("removed 1 run: "));
}
