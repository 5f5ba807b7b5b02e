use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use seam::http::Transport;
use serde_json::json;

use crate::{domain::Message, mailer::NotTaken};

/// Posts push messages; the notification's id is the idempotency key.
pub(crate) struct Pusher {
    transport: Arc<dyn Transport>,
}

impl Pusher {
    pub(crate) fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport }
    }

    /// Answers once the endpoint has taken the message for the device `token`.
    pub(crate) async fn send(&self, token: &str, message: &Message) -> Result<(), NotTaken> {
        let body = json!({ "token": token, "title": message.change.subject(), "body": message.change.text() });
        let request = Request::builder()
            .method(Method::POST)
            .uri("/push")
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", message.id.to_string())
            .body(Bytes::from(body.to_string()))
            .map_err(|error| NotTaken::Refused(error.to_string()))?;
        let answer = self.transport.send(request).await;
        let status = answer
            .map_err(|failure| NotTaken::Unavailable(format!("push endpoint: {failure}")))?
            .status();
        match status {
            status if status.is_success() => Ok(()),
            // The message or the device is at fault. Any other answer may come from somebody on the way.
            StatusCode::BAD_REQUEST
            | StatusCode::GONE
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNPROCESSABLE_ENTITY => Err(NotTaken::Refused(format!("push endpoint answered {status}"))),
            _ => Err(NotTaken::Unavailable(format!("push endpoint answered {status}"))),
        }
    }
}
