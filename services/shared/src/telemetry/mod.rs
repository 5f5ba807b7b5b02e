//! Logs as JSON lines on stderr, each with the request, correlation and trace id of the request it belongs to.

use tracing_subscriber::EnvFilter;

/// Whether the text is a tracing filter.
pub fn is_filter(text: &str) -> bool {
    EnvFilter::try_new(text).is_ok()
}

/// Sends logs to stderr. The first call of a process counts.
pub fn init(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let _already = tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .try_init();
}
