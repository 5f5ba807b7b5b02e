//! Logs as JSON lines on stderr. Each line has the request, correlation and trace id of the request or event that
//! it belongs to.

mod json_lines;

use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

pub use json_lines::JsonLines;

/// True if the text is a tracing filter.
pub fn is_filter(text: &str) -> bool {
    EnvFilter::try_new(text).is_ok()
}

/// Sends logs to stderr. Only the first call in a process has an effect; an unusable filter means `info`.
pub fn init(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let _already = tracing_subscriber::registry()
        .with(filter)
        .with(JsonLines::new(std::io::stderr))
        .try_init();
}
