use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use seam::http::Transport;
use serde_json::json;

use crate::{channel::ChannelError, domain::Message};

/// Posts push messages to the push endpoint, with the notification's id as idempotency key.
pub(crate) struct Pusher {
    transport: Arc<dyn Transport>,
}

impl Pusher {
    pub(crate) fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport }
    }

    /// Returns once the endpoint has accepted the message for the device `token`.
    pub(crate) async fn send(&self, token: &str, message: &Message) -> Result<(), ChannelError> {
        let body = json!({ "token": token, "title": message.change.subject(), "body": message.change.text() });
        let request = Request::builder()
            .method(Method::POST)
            .uri("/push")
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", message.id.to_string())
            .body(Bytes::from(body.to_string()))
            .map_err(|error| ChannelError::Refused(error.to_string()))?;
        let answer = self.transport.send(request).await;
        let status = answer
            .map_err(|failure| {
                // It may become part of an answer, and the system's own message is for the log.
                tracing::warn!(reason = failure.reason, "push endpoint gave no answer");
                ChannelError::Unavailable("push endpoint: no answer".to_owned())
            })?
            .status();
        match status {
            status if status.is_success() => Ok(()),
            // The message or the device is at fault. Any other status may come from a proxy on the way.
            StatusCode::BAD_REQUEST
            | StatusCode::GONE
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNPROCESSABLE_ENTITY => {
                Err(ChannelError::Refused(format!("push endpoint answered {status}")))
            }
            _ => Err(ChannelError::Unavailable(format!("push endpoint answered {status}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Response;
    use seam::{BoxFuture, TransportFailure};

    use super::*;

    /// Answers every request with this status.
    struct Says(u16);

    impl Transport for Says {
        fn send(&self, _: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
            let response = Response::builder().status(self.0).body(Bytes::new());
            Box::pin(async move { response.map_err(|error| TransportFailure::new("push", error.to_string())) })
        }
    }

    #[tokio::test]
    async fn each_status_is_a_message_that_was_sent_or_refused_or_is_tried_again() {
        let message = Message::sample();
        let mut refused = Vec::new();
        for status in 200..600 {
            match Pusher::new(Arc::new(Says(status))).send("device", &message).await {
                Ok(()) => assert!(status < 300, "{status}"),
                Err(ChannelError::Refused(_)) => refused.push(status),
                Err(ChannelError::Unavailable(_)) => assert!(status >= 300, "{status}"),
            }
        }
        assert_eq!(refused, [400, 410, 413, 422]);
    }
}
