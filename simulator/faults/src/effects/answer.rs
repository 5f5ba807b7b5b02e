use std::collections::BTreeMap;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{Problem, within};

/// Answers requests in place of the upstream, which never sees them. Requests before and after it on the connection
/// are served, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Status, 200 to 599.
    pub status: u16,
    /// Headers of the answer, beside its `content-length`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Body of the answer, by default none. A status of 204 or 304 allows none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
}

impl Answer {
    pub(super) fn check(&self) -> Result<(), Problem> {
        within("does.answer.status", self.status.into(), 200, 599)?;
        if self.is_without_body() && !self.body.is_empty() {
            return Err(Problem::new(
                "does.answer.body",
                "set",
                "none with a status of 204 or 304",
            ));
        }
        for (name, value) in &self.headers {
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            let frames = ["content-length", "transfer-encoding", "connection"];
            let is_ours = frames.contains(&name.to_ascii_lowercase().as_str());
            if name.is_empty() || !name.bytes().all(is_name) || is_ours {
                let wanted = "names of headers that do not frame the body";
                return Err(Problem::new("does.answer.headers", format!("{name:?}"), wanted));
            }
            if value.chars().any(char::is_control) {
                let field = format!("does.answer.headers.{name}");
                return Err(Problem::new(
                    &field,
                    format!("{value:?}"),
                    "text without control characters",
                ));
            }
        }
        Ok(())
    }

    /// Returns the bytes of the answer to a request with this method.
    pub(crate) fn bytes(&self, method: &str, is_last: bool) -> Bytes {
        let mut text = format!("HTTP/1.1 {} \r\n", self.status);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        if is_last {
            text += "connection: close\r\n";
        }
        if !self.is_without_body() {
            text += &format!("content-length: {}\r\n", self.body.len());
        }
        text += "\r\n";
        if method != "HEAD" {
            text += &self.body;
        }
        text.into()
    }

    fn is_without_body(&self) -> bool {
        matches!(self.status, 204 | 304)
    }
}
