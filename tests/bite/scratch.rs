use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use simulator::backend::package_variables;
use tests::seeded_bugs::{Edit, Test};

use super::Hunt;

/// A copy of the workspace to plant bugs in. It is kept, with a target folder of its own, so that only the
/// first run builds everything; cargo can't tell the artefacts of two copies of one workspace apart.
pub(super) struct Scratch {
    root: PathBuf,
    /// By suite, the reason why it fails here even without a bug; `Ok` if it passes.
    sound: HashMap<&'static str, Result<(), String>>,
    /// By target, its tests and whether each passes here without a bug.
    tests: HashMap<&'static str, Result<HashMap<String, bool>, String>>,
}

impl Scratch {
    /// Copies every file that git tracks or does not ignore, as it is on disk.
    pub(super) fn make() -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        // target/debug/deps/bite-0123456789abcdef
        let target = program.ancestors().nth(3).ok_or("it runs outside of a target folder")?;
        let scratch = Self {
            root: target.join("bite"),
            sound: HashMap::new(),
            tests: HashMap::new(),
        };
        scratch.copy(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")))?;
        Ok(scratch)
    }

    /// Plants the edits, hunts them, and reverts them. Before its first bug, a suite has to pass without one.
    pub(super) fn hunt(&mut self, suite: &'static str, edits: &[Edit]) -> Hunt {
        if !self.sound.contains_key(suite) {
            let sound = self.passes(suite);
            self.sound.insert(suite, sound);
        }
        self.sound[suite].clone()?;
        self.planted(edits, || self.probe(suite))
    }

    /// Plants the edits, runs one test, which passes without them, and reverts them.
    pub(super) fn hunt_with(&mut self, test: Test, edits: &[Edit]) -> Hunt {
        if !self.tests.contains_key(test.target) {
            let tests = self.run(test.target, &[]);
            self.tests.insert(test.target, tests);
        }
        match self.tests[test.target].as_ref()?.get(test.name) {
            Some(true) => {}
            Some(false) => return Err(format!("{} fails without any bug: mend that first", test.name)),
            None => return Err(format!("there is no test {} in the target {}", test.name, test.target)),
        }
        self.planted(edits, || {
            let tests = self.run(test.target, &["--exact", test.name])?;
            let passed = tests.get(test.name);
            passed
                .map(|passed| vec![(!passed).then_some(1)])
                .ok_or_else(|| format!("{} did not run", test.name))
        })
    }

    /// Runs `hunt` with the edits in place.
    fn planted(&self, edits: &[Edit], hunt: impl FnOnce() -> Hunt) -> Hunt {
        let mut before = Vec::new();
        let planted = edits.iter().try_for_each(|edit| {
            let text = edit.make(&self.root).map_err(|error| error.to_string())?;
            before.push((edit.file, text));
            Ok(())
        });
        let hunt = planted.and_then(|()| hunt());
        for (file, text) in before.into_iter().rev() {
            fs::write(self.root.join(file), text).map_err(|error| format!("{file} can't be restored: {error}"))?;
        }
        hunt
    }

    fn passes(&self, suite: &str) -> Result<(), String> {
        match self.probe(suite)?.iter().flatten().next() {
            None => Ok(()),
            Some(after) => Err(format!(
                "{suite} fails after {after} cases without any bug: mend that first"
            )),
        }
    }

    fn probe(&self, suite: &str) -> Hunt {
        let output = self.cargo(&["--quiet", "--test", "bite", "--", "--probe", suite])?;
        let said = String::from_utf8_lossy(&output.stdout);
        let hunt = said.lines().find_map(|line| serde_json::from_str(line).ok());
        hunt.ok_or_else(|| {
            format!(
                "the suite {suite} did not run: {}",
                why(&String::from_utf8_lossy(&output.stderr))
            )
        })
    }

    /// Runs the tests of a target and returns those that ran, and whether each passed.
    fn run(&self, target: &str, filter: &[&str]) -> Result<HashMap<String, bool>, String> {
        let target = match target {
            "lib" => vec!["--lib"],
            name => vec!["--test", name],
        };
        let output = self.cargo(&[&["--no-fail-fast"], &*target, &["--"], filter].concat())?;
        let mut tests = HashMap::new();
        for (name, passed) in String::from_utf8_lossy(&output.stdout).lines().filter_map(ended) {
            // Several binaries may have a test of one name: all of them have to pass.
            tests.entry(name).and_modify(|all| *all &= passed).or_insert(passed);
        }
        if tests.is_empty() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("no test of {target:?} ran: {}", why(&said)));
        }
        Ok(tests)
    }

    /// Runs `cargo test` over the copy.
    fn cargo(&self, arguments: &[&str]) -> Result<Output, String> {
        let mut cargo = Command::new(env!("CARGO"));
        for name in package_variables() {
            cargo.env_remove(name);
        }
        cargo.args(["test", "--locked", "--workspace"]);
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        cargo.args(arguments);
        // Settings of the caller's suites do not apply to the bugs.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SEAM_") {
                cargo.env_remove(name);
            }
        }
        let output = cargo
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .output();
        output.map_err(|error| format!("cargo does not start: {error}"))
    }

    fn copy(&self, from: &Path) -> Result<(), String> {
        let mut git = Command::new("git");
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let mut listed = listed_in(&mut git, from)?;
        listed.retain(|file| from.join(file).is_file());
        for file in &listed {
            let (from, to) = (from.join(file), self.root.join(file));
            let text = fs::read(&from).map_err(|error| format!("{file} can't be read: {error}"))?;
            // An unchanged file keeps its time, so that cargo does not rebuild it.
            if fs::read(&to).is_ok_and(|known| known == text) {
                continue;
            }
            let made = to
                .parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| fs::write(&to, text));
            made.map_err(|error| format!("{} can't be written: {error}", to.display()))?;
        }
        let known: HashSet<PathBuf> = listed.iter().map(|file| self.root.join(file)).collect();
        let forgotten = self.forget_others(&self.root, &known);
        forgotten.map_err(|error| format!("{} can't be tidied: {error}", self.root.display()))
    }

    /// Removes files that the workspace no longer has; a module that was moved would exist twice.
    fn forget_others(&self, folder: &Path, known: &HashSet<PathBuf>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                if path != self.root.join("target") {
                    self.forget_others(&path, known)?;
                }
            } else if !known.contains(&path) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

/// The name of a test, and whether it passed, from a line of libtest.
fn ended(line: &str) -> Option<(String, bool)> {
    let (name, outcome) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    match outcome {
        "ok" => Some((name.to_owned(), true)),
        "FAILED" => Some((name.to_owned(), false)),
        _ => None,
    }
}

/// The output of cargo or the suite, starting with the first error.
fn why(said: &str) -> String {
    let begin = said
        .lines()
        .position(|line| line.starts_with("error") || line.starts_with("bite:"));
    let lines: Vec<&str> = said.lines().skip(begin.unwrap_or(0)).collect();
    lines.join("\n")
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
