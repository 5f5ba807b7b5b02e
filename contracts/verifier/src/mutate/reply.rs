use bytes::Bytes;
use pact_models::{bodies::OptionalBody, v4::http_parts::HttpResponse};

use super::{Operator, strength::place};
use crate::{Message, Part};

/// A reply that a provider might give.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// To a request.
    Http(HttpReply),
    /// A message that it sends on its own.
    Message(Message),
}

/// An HTTP response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// The headers, by name.
    pub headers: Vec<(String, String)>,
    /// The body; empty where there is none.
    pub body: Bytes,
}

/// A reply in which one thing is not as in the pact's example.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutant {
    /// What was done.
    pub operator: Operator,
    /// To which part of the reply.
    pub part: Part,
    /// Where in it: a path into the body, or a name; empty for the whole part.
    pub path: String,
    /// The same for every element of a list: `[*]` instead of the number of each.
    pub field: String,
    /// Whether the pact says that a provider may do this. It is no hole that nothing notices it.
    pub is_permitted: bool,
    /// What the provider answers.
    pub reply: Reply,
}

impl Mutant {
    /// The field as reports name it.
    pub fn place(&self) -> String {
        place(self.part, &self.field)
    }
}

impl Reply {
    /// The body, or the contents of the message.
    pub fn body(&self) -> &Bytes {
        match self {
            Self::Http(reply) => &reply.body,
            Self::Message(message) => &message.contents,
        }
    }

    /// The same with another body; none is an empty one.
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
    /// The example of a response.
    pub(super) fn of(response: &HttpResponse) -> Self {
        let named = response.headers.iter().flatten();
        let mut headers: Vec<_> = named.map(|(name, values)| (name.clone(), values.join(", "))).collect();
        headers.sort();
        Self {
            status: response.status,
            headers,
            body: response.body.value().unwrap_or_default(),
        }
    }

    /// As pact_verifier reads it off a socket.
    pub(super) fn received(&self) -> HttpResponse {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), pact_models::headers::parse_header(name, value)));
        let headers: std::collections::HashMap<_, _> = headers.collect();
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
