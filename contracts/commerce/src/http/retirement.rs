use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Dates at which a version of the API was deprecated and will be removed.
#[derive(Debug)]
pub(crate) struct Retirement {
    /// Value of the header `Deprecation` (RFC 9745): a structured-field date, in seconds since 1970-01-01T00:00:00Z.
    pub(crate) deprecation: &'static str,
    /// Value of the header `Sunset` (RFC 8594): an HTTP date.
    pub(crate) sunset: &'static str,
}

/// Version 1: deprecated since 2026-11-01, removed on 2027-11-01.
pub(crate) const V1: Retirement = Retirement {
    deprecation: "@1793491200",
    sunset: "Mon, 01 Nov 2027 00:00:00 GMT",
};

impl Retirement {
    /// Adds both headers to a reply.
    pub(crate) fn announce(&self, headers: &mut HeaderMap) {
        for (name, value) in [("deprecation", self.deprecation), ("sunset", self.sunset)] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
}
