use std::{env, time::Duration};

use bytes::Bytes;
use clap::Args;
use http::{Method, Request, StatusCode, header};
use seam::{
    http::{Socket, SocketLimits, Transport},
    launch::{ADMIN_PATH, CLAIM_HEADER, Claim, Lacking, Position, Problem, Reconciled, Status},
};
use serde::de::DeserializeOwned;

/// Variable that holds the token of the operators. No argument does: others on the machine can see those.
const TOKEN: &str = "SEAM_ADMIN_TOKEN";

/// Time limit of a request. A repair makes many calls.
const LIMIT: Duration = Duration::from_secs(600);

/// The process whose launches are meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct Place {
    /// The base URL of the process, such as http://127.0.0.1:8080
    #[arg(long, value_name = "URL", env = "SEAM_LAUNCH_URL")]
    pub(super) url: Option<String>,
}

/// Reason why a request had no effect.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// The launch refused it.
    Refused(String),
    /// Nobody who could answer was asked.
    CouldNotAsk(String),
}

/// A client of the API for operators.
pub(crate) struct Client {
    socket: Socket,
    token: String,
    /// The claim that the gate is to judge by in place of the process's own, as JSON.
    claim: Option<String>,
}

impl Place {
    /// The client of that process.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let missing = || Failure::CouldNotAsk("say which process is meant: --url URL, or SEAM_LAUNCH_URL".to_owned());
        Client::at(self.url.as_deref().ok_or_else(missing)?)
    }
}

impl Client {
    /// The client of the process at this URL, with the token in the environment.
    pub(crate) fn at(url: &str) -> Result<Self, Failure> {
        let refuse = |reason: String| Failure::CouldNotAsk(reason);
        let token = env::var(TOKEN).ok().filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| refuse(format!("{TOKEN} is not set; it holds the token of the operators")))?;
        let limits = SocketLimits {
            answer: LIMIT,
            ..SocketLimits::default()
        };
        let socket = Socket::new(url, limits).map_err(|error| refuse(error.to_string()))?;
        Ok(Self {
            socket,
            token,
            claim: None,
        })
    }

    /// A client with this token whose answers are judged by this claim, and come within `limit`.
    pub(crate) fn judging_by(url: &str, token: String, claim: &Claim, limit: Duration) -> Result<Self, Failure> {
        let limits = SocketLimits {
            answer: limit,
            ..SocketLimits::default()
        };
        let socket = Socket::new(url, limits).map_err(|error| Failure::CouldNotAsk(error.to_string()))?;
        let claim = serde_json::to_string(claim).map_err(|error| Failure::CouldNotAsk(error.to_string()))?;
        Ok(Self {
            socket,
            token,
            claim: Some(claim),
        })
    }

    /// The state of every launch.
    pub(crate) async fn all(&self) -> Result<Vec<Status>, Failure> {
        self.ask(Method::GET, "", None).await
    }

    /// The state of one launch.
    pub(crate) async fn status(&self, module: &str) -> Result<Status, Failure> {
        self.ask(Method::GET, &path(module, "")?, None).await
    }

    /// Turns the launch that had this state.
    pub(crate) async fn turn(&self, before: &Status, position: Position) -> Result<Status, Failure> {
        let body = serde_json::to_vec(&position).map_err(|error| Failure::CouldNotAsk(error.to_string()))?;
        let change = (before.revision.as_str(), body);
        self.ask(Method::PUT, &path(&before.name, "")?, Some(change)).await
    }

    /// The writes that one side may lack.
    pub(crate) async fn lacking(&self, module: &str) -> Result<Vec<Lacking>, Failure> {
        self.ask(Method::GET, &path(module, "/lacking")?, None).await
    }

    /// Gives each side the writes that it lacks.
    pub(crate) async fn repair(&self, module: &str) -> Result<Reconciled, Failure> {
        self.ask(Method::POST, &path(module, "/repair")?, None).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        change: Option<(&str, Vec<u8>)>,
    ) -> Result<T, Failure> {
        let could_not = |reason: String| Failure::CouldNotAsk(reason);
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{ADMIN_PATH}{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        if let Some((revision, _)) = &change {
            request = request.header(header::IF_MATCH, format!("\"{revision}\""));
        }
        if let Some(claim) = &self.claim {
            request = request.header(CLAIM_HEADER, claim);
        }
        let body = change.map(|(_, body)| body).unwrap_or_default();
        // The error would show the token.
        let request = request
            .body(Bytes::from(body))
            .map_err(|_| could_not(format!("{TOKEN} is no text for a header")))?;
        let answer = self
            .socket
            .send(request)
            .await
            .map_err(|error| could_not(error.to_string()))?;
        if answer.status().is_success() {
            return serde_json::from_slice(answer.body())
                .map_err(|error| could_not(format!("the answer is of another version of seam: {error}")));
        }
        let reason = serde_json::from_slice::<Problem>(answer.body()).map(|problem| problem.error);
        Err(match (answer.status(), reason) {
            (StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED | StatusCode::UNPROCESSABLE_ENTITY, Ok(reason)) => {
                Failure::Refused(reason)
            }
            (_, Ok(reason)) => could_not(reason),
            (status, Err(_)) => could_not(format!(
                "it answers {status} at {ADMIN_PATH}: is this a process with a launch, and does it have a token?"
            )),
        })
    }
}

/// The path of a launch, below that of all.
fn path(module: &str, action: &str) -> Result<String, Failure> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    if module.is_empty() || !module.bytes().all(is_plain) || module.starts_with('.') {
        return Err(Failure::CouldNotAsk(format!("{module:?} is no name of a launch")));
    }
    Ok(format!("/{module}{action}"))
}
