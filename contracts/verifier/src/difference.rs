use bytes::Bytes;
use pact_matching::Mismatch;
use serde::Serialize;

/// Place at which a reply differs from what the consumer needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Part of the reply.
    pub part: Part,
    /// Path into the body, or the name of a header; empty for the whole part.
    pub path: String,
    /// Example value in the pact.
    pub expected: String,
    /// Value that the provider sent.
    pub got: String,
    /// Explanation by the matcher.
    pub why: String,
}

/// Part of a reply or a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Status of an HTTP response.
    Status,
    /// Header of an HTTP response.
    Header,
    /// Media type of the body or the contents.
    ContentType,
    /// Body of a response, or contents of a message.
    Body,
    /// Metadata of a message.
    Metadata,
    /// The request. A reply never differs in it.
    Request,
}

impl Part {
    /// Name in reports, such as `content type`.
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
