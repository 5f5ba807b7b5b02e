use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const LIMIT: Duration = Duration::from_secs(60);

/// A folder of somebody who has `seam` and none of our files. What is still up in it when dropped is taken down.
pub(crate) struct Folder(tempfile::TempDir);

/// The output of a command, and its exit code.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let file = self.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_default()
    }

    /// The names in a folder, sorted.
    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path().join(path)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs `seam` without any variable of cargo.
    pub(crate) fn seam(&self, args: &[&str]) -> Said {
        self.seam_with(args, &[])
    }

    pub(crate) fn seam_with(&self, args: &[&str], env: &[(&str, &str)]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO")) {
            command.env_remove(name);
        }
        command.args(args).envs(env.iter().copied());
        self.ended(command)
    }

    /// Runs a command here, which has to end within a minute.
    pub(crate) fn ended(&self, mut command: Command) -> Said {
        let outputs = tempfile::tempdir().unwrap();
        let file = |name: &str| File::create(outputs.path().join(name)).unwrap();
        let mut child = command
            .current_dir(self.path())
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("err"))
            .spawn()
            .unwrap();
        let deadline = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                child.kill().unwrap();
                panic!("{command:?} does not end");
            }
            thread::yield_now();
        };
        let text = |name: &str| {
            let mut text = String::new();
            let mut file = File::open(outputs.path().join(name)).unwrap();
            file.read_to_string(&mut text).unwrap();
            text
        };
        Said {
            code: status.code(),
            out: text("out"),
            err: text("err"),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let up = self.seam(&["ps", "--json"]).out;
        let runs: serde_json::Value = serde_json::from_str(&up).unwrap_or_default();
        for run in runs.as_array().into_iter().flatten() {
            let name = run["up"]["topology"].as_str().unwrap_or_default();
            self.seam(&["down", "--topology", name]);
        }
    }
}

impl Said {
    /// Fails unless this was the exit code.
    #[track_caller]
    pub(crate) fn is(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self
    }

    /// Fails unless it is a refusal: code 2, and these words on stderr.
    #[track_caller]
    pub(crate) fn refuses(self, words: &str) {
        let said = self.is(2);
        assert!(said.err.contains(words), "{}{}", said.out, said.err);
    }
}
