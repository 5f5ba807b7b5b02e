use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Context, Trace, chance, time};

/// The names of the headers that carry a [`Context`].
pub mod header {
    use http::HeaderName;

    /// The header of [`request_id`](crate::Context::request_id).
    pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    /// The header of [`correlation_id`](crate::Context::correlation_id).
    pub const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
    /// The header of [`causation_id`](crate::Context::causation_id).
    pub const CAUSATION_ID: HeaderName = HeaderName::from_static("x-causation-id");
    /// The header of [`trace`](crate::Context::trace), as in W3C Trace Context.
    pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
    /// The time that remains until the [`deadline`](crate::Context::deadline), in whole milliseconds: a
    /// duration, since clocks differ.
    pub const DEADLINE_MS: HeaderName = HeaderName::from_static("x-seam-deadline-ms");
    /// The header of [`caller`](crate::Context::caller).
    pub const CALLER: HeaderName = HeaderName::from_static("x-seam-caller");
    /// The header of [`shadow`](crate::Context::shadow): `1`, or absent.
    pub const SHADOW: HeaderName = HeaderName::from_static("x-seam-shadow");
}

const LONGEST_ID: usize = 128;

/// Writes a context into headers, over what they held of another. An id that is not 1 to 128 visible ASCII
/// characters is left out.
pub fn inject(context: &Context, headers: &mut HeaderMap) {
    let deadline = context.remaining().map(|left| left.as_millis().to_string());
    let fields: [(HeaderName, Option<&str>); 7] = [
        (header::REQUEST_ID, legible(&context.request_id)),
        (header::CORRELATION_ID, legible(&context.correlation_id)),
        (header::CAUSATION_ID, context.causation_id.as_deref().and_then(legible)),
        (header::TRACEPARENT, Some(&context.trace.to_string())),
        (header::DEADLINE_MS, deadline.as_deref()),
        (header::CALLER, legible(&context.caller)),
        (header::SHADOW, context.shadow.then_some("1")),
    ];
    for (name, value) in fields {
        match value.map(HeaderValue::from_str) {
            Some(Ok(value)) => headers.insert(name, value),
            _ => headers.remove(name),
        };
    }
}

/// Reads a context from headers. What is absent or malformed is replaced as in a fresh [`Context::root`]: a
/// stranger's header never makes a request fail.
///
/// The correlation id defaults to the request id, the caller to `anonymous`. Anybody can write any header: who
/// the caller is, these do not prove.
pub fn extract(headers: &HeaderMap) -> Context {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let id = |name| text(name).and_then(legible).map(str::to_owned);
    let request_id = id(header::REQUEST_ID).unwrap_or_else(|| chance::id().to_string());
    let deadline = text(header::DEADLINE_MS)
        .and_then(|text| text.parse().ok())
        .map(Duration::from_millis);
    Context {
        correlation_id: id(header::CORRELATION_ID).unwrap_or_else(|| request_id.clone()),
        request_id,
        causation_id: id(header::CAUSATION_ID),
        trace: text(header::TRACEPARENT)
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(Trace::begin),
        deadline: deadline.and_then(|left| time::monotonic().checked_add(left)),
        caller: id(header::CALLER).unwrap_or_else(|| Context::ANONYMOUS.to_owned()),
        shadow: text(header::SHADOW) == Some("1"),
    }
}

fn legible(id: &str) -> Option<&str> {
    let fits = !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(id)
}
