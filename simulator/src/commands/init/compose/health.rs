//! Health checks of a service.

use regex::Regex;
use serde_json::Value;

use super::{super::draft::Ready, text::template};

/// A check, and the time in milliseconds that it gives its service.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Health {
    pub(super) check: Option<Check>,
    pub(super) within_ms: Option<u64>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Check {
    /// A GET of this path, at this port of the container.
    Http {
        port: Option<u16>,
        path: String,
    },
    Command(Vec<String>),
}

/// The health check of a service.
pub(super) fn health(service: &Value, lost: &mut Vec<String>) -> Health {
    let check = &service["healthcheck"];
    if !check.is_object() || check["disable"] == true {
        return Health::default();
    }
    let words: Vec<&str> = match &check["test"] {
        Value::String(text) => vec!["CMD-SHELL", text],
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let check_of = |words: &[&str]| fetched(&words.join(" "));
    let check_of =
        match words.as_slice() {
            [] | ["NONE", ..] => None,
            ["CMD-SHELL", text, ..] => Some(check_of(&[text]).unwrap_or_else(|| {
                Check::Command(vec![
                    "sh".to_owned(),
                    "-c".to_owned(),
                    template(text, "healthcheck", lost),
                ])
            })),
            ["CMD", words @ ..] | words => Some(check_of(words).unwrap_or_else(|| {
                Check::Command(words.iter().map(|word| template(word, "healthcheck", lost)).collect())
            })),
        };
    Health {
        check: check_of,
        within_ms: within(check),
    }
}

/// The path that `curl` or `wget` asks for on the container itself.
fn fetched(command: &str) -> Option<Check> {
    let fetches = command.contains("curl") || command.contains("wget");
    let url = Regex::new(r#"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(\d+))?(/[^\s"'|;]*)?"#).ok()?;
    let found = url
        .captures(command)
        .filter(|_| fetches && !command.contains("https://"))?;
    Some(Check::Http {
        port: found.get(1).and_then(|port| port.as_str().parse().ok()).or(Some(80)),
        path: found.get(2).map_or("/", |path| path.as_str()).to_owned(),
    })
}

/// Milliseconds until compose gives a service up, where the check says any of them.
fn within(check: &Value) -> Option<u64> {
    let time = |key: &str| check[key].as_str().and_then(milliseconds);
    let named = ["start_period", "interval", "retries"];
    named.iter().find(|key| !check[**key].is_null())?;
    let interval = time("interval").unwrap_or(30_000);
    let retries = check["retries"].as_u64().unwrap_or(3);
    Some(time("start_period").unwrap_or(0) + interval.saturating_mul(retries.saturating_add(1)))
}

/// Milliseconds of a duration of compose, such as `1m30s`.
pub(super) fn milliseconds(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total = 0u64;
    while !rest.is_empty() {
        let digits = rest
            .find(|letter: char| !letter.is_ascii_digit())
            .filter(|at| *at > 0)?;
        let number: u64 = rest[..digits].parse().ok()?;
        let tail = &rest[digits..];
        let end = tail.find(|letter: char| letter.is_ascii_digit()).unwrap_or(tail.len());
        let unit = match &tail[..end] {
            "us" => return Some(total),
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = &tail[end..];
    }
    Some(total)
}

impl Check {
    /// The check of a node whose ports have these names; `None` if it asks a port that the node does not have.
    pub(super) fn ready(self, name_of: impl Fn(u16) -> Option<String>, several: bool) -> Option<Ready> {
        Some(match self {
            Self::Command(words) => Ready::Command(words),
            Self::Http { port, path } => {
                let port = name_of(port?)?;
                Ready::Http {
                    port: several.then_some(port),
                    path,
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_check_that_fetches_a_page_is_a_get_and_any_other_is_a_command() {
        let check = |test: Value| health(&json!({ "healthcheck": { "test": test } }), &mut Vec::new()).check;
        let page = |port, path: &str| {
            Some(Check::Http {
                port: Some(port),
                path: path.to_owned(),
            })
        };
        assert_eq!(
            check(json!(["CMD", "curl", "-f", "http://localhost:8080/up?x=1"])),
            page(8080, "/up?x=1")
        );
        assert_eq!(check(json!("wget -q http://127.0.0.1 || exit 1")), page(80, "/"));
        let command = |words: &[&str]| Some(Check::Command(words.iter().map(ToString::to_string).collect()));
        assert_eq!(
            check(json!(["CMD", "redis-cli", "ping"])),
            command(&["redis-cli", "ping"])
        );
        assert_eq!(
            check(json!(["CMD-SHELL", "pg_isready -U $$USER"])),
            command(&["sh", "-c", "pg_isready -U $USER"])
        );
        assert_eq!(check(json!(["NONE"])), None);
    }

    #[test]
    fn durations_of_compose_are_read() {
        assert_eq!(milliseconds("1m30s"), Some(90_000));
        assert_eq!(milliseconds("500ms"), Some(500));
        assert_eq!(
            [milliseconds("s"), milliseconds("5"), milliseconds("5 parsecs")],
            [None; 3]
        );
        let check = json!({ "healthcheck": { "test": "true", "interval": "2s", "retries": 4, "start_period": "1s" } });
        assert_eq!(health(&check, &mut Vec::new()).within_ms, Some(11_000));
    }
}
