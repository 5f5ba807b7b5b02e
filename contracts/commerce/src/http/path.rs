use std::fmt::Display;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~').remove(b'.');

/// Fills `id` into the template's `{}`: `/v2/products/{}` and `a/b%` give `/v2/products/a%2Fb%25`.
pub(crate) fn path(template: &str, id: &impl Display) -> String {
    template.replacen("{}", &segment(&id.to_string()), 1)
}

/// Encodes one segment. `.` and `..` are encoded as well, because proxies and URL parsers would resolve them.
fn segment(value: &str) -> String {
    match value {
        "." | ".." => value.replace('.', "%2E"),
        other => utf8_percent_encode(other, RESERVED).to_string(),
    }
}
