use std::str::FromStr;

use axum::{
    body::Bytes,
    extract::{FromRequestParts, RawPathParams, Request},
    http::{HeaderMap, header},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{body, failure::Failure, key, operation::Operation, query::Query};
use crate::{ErrorCode, IdempotencyKey, Invalid, json};

/// A request whose path, query and size have been checked.
pub(crate) struct Incoming {
    ids: Vec<(String, String)>,
    pub(crate) query: Query,
    headers: HeaderMap,
    body: Bytes,
}

impl Incoming {
    /// Reads a request to `operation`.
    pub(crate) async fn read(request: Request, operation: &Operation) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let ids = RawPathParams::from_request_parts(&mut parts, &())
            .await
            .map_err(|_| Invalid::new("path", parts.uri.path(), "UTF-8, percent-encoded"))?;
        let ids = ids.iter().map(|(name, id)| (name.to_owned(), id.to_owned())).collect();
        let query = Query::parse(parts.uri.query(), &operation.query_names())?;
        let body = body::read(body).await?;
        plain(&parts.headers)?;
        Ok(Self {
            ids,
            query,
            headers: parts.headers,
            body,
        })
    }

    /// Parses the id that stands in the path for `{name}`.
    pub(crate) fn id<T: FromStr<Err = Invalid>>(&self, name: &str) -> Result<T, Failure> {
        let found = self.ids.iter().find(|(known, _)| known == name);
        let text = found.map_or("", |(_, id)| id);
        text.parse().map_err(|invalid: Invalid| {
            let invalid = Invalid {
                field: name.to_owned(),
                ..invalid
            };
            invalid.into()
        })
    }

    /// Reads the idempotency key; fails if it is missing or malformed.
    pub(crate) fn key(&self) -> Result<IdempotencyKey, Failure> {
        key::read(&self.headers)
    }

    /// Parses the body, which must be declared as JSON and be an object.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        if !self.is_declared_json() {
            let seen = self.headers.get(header::CONTENT_TYPE);
            let seen = seen.map_or("absent".into(), |value| String::from_utf8_lossy(value.as_bytes()));
            let invalid = Invalid::new("Content-Type", seen, "application/json");
            return Err(Failure::of_http(ErrorCode::UnsupportedMediaType, invalid.to_string()));
        }
        let text = std::str::from_utf8(&self.body).map_err(|error| {
            let place = format!("not UTF-8 after byte {}", error.valid_up_to());
            Invalid::new("body", place, "JSON in UTF-8")
        })?;
        Ok(json::parse_object(text)?)
    }

    /// Refuses a body with content, for commands that take none. An empty body and `{}` are accepted.
    pub(crate) fn no_body(&self) -> Result<(), Failure> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}

        if !self.body.is_empty() {
            self.json::<Nothing>()?;
        }
        Ok(())
    }

    fn is_declared_json(&self) -> bool {
        let declared = self
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let essence = declared.and_then(|value| value.split(';').next()).unwrap_or_default();
        essence.trim().eq_ignore_ascii_case("application/json")
    }
}

/// Refuses a body that is compressed, or said to be.
fn plain(headers: &HeaderMap) -> Result<(), Failure> {
    for value in headers.get_all(header::CONTENT_ENCODING) {
        if !value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity") {
            let seen = String::from_utf8_lossy(value.as_bytes());
            let invalid = Invalid::new("Content-Encoding", seen, "none, or identity");
            return Err(Failure::of_http(ErrorCode::UnsupportedMediaType, invalid.to_string()));
        }
    }
    Ok(())
}
