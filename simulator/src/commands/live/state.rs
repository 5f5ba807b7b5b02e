//! The files by which a topology that is up is known to other commands, in the folder of its run.
//!
//! `up.lock` is locked as long as it is up, `state.json` says what runs, and a file `requests/restart-NODE` asks for a
//! restart; its answer is `requests/restart-NODE.answer`, empty for a yes. A file `requests/fault-NUMBER` holds a wish
//! of `seam fault` in JSON, and so does its answer.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process,
};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::faults::{self, Granted};
use crate::{backend::Running, topology::Topology};

const LOCK: &str = "up.lock";
const STATE: &str = "state.json";
const REQUESTS: &str = "requests";
const RESTART: &str = "restart-";
const FAULT: &str = "fault-";

/// A topology that is up, as `state.json` says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) topology: String,
    pub(crate) file: PathBuf,
    /// Process id of the `seam up` that keeps it up.
    pub(crate) pid: u32,
    pub(crate) nodes: Vec<NodeLine>,
}

/// A node in `state.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeLine {
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) addresses: BTreeMap<String, SocketAddr>,
    pub(crate) pid: Option<u32>,
}

/// The side of `seam up`: holds the lock and keeps the state true.
#[derive(Debug)]
pub(crate) struct Keeper {
    folder: PathBuf,
    topology: Topology,
    file: PathBuf,
    written: Option<State>,
    _lock: File,
}

impl Keeper {
    /// Takes the lock of a run that is up.
    ///
    /// # Errors
    /// When its folder can't be written.
    pub(crate) fn new(topology: &Topology, running: &Running) -> Result<Self, String> {
        let folder = running.folder().to_owned();
        let failed = |error: io::Error| format!("the state of the run can't be kept in {}: {error}", folder.display());
        fs::create_dir(folder.join(REQUESTS)).map_err(failed)?;
        let lock = File::create(folder.join(LOCK)).map_err(failed)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|error| failed(error.into()))?;
        Ok(Self {
            topology: topology.clone(),
            file: fs::canonicalize(topology.file()).unwrap_or_else(|_| topology.file().to_owned()),
            folder,
            written: None,
            _lock: lock,
        })
    }

    /// Writes the state if it has changed, and does what other commands have asked for. A state that can't be written,
    /// as on a full disk, stays as it was.
    pub(crate) async fn look(&mut self, running: &Running) {
        self.write(running);
        let requests = fs::read_dir(self.folder.join(REQUESTS)).into_iter().flatten().flatten();
        for request in requests {
            let name = request.file_name();
            let is_wish = name
                .to_str()
                .is_some_and(|name| name.starts_with(FAULT) && !name.contains('.'));
            if is_wish {
                self.grant(&request.path(), running);
                continue;
            }
            let node = name.to_str().and_then(|name| name.strip_prefix(RESTART));
            let Some(node) = node.filter(|node| !node.contains('.')) else {
                continue;
            };
            let _ = fs::remove_file(request.path());
            let answer = running
                .restart(node)
                .await
                .map_or_else(|error| error.to_string(), |_| String::new());
            self.write(running);
            let _ = replace(&answer_to(&self.folder, node), &answer);
        }
    }

    /// Does what a file of `seam fault` asks for.
    fn grant(&self, request: &Path, running: &Running) {
        let wish = fs::read_to_string(request);
        let _ = fs::remove_file(request);
        let wish = wish.map_err(|error| error.to_string());
        let wish = wish.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
        let granted: Granted = wish.and_then(|wish| faults::granted(wish, &self.topology, running));
        let answer = serde_json::to_string(&granted).unwrap_or_default();
        let _ = replace(&request.with_extension("answer"), &answer);
    }

    fn write(&mut self, running: &Running) {
        let node = |node: crate::backend::NodeStatus| NodeLine {
            name: node.name,
            state: node.state.to_string(),
            addresses: node.addresses.into_iter().collect(),
            pid: node.pid,
        };
        let state = State {
            topology: self.topology.name().to_owned(),
            file: self.file.clone(),
            pid: process::id(),
            nodes: running.nodes().into_iter().map(node).collect(),
        };
        if self.written.as_ref() == Some(&state) {
            return;
        }
        let text = serde_json::to_string_pretty(&state).unwrap_or_default();
        if replace(&self.folder.join(STATE), &text).is_ok() {
            self.written = Some(state);
        }
    }
}

/// The side of the other commands: a run that is up now.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) folder: PathBuf,
    pub(crate) state: State,
}

impl Live {
    /// The run in this folder, if it is up.
    pub(crate) fn in_folder(folder: PathBuf) -> Option<Self> {
        let text = fs::read_to_string(folder.join(STATE)).ok()?;
        let state = serde_json::from_str(&text).ok()?;
        is_locked(&folder).then_some(Self { folder, state })
    }

    /// True as long as it is up.
    pub(crate) fn is_up(&self) -> bool {
        is_locked(&self.folder)
    }

    /// Asks for something about faults. Returns the request, for [`Live::answer_to`].
    ///
    /// # Errors
    /// When the request can't be written.
    pub(super) fn ask(&self, wish: &str) -> io::Result<PathBuf> {
        let request = self.folder.join(REQUESTS).join(format!("{FAULT}{}", process::id()));
        replace(&request, wish)?;
        Ok(request)
    }

    /// Returns the answer to a request, if it is there.
    pub(super) fn answer_to(&self, request: &Path) -> Option<String> {
        let answer = request.with_extension("answer");
        let text = fs::read_to_string(&answer).ok()?;
        let _ = fs::remove_file(answer);
        Some(text)
    }

    /// Asks for the restart of a node.
    ///
    /// # Errors
    /// When the request can't be written.
    pub(crate) fn ask_restart(&self, node: &str) -> io::Result<()> {
        let _ = fs::remove_file(answer_to(&self.folder, node));
        fs::write(self.folder.join(REQUESTS).join(format!("{RESTART}{node}")), "")
    }

    /// The answer, if it is there: an error says why the node is not ready again.
    pub(crate) fn answer(&self, node: &str) -> Option<Result<(), String>> {
        let answer = answer_to(&self.folder, node);
        let text = fs::read_to_string(&answer).ok()?;
        let _ = fs::remove_file(answer);
        Some(if text.is_empty() { Ok(()) } else { Err(text) })
    }
}

/// True if the `seam up` of this run is there. Its lock goes with it, however it ends.
fn is_locked(folder: &Path) -> bool {
    let Ok(lock) = File::open(folder.join(LOCK)) else {
        return false;
    };
    flock(&lock, FlockOperation::NonBlockingLockShared).is_err()
}

fn answer_to(folder: &Path, node: &str) -> PathBuf {
    folder.join(REQUESTS).join(format!("{RESTART}{node}.answer"))
}

/// Writes a file whole: a reader sees what was there before or all that is new.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let draft = file.with_extension("draft");
    fs::write(&draft, text)?;
    fs::rename(draft, file)
}
