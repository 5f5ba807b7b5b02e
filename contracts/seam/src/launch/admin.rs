//! Launches over HTTP, for operators with a token.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::http::BearerToken;
use crate::launch::{Claim, Lacking, Operated, Position, Refused, Repaired, Status, ambient::Ambient};

/// The path below which an [`Admin`] answers.
pub const ADMIN_PATH: &str = "/admin/launch";

/// The header with the [`Claim`] that a request wants the gate to judge by, as JSON, in place of the launch's own.
pub const CLAIM_HEADER: &str = "x-seam-claim";

/// The most bytes of a request's body.
pub const ADMIN_BODY: usize = 64 << 10;

/// The launches of a process, as its operators reach them over HTTP. It knows no server: hand requests below
/// [`ADMIN_PATH`] to [`Admin::answer`].
///
/// | request | answer |
/// |---|---|
/// | `GET /admin/launch` | every launch, an array of [`Status`] |
/// | `GET /admin/launch/{name}` | its [`Status`]; the header `ETag` has its revision |
/// | `PUT /admin/launch/{name}` with a [`Position`] and `If-Match: ETag` | the [`Status`] after it |
/// | `GET /admin/launch/{name}/lacking` | the writes that one side may lack, an array of [`Lacking`] |
/// | `POST /admin/launch/{name}/repair` | [`Reconciled`], after a repair, which goes on if its operator goes away |
///
/// Each needs `Authorization: Bearer TOKEN`. A [`Claim`] in the header [`CLAIM_HEADER`] is judged by in the answer; it
/// changes nothing for others. A failure is a [`Problem`], and changes nothing:
///
/// | status | reason |
/// |---|---|
/// | 400 | the body is no JSON |
/// | 401 | the token is missing, or another one |
/// | 404 | the launch is not there, or has no journal |
/// | 405 | the path knows no such method; `Allow` names those that it knows |
/// | 409 | the source has settings that are refused, or it is written elsewhere ([`Refused::ReadOnly`]) |
/// | 412 | the launch was turned since that revision |
/// | 422 | the body is no position, or one that is refused; the claim is none |
/// | 428 | `If-Match` is missing; `*` turns the launch whatever it was |
/// | 500 | the position can't be written |
pub struct Admin {
    token: BearerToken,
    launches: Vec<Arc<dyn Operated>>,
    claim: Claim,
}

/// The reason why a request of an operator had no effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The reason, with what to do.
    pub error: String,
}

/// The result of a repair, and what is left after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    /// The counts.
    pub repaired: Repaired,
    /// The writes that one side still lacks.
    pub lacking: Vec<Lacking>,
}

type Answer = Response<Bytes>;

impl Admin {
    /// Lets operators in who know the token.
    pub fn new(token: BearerToken) -> Self {
        Self {
            token,
            launches: Vec::new(),
            claim: Claim::default(),
        }
    }

    /// Adds a launch.
    #[must_use]
    pub fn with(mut self, launch: Arc<dyn Operated>) -> Self {
        self.launches.push(launch);
        self
    }

    /// Judges by another claim than the default one.
    #[must_use]
    pub fn claim(self, claim: Claim) -> Self {
        Self { claim, ..self }
    }

    /// The refusal of a request without the token; `None` if it has it. [`Admin::answer`] looks too; a server asks
    /// before it reads a body.
    pub fn refusal(&self, headers: &HeaderMap) -> Option<Response<Bytes>> {
        if self.token.admits(headers) {
            return None;
        }
        let mut refused = problem(
            StatusCode::UNAUTHORIZED,
            "the token of operators is wanted: `Authorization: Bearer TOKEN`",
        );
        let challenge = HeaderValue::from_static("Bearer");
        refused.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        Some(refused)
    }

    /// Answers a request. `path` begins with [`ADMIN_PATH`].
    pub async fn answer(&self, method: &Method, path: &str, headers: &HeaderMap, body: &[u8]) -> Response<Bytes> {
        if let Some(refused) = self.refusal(headers) {
            return refused;
        }
        let claim = match claimed(headers) {
            Ok(claim) => claim.unwrap_or_else(|| self.claim.clone()),
            Err(wrong) => return problem(StatusCode::UNPROCESSABLE_ENTITY, wrong),
        };
        let rest = path.strip_prefix(ADMIN_PATH).unwrap_or(path);
        let segments: Vec<&str> = rest.split('/').filter(|segment| !segment.is_empty()).collect();
        let (name, action) = match segments.as_slice() {
            [] if method == Method::GET => return self.all(claim).await,
            [] => return not_allowed("GET"),
            [name] => (*name, ""),
            [name, action @ ("lacking" | "repair")] => (*name, *action),
            _ => return problem(StatusCode::NOT_FOUND, format!("there is no {path:.200}")),
        };
        let Some(launch) = self.launches.iter().find(|launch| launch.name() == name) else {
            let names: Vec<&str> = self.launches.iter().map(|launch| launch.name()).collect();
            let missing = format!("there is no launch {name:.100}; there are: {}", names.join(", "));
            return problem(StatusCode::NOT_FOUND, missing);
        };
        let launch = Arc::clone(launch);
        match (method.as_str(), action) {
            ("GET", "") => status(launch, claim).await,
            ("PUT", "") => turn(launch, claim, headers, body).await,
            ("GET", "lacking") => lacking(&*launch),
            ("POST", "repair") => repair(launch).await,
            (_, "") => not_allowed("GET, PUT"),
            (_, "lacking") => not_allowed("GET"),
            _ => not_allowed("POST"),
        }
    }

    async fn all(&self, claim: Claim) -> Answer {
        let launches = self.launches.clone();
        let all = move || {
            launches
                .iter()
                .map(|launch| launch.status(&claim))
                .collect::<Vec<Status>>()
        };
        match tokio::task::spawn_blocking(all).await {
            Ok(all) => json(StatusCode::OK, &all),
            Err(_panicked) => problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the status can't be read; see the log",
            ),
        }
    }
}

/// The claim that a request brings.
fn claimed(headers: &HeaderMap) -> Result<Option<Claim>, String> {
    let Some(text) = headers.get(CLAIM_HEADER) else {
        return Ok(None);
    };
    let claim: Claim = serde_json::from_slice(text.as_bytes()).map_err(|error| format!("{CLAIM_HEADER}: {error}"))?;
    match claim.problem() {
        Some(problem) => Err(format!("{CLAIM_HEADER}: {problem}")),
        None => Ok(Some(claim)),
    }
}

async fn status(launch: Arc<dyn Operated>, claim: Claim) -> Answer {
    match tokio::task::spawn_blocking(move || launch.status(&claim)).await {
        Ok(status) => tagged(&status),
        Err(_panicked) => problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the status can't be read; see the log",
        ),
    }
}

async fn turn(launch: Arc<dyn Operated>, claim: Claim, headers: &HeaderMap, body: &[u8]) -> Answer {
    let position: Position = match read(body) {
        Ok(position) => position,
        Err((status, error)) => return problem(status, error),
    };
    let revision = match headers.get(header::IF_MATCH).map(HeaderValue::to_str) {
        Some(Ok("*")) => None,
        Some(Ok(tag)) => Some(tag.trim().trim_matches('"').to_owned()),
        _ => {
            let wanted = "`If-Match` is wanted: the ETag of the status that the change was made from, or *";
            return problem(StatusCode::PRECONDITION_REQUIRED, wanted);
        }
    };
    let turned = Arc::clone(&launch);
    // It writes a file.
    let turned = tokio::task::spawn_blocking(move || turned.turn(position, revision.as_deref())).await;
    match turned {
        Ok(Ok(())) => status(launch, claim).await,
        Ok(Err(refused)) => problem(status_of(&refused), refused),
        Err(_panicked) => problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the launch can't be turned; see the log",
        ),
    }
}

/// Reads a body, and names the field that is wrong.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, (StatusCode, String)> {
    let mut json = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut json)
        .map_err(|error| {
            let path = error.path().to_string();
            (path, error.into_inner())
        })
        .and_then(|read| json.end().map(|()| read).map_err(|error| (".".to_owned(), error)))
        .map_err(|(path, error)| {
            // JSON of another form or with a dial above 100 %, against what is no JSON.
            let status = if error.is_data() {
                StatusCode::UNPROCESSABLE_ENTITY
            } else {
                StatusCode::BAD_REQUEST
            };
            (status, format!("{path}: {error}"))
        })
}

fn status_of(refused: &Refused) -> StatusCode {
    match refused {
        Refused::Stale { .. } => StatusCode::PRECONDITION_FAILED,
        Refused::Unmended { .. } | Refused::ReadOnly => StatusCode::CONFLICT,
        Refused::File { .. } | Refused::Io { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn lacking(launch: &dyn Operated) -> Answer {
    launch
        .lacking()
        .map_or_else(no_journal, |lacking| json(StatusCode::OK, &lacking))
}

async fn repair(launch: Arc<dyn Operated>) -> Answer {
    if launch.lacking().is_none() {
        return no_journal();
    }
    let ambient = Ambient::current();
    let repair = async move {
        let repaired = launch.repair().await;
        let lacking = launch.lacking().unwrap_or_default();
        Reconciled { repaired, lacking }
    };
    let caller = ambient.clone();
    // A server drops the answer of a client that goes away, and a repair that ends between a side's act and the note
    // of it loses what the other side has to be lent.
    let repaired = tokio::spawn(ambient.scope(async move { caller.as_caller(repair).await }));
    match repaired.await {
        Ok(reconciled) => json(StatusCode::OK, &reconciled),
        Err(_panicked) => problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the repair can't be made; see the log",
        ),
    }
}

fn no_journal() -> Answer {
    let reason = "the launch is of reads alone: writes never go to both sides, so there is nothing to reconcile";
    problem(StatusCode::NOT_FOUND, reason)
}

fn not_allowed(methods: &'static str) -> Answer {
    let mut refused = problem(StatusCode::METHOD_NOT_ALLOWED, format!("wanted {methods}"));
    refused
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(methods));
    refused
}

fn problem(status: StatusCode, error: impl ToString) -> Answer {
    let error = error.to_string();
    json(status, &Problem { error })
}

fn tagged(status: &Status) -> Answer {
    let mut answer = json(StatusCode::OK, status);
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", status.revision)) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}

fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}").into_bytes());
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the token.
        let names = self.launches.iter().map(|launch| launch.name());
        f.debug_list().entries(names).finish()
    }
}
