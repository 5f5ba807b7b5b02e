use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};

use super::{Handover, HandoverCall, HandoverError, HandoverReply};
use crate::{
    BoxFuture, Carrier, Contract, TransportFailure,
    http::{AnswerWithin, Transport},
};

/// The path below which a service answers calls of [`Handover`]; the module's name follows.
pub const HANDOVER_PATH: &str = "/admin/handover";

/// The most bytes of a call that a service reads, and of an answer that a client should: 64 MiB.
pub const HANDOVER_BODY: usize = 64 << 20;

/// Time for one answer: a range may be large.
const WITHIN: Duration = Duration::from_secs(60);

/// Calls of [`Handover`] to the service of one module, as JSON in `POST /admin/handover/{module}`, with the token of
/// its operators.
pub struct HandoverClient<T> {
    transport: T,
    path: String,
    authorization: HeaderValue,
}

impl<T: Transport> HandoverClient<T> {
    /// A client for the module of this name. `None` if the token holds anything but visible ASCII characters, or the
    /// name anything but letters, digits, `-` and `_`.
    pub fn new(transport: T, module: &str, token: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if module.is_empty() || !module.bytes().all(is_plain) || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let mut authorization = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
        authorization.set_sensitive(true);
        Some(Self {
            transport,
            path: format!("{HANDOVER_PATH}/{module}"),
            authorization,
        })
    }

    async fn post(&self, call: &HandoverCall) -> Result<HandoverReply, Failed> {
        let told = |reason: String| Failed::Transport(TransportFailure::new(self.path.clone(), reason));
        let body = serde_json::to_vec(call).map_err(|error| told(error.to_string()))?;
        let request = Request::post(&self.path)
            .header(header::AUTHORIZATION, &self.authorization)
            .header(header::CONTENT_TYPE, "application/json")
            .extension(AnswerWithin(WITHIN))
            .body(Bytes::from(body))
            .map_err(|error| told(error.to_string()))?;
        let response = self.transport.send(request).await.map_err(Failed::Transport)?;
        match response.status() {
            StatusCode::OK => serde_json::from_slice(response.body())
                .map_err(|error| told(format!("its answer is none to this call: {error}"))),
            StatusCode::UNAUTHORIZED => Err(Failed::Forbidden),
            status => {
                let text: String = String::from_utf8_lossy(response.body()).chars().take(200).collect();
                Err(told(format!("it answered {status}: {text}")))
            }
        }
    }
}

enum Failed {
    Forbidden,
    Transport(TransportFailure),
}

impl<T: Transport> Carrier<dyn Handover> for HandoverClient<T> {
    fn carry(&self, call: HandoverCall) -> BoxFuture<'_, HandoverReply> {
        Box::pin(async move {
            match self.post(&call).await {
                Ok(reply) => reply,
                Err(Failed::Transport(failure)) => <dyn Handover>::failed(&call, failure),
                Err(Failed::Forbidden) => forbidden(&call),
            }
        })
    }
}

fn forbidden(call: &HandoverCall) -> HandoverReply {
    let error = HandoverError::Forbidden;
    match call {
        HandoverCall::Layout {} => HandoverReply::Layout(Err(error)),
        HandoverCall::Summarize { .. } => HandoverReply::Summarize(Err(error)),
        HandoverCall::Outline { .. } => HandoverReply::Outline(Err(error)),
        HandoverCall::Give { .. } => HandoverReply::Give(Err(error)),
        HandoverCall::Take { .. } => HandoverReply::Take(Err(error)),
        HandoverCall::Duty {} => HandoverReply::Duty(Err(error)),
        HandoverCall::StandBy { .. } => HandoverReply::StandBy(Err(error)),
        HandoverCall::Act { .. } => HandoverReply::Act(Err(error)),
    }
}

/// Answers the body of a request that was let in.
pub async fn answer_handover(service: Arc<dyn Handover>, body: &[u8]) -> Response<Bytes> {
    let (status, body) = match serde_json::from_slice::<HandoverCall>(body) {
        Ok(call) => match serde_json::to_vec(&service.dispatch(call).await) {
            Ok(reply) => (StatusCode::OK, reply),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string().into_bytes()),
        },
        // The position alone: serde's message may quote a value.
        Err(error) => (
            StatusCode::BAD_REQUEST,
            format!(
                "no call of a handover, at line {} column {}",
                error.line(),
                error.column()
            )
            .into_bytes(),
        ),
    };
    let kind = match status {
        StatusCode::OK => "application/json",
        _ => "text/plain; charset=utf-8",
    };
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

impl<T> fmt::Debug for HandoverClient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the token.
        f.debug_struct("HandoverClient")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
