//! The Docker engine: the way to it, and what it lacks.

use std::{
    net::{IpAddr, TcpListener},
    time::Duration,
};

use testcontainers::{
    bollard::{Docker, errors::Error},
    core::client::docker_client_instance,
};
use tokio::time::timeout;

use crate::backend::UpError;

/// Time in which an engine that is there answers.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Advice for an engine that does not answer.
const NO_ENGINE: &str = "start a Docker engine, set DOCKER_HOST to its socket, or run on the backend local; \
    `seam doctor` says more";
/// Advice for what an engine refuses.
pub(super) const REFUSED: &str = "`seam doctor` says what the engine lacks, `seam clean` removes what runs have left";
/// Advice for a network that is not of this machine.
const ELSEWHERE: &str = "run seam on the machine of the engine, on Linux and in no container (Docker Desktop and \
    engines elsewhere keep their networks to themselves), or run on the backend local";

/// Connects to the engine that `DOCKER_HOST` names, or to that of this machine.
///
/// # Errors
/// When none answers.
pub(super) async fn connect() -> Result<Docker, UpError> {
    let no_engine = |reason: String| UpError::Engine {
        doing: "reach a Docker engine".to_owned(),
        reason,
        mend: NO_ENGINE,
    };
    let docker = docker_client_instance().await;
    let docker = docker.map_err(|error| no_engine(innermost(&error)))?;
    answers(&docker).await.map_err(no_engine)?;
    Ok(docker)
}

/// Asks the engine for a sign of life.
///
/// # Errors
/// When it gives none; the text is the reason.
pub(super) async fn answers(docker: &Docker) -> Result<(), String> {
    match timeout(ANSWER_WITHIN, docker.ping()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(said(&error)),
        Err(_) => Err(format!("no answer within {} s", ANSWER_WITHIN.as_secs())),
    }
}

/// The failure of something that the engine was to do.
pub(super) fn failure(doing: impl Into<String>, error: &Error) -> UpError {
    UpError::Engine {
        doing: doing.into(),
        reason: said(error),
        mend: REFUSED,
    }
}

/// Reason of an error, in the engine's words where it said any.
pub(super) fn said(error: &Error) -> String {
    match error {
        Error::DockerResponseServerError { message, .. } => message.trim().to_owned(),
        Error::DockerStreamError { error } => error.trim().to_owned(),
        other => innermost(other),
    }
}

/// Status of HTTP with which the engine refused something.
pub(super) fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// The cause of an error that says least of the way to it.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// Checks that an address of the engine's network is one of this machine.
///
/// # Errors
/// When nothing can listen there.
pub(super) fn is_here(gateway: IpAddr) -> Result<(), UpError> {
    TcpListener::bind((gateway, 0))
        .map(drop)
        .map_err(|error| UpError::Engine {
            doing: format!("listen at {gateway}, where the containers of the run reach their links"),
            reason: error.to_string(),
            mend: ELSEWHERE,
        })
}

/// Engine that answers.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) version: String,
    /// Reason why nodes can't run in its containers, and advice; `None` if they can.
    pub(crate) lacks: Option<(String, String)>,
}

/// Looks for an engine, and for what the backend `containers` needs of it.
///
/// # Errors
/// When none answers; the text is the reason.
pub(crate) async fn found() -> Result<Engine, String> {
    let reason = |error| match error {
        UpError::Engine { reason, .. } => reason,
        other => other.to_string(),
    };
    let docker = connect().await.map_err(reason)?;
    let version = docker.version().await.map_err(|error| said(&error))?;
    let lacks = match super::network::gateway_of(&docker, "bridge").await.and_then(is_here) {
        Err(UpError::Engine { reason, mend, .. }) => Some((reason, mend.to_owned())),
        Err(other) => Some((other.to_string(), ELSEWHERE.to_owned())),
        Ok(()) => None,
    };
    Ok(Engine {
        version: version.version.unwrap_or_else(|| "of unknown version".to_owned()),
        lacks,
    })
}
