use thiserror::Error;

/// Refusal of a request, which changed nothing. It begins with Toxiproxy's own words, where that has some.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}: {detail}", kind.text())]
pub(crate) struct Refusal {
    kind: Kind,
    detail: String,
}

/// Reason for a refusal, with a status of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    BadRequest,
    BadQuery,
    MissingField,
    ProxyNotFound,
    ProxyExists,
    InvalidStream,
    InvalidType,
    ToxicNotFound,
    ToxicExists,
    FaultNotFound,
    FaultExists,
    TooMany,
    Address,
}

impl Refusal {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }

    /// Refuses a body.
    pub(crate) fn of_body(detail: impl Into<String>) -> Self {
        Self::new(Kind::BadRequest, detail)
    }

    /// Refuses the query of a path.
    pub(crate) fn of_query(detail: impl Into<String>) -> Self {
        Self::new(Kind::BadQuery, detail)
    }

    /// Returns the status with which Toxiproxy answers: 500 for an address that can't be listened on, too.
    pub(crate) fn status(&self) -> u16 {
        match self.kind {
            Kind::BadRequest | Kind::BadQuery | Kind::MissingField | Kind::InvalidStream | Kind::InvalidType => 400,
            Kind::ProxyNotFound | Kind::ToxicNotFound | Kind::FaultNotFound => 404,
            Kind::ProxyExists | Kind::ToxicExists | Kind::FaultExists | Kind::TooMany => 409,
            Kind::Address => 500,
        }
    }
}

impl Kind {
    fn text(self) -> &'static str {
        match self {
            Self::BadRequest => "bad request body",
            Self::BadQuery => "bad query",
            Self::MissingField => "missing required field",
            Self::ProxyNotFound => "proxy not found",
            Self::ProxyExists => "proxy already exists",
            Self::InvalidStream => "stream was invalid, can be either upstream or downstream",
            Self::InvalidType => "invalid toxic type",
            Self::ToxicNotFound => "toxic not found",
            Self::ToxicExists => "toxic already exists",
            Self::FaultNotFound => "fault not found",
            Self::FaultExists => "fault already exists",
            Self::TooMany => "too many faults",
            Self::Address => "can't listen",
        }
    }
}
