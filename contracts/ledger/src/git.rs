//! Questions to git: the revision that is checked out, the files that differ from it, and files as they are in a
//! revision.
//!
//! Runs the `git` program. Checks nothing out, and changes nothing in the repository.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use thiserror::Error;

/// Git repository, found from a folder inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    folder: PathBuf,
}

/// Reason why git gave no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GitError {
    /// The `git` program can't be started.
    #[error(
        "there is no program 'git' to run ({source}); install git, or name a folder of pacts, and versions with \
         --version"
    )]
    NoGit {
        /// Cause reported by the operating system.
        source: std::io::Error,
    },
    /// The folder is not inside a git repository.
    #[error(
        "{} is not in a git repository; run it inside one, or name a folder of pacts, and versions with --version",
        folder.display()
    )]
    NoRepository {
        /// Folder that was asked about.
        folder: PathBuf,
    },
    /// Git does not know the revision.
    #[error(
        "git does not know the revision '{revision}'; wanted a branch, a tag or a commit of this repository; \
         `git fetch` gets those of its remote"
    )]
    UnknownRevision {
        /// Revision that was asked for.
        revision: String,
    },
    /// The revision has no such file or folder.
    #[error(
        "there is no '{path}' in revision '{revision}'; paths begin at the root of the repository; `git ls-tree \
         -r --name-only {revision}` lists what is there"
    )]
    NoSuchPath {
        /// Revision that was searched.
        revision: String,
        /// Path that was asked for.
        path: String,
    },
    /// Git failed for another reason.
    #[error("`git {command}` failed: {said}")]
    Failed {
        /// Arguments that git was run with.
        command: String,
        /// Error output of git.
        said: String,
    },
}

impl Repository {
    /// Names the repository that `folder` belongs to. Fails only when something is asked, if there is none.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Returns the full name of the commit that is checked out.
    ///
    /// # Errors
    /// When git or the repository is missing, or the repository has no commit yet.
    pub fn head(&self) -> Result<String, GitError> {
        self.commit("HEAD")
    }

    /// Returns the full name of the commit that a branch, a tag or an abbreviation stands for.
    ///
    /// # Errors
    /// When git, the repository or the revision is missing.
    pub fn commit(&self, revision: &str) -> Result<String, GitError> {
        self.parse(&format!("{revision}^{{commit}}"))?
            .ok_or_else(|| GitError::UnknownRevision {
                revision: revision.to_owned(),
            })
    }

    /// Returns the newest commit that changed anything outside the folder `except`. Commits of records alone
    /// therefore do not make a new version of the services that the records are about. In a shallow clone without
    /// such a commit, returns the oldest one.
    ///
    /// # Errors
    /// When git or the repository is missing, or the repository has no commit yet.
    pub fn revision(&self, except: &Path) -> Result<String, GitError> {
        let head = self.head()?;
        let found = self.text_of(&["log", "-1", "--format=%H", "--"], except)?;
        Ok(if found.is_empty() { head } else { found })
    }

    /// Lists the files that differ from the commit that is checked out, new ones too, with paths from the root of
    /// the repository. Leaves out those in the folder `except`.
    ///
    /// # Errors
    /// When git or the repository is missing.
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

    /// Runs git on the whole repository except one folder. A folder that is missing, or outside the repository,
    /// leaves nothing out.
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

    /// Reads all files below `path` in a revision whose name is `wanted`, with paths relative to `path`, ordered
    /// by name.
    ///
    /// # Errors
    /// When git, the repository, the revision or the path is missing.
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

    /// Reads one file as it is in a revision.
    ///
    /// # Errors
    /// When git, the repository, the revision or the path is missing.
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

    /// Returns the object that a name stands for, if there is one.
    fn parse(&self, name: &str) -> Result<Option<String>, GitError> {
        let output = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", name], &[])?;
        if output.status.success() {
            return Ok(Some(text(&output.stdout)));
        }
        // This question succeeds in every repository, so it tells an unknown name from a missing repository.
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
        // Git answers while it still reads. Writing everything before reading would fill both pipes and wait for
        // ever.
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

/// Splits the output of `git cat-file --batch` into the first content and the rest.
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
