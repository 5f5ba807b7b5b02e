//! What is asked of git: which revision is checked out, whether files differ from it, and files as they are in a revision.
//!
//! The `git` program is run; nothing is checked out, and nothing in the repository is changed.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use thiserror::Error;

/// A folder in a git repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    folder: PathBuf,
}

/// Why git gave no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GitError {
    /// There is no such program.
    #[error(
        "there is no program 'git' to run ({source}); install git, or name a folder of pacts, and versions with --version"
    )]
    NoGit {
        /// Why it can't be started.
        source: std::io::Error,
    },
    /// The folder belongs to no repository.
    #[error("{} is in no git repository; run it inside of one, or name a folder of pacts, and versions with --version", folder.display())]
    NoRepository {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no such revision.
    #[error(
        "git knows no revision '{revision}'; wanted a branch, a tag or a commit that is here; `git fetch` brings what is elsewhere"
    )]
    UnknownRevision {
        /// What was asked for.
        revision: String,
    },
    /// The revision has no such file or folder.
    #[error(
        "there is no '{path}' in revision '{revision}'; paths begin at the root of the repository; `git ls-tree -r --name-only {revision}` lists what is there"
    )]
    NoSuchPath {
        /// The revision.
        revision: String,
        /// What was asked for.
        path: String,
    },
    /// Git failed otherwise.
    #[error("`git {command}` failed: {said}")]
    Failed {
        /// The arguments.
        command: String,
        /// What it printed.
        said: String,
    },
}

impl Repository {
    /// The repository that `folder` belongs to; whether it does is seen when something is asked.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The full name of the commit that is checked out.
    ///
    /// # Errors
    /// As every question: no git, no repository; and no commit yet.
    pub fn head(&self) -> Result<String, GitError> {
        self.commit("HEAD")
    }

    /// The full name of the commit that a branch, a tag or an abbreviation means.
    ///
    /// # Errors
    /// No git, no repository, no such revision.
    pub fn commit(&self, revision: &str) -> Result<String, GitError> {
        self.parse(&format!("{revision}^{{commit}}"))?
            .ok_or_else(|| GitError::UnknownRevision {
                revision: revision.to_owned(),
            })
    }

    /// The newest commit that changed anything outside of the folder `except`: what is checked out is that, but for this folder. So a commit of
    /// records alone does not make another version of what they speak of. In a shallow clone that ends before it, the oldest commit there is.
    ///
    /// # Errors
    /// No git, no repository, no commit yet.
    pub fn revision(&self, except: &Path) -> Result<String, GitError> {
        let head = self.head()?;
        let found = self.text_of(&["log", "-1", "--format=%H", "--"], except)?;
        Ok(if found.is_empty() { head } else { found })
    }

    /// The files that differ from what is checked out, new ones too, from the root of the repository; those in the folder `except` are left out.
    ///
    /// # Errors
    /// No git, no repository.
    pub fn changed(&self, except: &Path) -> Result<Vec<String>, GitError> {
        let status = [
            "status",
            "--porcelain",
            "-z",
            "--untracked-files=all",
            "--no-renames",
            "--",
        ];
        let listed = self.text_of(&status, except)?;
        Ok(listed
            .split('\0')
            .filter_map(|entry| Some(entry.get(3..)?.to_owned()))
            .collect())
    }

    /// What git says of the whole repository but this folder. A folder that is not there, or elsewhere, leaves nothing out.
    fn text_of(&self, arguments: &[&str], except: &Path) -> Result<String, GitError> {
        let top = PathBuf::from(self.text(&["rev-parse", "--show-toplevel"])?);
        let inside = self.folder.join(except).canonicalize().ok();
        let left_out = inside.and_then(|path| path.strip_prefix(&top).ok().map(Path::to_owned));
        let left_out = left_out.map(|path| format!(":(top,exclude,literal){}", path.display()));
        let mut arguments = arguments.to_vec();
        arguments.push(":/");
        arguments.extend(left_out.as_deref());
        self.text(&arguments)
    }

    /// All files below `path` in a revision, with their paths below it, by name.
    ///
    /// # Errors
    /// No git, no repository, no such revision, no such path in it.
    pub fn files(
        &self,
        revision: &str,
        path: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<(String, Vec<u8>)>, GitError> {
        let tree = self.object(revision, path)?;
        let listed = self.text(&["ls-tree", "-r", "-z", &tree])?;
        let blobs: Vec<(&str, &str)> = listed
            .split('\0')
            .filter_map(|entry| entry.split_once('\t'))
            // Links and submodules hold no text of their own.
            .filter(|(about, name)| about.starts_with("100") && wanted(name))
            .filter_map(|(about, name)| Some((about.rsplit(' ').next()?, name)))
            .collect();
        let ids: Vec<&str> = blobs.iter().map(|(id, _)| *id).collect();
        let contents = self.contents(&ids)?;
        Ok(blobs
            .into_iter()
            .map(|(_, name)| name.to_owned())
            .zip(contents)
            .collect())
    }

    /// One file as it is in a revision.
    ///
    /// # Errors
    /// No git, no repository, no such revision, no such path in it.
    pub fn file(&self, revision: &str, path: &str) -> Result<Vec<u8>, GitError> {
        let id = self.object(revision, path)?;
        Ok(self.contents(&[&id])?.pop().unwrap_or_default())
    }

    fn object(&self, revision: &str, path: &str) -> Result<String, GitError> {
        let commit = self.commit(revision)?;
        let path = path.trim_end_matches('/');
        let found = self.parse(&format!("{commit}:{}", if path == "." { "" } else { path }))?;
        found.ok_or_else(|| GitError::NoSuchPath {
            revision: revision.to_owned(),
            path: path.to_owned(),
        })
    }

    /// The object of that name, if there is one.
    fn parse(&self, name: &str) -> Result<Option<String>, GitError> {
        let output = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", name], &[])?;
        if output.status.success() {
            return Ok(Some(text(&output.stdout)));
        }
        // A question that any repository answers tells a name that is missing from a repository that is.
        self.text(&["rev-parse", "--git-dir"])?;
        Ok(None)
    }

    fn contents(&self, ids: &[&str]) -> Result<Vec<Vec<u8>>, GitError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let arguments = ["cat-file", "--batch"];
        let output = self.run(&arguments, (ids.join("\n") + "\n").as_bytes())?;
        let mut rest = output.stdout.as_slice();
        let mut all = Vec::new();
        for _ in ids {
            let (content, after) = entry(rest).ok_or_else(|| failed(&arguments, &output))?;
            all.push(content.to_vec());
            rest = after;
        }
        Ok(all)
    }

    fn text(&self, arguments: &[&str]) -> Result<String, GitError> {
        let output = self.run(arguments, &[])?;
        if output.status.success() {
            return Ok(text(&output.stdout));
        }
        if text(&output.stderr).contains("not a git repository") {
            return Err(GitError::NoRepository {
                folder: self.folder.clone(),
            });
        }
        Err(failed(arguments, &output))
    }

    fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Output, GitError> {
        let mut child = Command::new("git")
            .arg("-C")
            .arg(&self.folder)
            .args(arguments)
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| GitError::NoGit { source })?;
        let stdin = child.stdin.take();
        // Git answers while it still reads: who writes all first and reads then waits for ever.
        let output = std::thread::scope(|scope| {
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
            child.wait_with_output()
        });
        output.map_err(|source| GitError::Failed {
            command: arguments.join(" "),
            said: source.to_string(),
        })
    }
}

/// The first content of `git cat-file --batch`, and what follows it.
fn entry(output: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = output.iter().position(|byte| *byte == b'\n')?;
    let size = std::str::from_utf8(&output[..end]).ok()?.rsplit(' ').next()?;
    let rest = &output[end + 1..];
    let (content, rest) = rest.split_at_checked(size.parse().ok()?)?;
    Some((content, rest.get(1..)?))
}

fn failed(arguments: &[&str], output: &Output) -> GitError {
    GitError::Failed {
        command: arguments.join(" "),
        said: text(&output.stderr),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\n').to_owned()
}
