use bytes::Bytes;
use pact_matching::Mismatch;
use serde::Serialize;

/// One place where an answer is not what the consumer needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which part of the answer.
    pub part: Part,
    /// Where in it: a path into the body, the name of a header; empty for the whole part.
    pub path: String,
    /// What the pact has there as its example.
    pub expected: String,
    /// What the provider sent.
    pub got: String,
    /// What the matcher says of it.
    pub why: String,
}

/// A part of an answer or a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The HTTP status.
    Status,
    /// A header.
    Header,
    /// The media type of the body.
    ContentType,
    /// The body.
    Body,
    /// What stands beside a message.
    Metadata,
    /// The request; of no concern to an answer.
    Request,
}

impl Part {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Header => "header",
            Self::ContentType => "content type",
            Self::Body => "body",
            Self::Metadata => "metadata",
            Self::Request => "request",
        }
    }
}

impl From<&Mismatch> for Difference {
    fn from(mismatch: &Mismatch) -> Self {
        let why = mismatch.description();
        let of = |part, path: &str, expected: String, got: String| Self {
            part,
            path: path.to_owned(),
            expected,
            got,
            why: why.clone(),
        };
        match mismatch {
            Mismatch::StatusMismatch { expected, actual, .. } => {
                of(Part::Status, "", expected.to_string(), actual.to_string())
            }
            Mismatch::HeaderMismatch {
                key, expected, actual, ..
            } => of(Part::Header, key, expected.clone(), actual.clone()),
            Mismatch::BodyTypeMismatch { expected, actual, .. } => {
                of(Part::ContentType, "", expected.clone(), actual.clone())
            }
            Mismatch::BodyMismatch {
                path, expected, actual, ..
            } => of(Part::Body, path, text(expected.as_ref()), text(actual.as_ref())),
            Mismatch::MetadataMismatch {
                key, expected, actual, ..
            } => of(Part::Metadata, key, expected.clone(), actual.clone()),
            Mismatch::MethodMismatch { expected, actual, .. } | Mismatch::PathMismatch { expected, actual, .. } => {
                of(Part::Request, "", expected.clone(), actual.clone())
            }
            Mismatch::QueryMismatch {
                parameter,
                expected,
                actual,
                ..
            } => of(Part::Request, parameter, expected.clone(), actual.clone()),
        }
    }
}

fn text(bytes: Option<&Bytes>) -> String {
    bytes.map_or_else(
        || "nothing".to_owned(),
        |bytes| String::from_utf8_lossy(bytes).into_owned(),
    )
}
