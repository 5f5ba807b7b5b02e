use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use simulator::backend::local::package_variables;
use tests::bite::Edit;

use super::Hunt;

/// A copy of the workspace to plant bugs in. It stays where it is, with a target folder of its own, so that only the first run builds
/// everything; cargo can't tell the artefacts of two copies of one workspace apart.
pub(super) struct Scratch {
    root: PathBuf,
    /// The suites that pass here without a bug.
    sound: Vec<&'static str>,
}

impl Scratch {
    /// Copies what git knows of the workspace, as it is on disk.
    pub(super) fn make() -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        // target/debug/deps/bite-0123456789abcdef
        let target = program.ancestors().nth(3).ok_or("it runs outside of a target folder")?;
        let scratch = Self {
            root: target.join("bite"),
            sound: Vec::new(),
        };
        scratch.copy(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")))?;
        Ok(scratch)
    }

    /// Plants the edits, hunts them, and takes them out again; before its first bug a suite has to pass without one.
    pub(super) fn hunt(&mut self, suite: &'static str, edits: &[Edit]) -> Result<Hunt, String> {
        if !self.sound.contains(&suite) {
            if let Some(after) = self.probe(suite)?.iter().flatten().next() {
                return Err(format!(
                    "{suite} fails after {after} cases without any bug: mend that first"
                ));
            }
            self.sound.push(suite);
        }
        let mut before = Vec::new();
        for edit in edits {
            before.push((edit.file, edit.make(&self.root).map_err(|error| error.to_string())?));
        }
        let hunt = self.probe(suite);
        for (file, text) in before.into_iter().rev() {
            fs::write(self.root.join(file), text).map_err(|error| format!("{file} can't be restored: {error}"))?;
        }
        hunt
    }

    fn probe(&self, suite: &str) -> Result<Hunt, String> {
        let mut cargo = Command::new(env!("CARGO"));
        for name in package_variables() {
            cargo.env_remove(name);
        }
        cargo.args([
            "test",
            "--quiet",
            "--locked",
            "--workspace",
            "--test",
            "bite",
            "--",
            "--probe",
            suite,
        ]);
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        let output = cargo
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .output();
        let output = output.map_err(|error| format!("cargo does not start: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let hunt = said.lines().find_map(|line| serde_json::from_str(line).ok());
        hunt.ok_or_else(|| {
            format!(
                "the suite {suite} did not run:\n{}",
                String::from_utf8_lossy(&output.stderr)
            )
        })
    }

    fn copy(&self, from: &Path) -> Result<(), String> {
        let mut git = Command::new("git");
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let mut listed = listed_in(&mut git, from)?;
        listed.retain(|file| from.join(file).is_file());
        for file in &listed {
            let (from, to) = (from.join(file), self.root.join(file));
            let text = fs::read(&from).map_err(|error| format!("{file} can't be read: {error}"))?;
            // What is the same stays untouched, and cargo does not build it again.
            if fs::read(&to).is_ok_and(|known| known == text) {
                continue;
            }
            let made = to
                .parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| fs::write(&to, text));
            made.map_err(|error| format!("{} can't be written: {error}", to.display()))?;
        }
        Ok(())
    }
}

fn listed_in(command: &mut Command, folder: &Path) -> Result<Vec<String>, String> {
    let output = command
        .current_dir(folder)
        .output()
        .map_err(|error| format!("git does not start: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "git ls-files fails: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text
        .split('\0')
        .filter(|file| !file.is_empty())
        .map(str::to_owned)
        .collect())
}
