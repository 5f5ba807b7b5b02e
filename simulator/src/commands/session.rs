//! The life of a topology within a command: up, interrupted, down.

use thiserror::Error;

use super::output;
use crate::{
    backend::{self, Event, Folder, NodeError, Options, Running, UpError},
    interrupt::Interrupt,
    progress::Progress,
    topology::{Backend, Topology},
};

/// A topology that is up.
pub(crate) struct Session {
    pub(crate) topology: Topology,
    pub(crate) running: Running,
}

/// The reason why a topology is not up. Nothing of it is left running.
#[derive(Debug, Error)]
pub(crate) enum NotUp {
    /// A signal arrived on the way.
    #[error("interrupted before every node was ready; nothing is left running")]
    Interrupted,
    /// A node did not become ready.
    #[error(transparent)]
    Node(NodeError),
    /// The backend could not do its part.
    #[error(transparent)]
    Other(UpError),
}

/// Begins to listen to Ctrl-C and its kin.
///
/// # Errors
/// When the system refuses a handler.
pub(crate) fn interrupt() -> Result<Interrupt, String> {
    Interrupt::listen().map_err(|error| format!("no signal handler: {error}"))
}

impl Session {
    /// Brings a topology up, unless a signal arrives first.
    ///
    /// # Errors
    /// When it does not come up, or is interrupted.
    pub(crate) async fn up(
        topology: Topology,
        options: &Options,
        progress: &dyn Progress<Event>,
        interrupt: &mut Interrupt,
    ) -> Result<Self, NotUp> {
        let up = interrupt.or(backend::up(&topology, options, progress)).await;
        let running = up.map_err(|_| NotUp::Interrupted)?.map_err(|error| match error {
            UpError::Node(error) => NotUp::Node(error),
            other => NotUp::Other(other),
        })?;
        Ok(Self { topology, running })
    }

    /// Takes the topology down; a second signal ends the waiting, and everything is killed. A folder that is kept is
    /// named on stderr.
    pub(crate) async fn down(self, folder: Folder, interrupt: &mut Interrupt) {
        let place = self.running.folder().to_owned();
        let kept = self.running.kept();
        // Interrupted, it is dropped below, which kills all that still runs.
        let _ = interrupt.or(self.running.down(folder)).await;
        if folder == Folder::Keep {
            let what = match self.topology.backend() {
                Backend::Local => "data and logs",
                Backend::Containers => "logs",
            };
            output::note(&format!("{what} are kept in {}", place.display()));
            kept.iter().for_each(|kept| output::note(kept));
        }
    }
}
