use bytes::Bytes;
use pact_models::{bodies::OptionalBody, headers::parse_header, v4::http_parts::HttpResponse};

use super::{Operator, strength::place};
use crate::{Message, Part};

/// Reply that a provider might give.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Response to an HTTP request.
    Http(HttpReply),
    /// Message that it sends without a request.
    Message(Message),
}

/// HTTP response with its headers and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpReply {
    /// Status of the response.
    pub status: u16,
    /// Headers, sorted by name. A name is there once for each line that a provider has to send.
    pub headers: Vec<(String, String)>,
    /// Body of the response without its coding, such as gzip; empty if there is none.
    pub body: Bytes,
}

/// Reply that differs from another one, usually the pact's example, in one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutant {
    /// Operator that made the change.
    pub operator: Operator,
    /// Part of the reply that was changed.
    pub part: Part,
    /// Path into the body, or a name; empty for the whole part.
    pub path: String,
    /// Path with `[*]` in place of each index, so that it is the same for every element of a list.
    pub field: String,
    /// `true` if the pact allows this change, so that surviving is not a weakness.
    pub is_permitted: bool,
    /// Reply after the change.
    pub reply: Reply,
}

impl Mutant {
    /// Name of the field in reports.
    pub fn place(&self) -> String {
        place(self.part, &self.field)
    }
}

impl Reply {
    /// Body of a response, or contents of a message.
    pub fn body(&self) -> &Bytes {
        match self {
            Self::Http(reply) => &reply.body,
            Self::Message(message) => &message.contents,
        }
    }

    /// Copies the reply with another body; an empty one stands for no body.
    pub(super) fn with_body(&self, body: Bytes) -> Self {
        let mut changed = self.clone();
        match &mut changed {
            Self::Http(reply) => reply.body = body,
            Self::Message(message) => message.contents = body,
        }
        changed
    }
}

impl HttpReply {
    /// Reads the example of a response.
    pub(super) fn of(response: &HttpResponse) -> Self {
        let named = response.headers.iter().flatten();
        let lines = named.flat_map(|(name, values)| {
            let joined = values.join(", ");
            // Headers that are lists by their definition are one line; all others have a line for each value.
            let lines = if values.is_empty() || parse_header(name, &joined) == *values {
                vec![joined]
            } else {
                values.clone()
            };
            lines.into_iter().map(|line| (name.clone(), line))
        });
        let mut headers: Vec<_> = lines.collect();
        headers.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self {
            status: response.status,
            headers,
            body: response.body.value().unwrap_or_default(),
        }
    }

    /// Converts the reply into the form in which it is read off a socket, with its body in clear.
    pub(super) fn received(&self) -> HttpResponse {
        let mut headers = std::collections::HashMap::<String, Vec<String>>::new();
        for (name, value) in &self.headers {
            let values = headers.entry(name.clone()).or_default();
            values.extend(parse_header(name, value));
        }
        let mut response = HttpResponse {
            status: self.status,
            headers: (!headers.is_empty()).then_some(headers),
            ..HttpResponse::default()
        };
        if self.body.is_empty() {
            response.body = OptionalBody::Empty;
        } else {
            let content_type = response.content_type();
            response.body = OptionalBody::Present(self.body.clone(), content_type, None);
        }
        response
    }
}
