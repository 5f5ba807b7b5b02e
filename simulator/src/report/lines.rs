use jiff::Timestamp;
use serde_json::{Map, Value};

/// Bytes of a line that are shown.
const SHOWN: usize = 400;

/// Names under which loggers write the moment of a line.
const MOMENTS: [&str; 4] = ["timestamp", "time", "ts", "@timestamp"];
/// Names under which they write its severity.
const LEVELS: [&str; 3] = ["level", "severity", "lvl"];
/// Names under which they write its text.
const MESSAGES: [&str; 2] = ["message", "msg"];
/// Names under which they write how long it took, in milliseconds.
const DURATIONS: [&str; 3] = ["ms", "duration_ms", "elapsed_ms"];
/// Fields that say nothing beside the request that a line is shown with.
const IDS: [&str; 6] = [
    "request_id",
    "correlation_id",
    "trace_id",
    "span_id",
    "caller",
    "target",
];

/// A line of a node's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) node: String,
    /// Microseconds from the start of the run, where the line says its moment; negative before it.
    pub(super) at_us: Option<i64>,
    pub(super) severity: Severity,
    /// The message alone, without its fields.
    pub(super) message: String,
    /// Fields beside the message, for people.
    pub(super) fields: String,
    /// The time that what it tells of took.
    pub(super) took_ms: Option<u64>,
}

/// Severities that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    Error,
    Warning,
    /// Neither, or not said.
    Other,
}

impl Severity {
    fn named(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "error" | "err" | "fatal" | "critical" | "panic" => Self::Error,
            "warn" | "warning" => Self::Warning,
            _ => Self::Other,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warning => "WARN",
            Self::Other => "",
        }
    }
}

/// Reads a line of a log: JSON as loggers write it, or any text. `began` is the start of the run.
pub(super) fn read(node: &str, text: &str, began: Timestamp) -> Line {
    let object = text.starts_with('{').then(|| serde_json::from_str(text).ok()).flatten();
    object.map_or_else(|| of_text(node, text, began), |object| of_json(node, object, began))
}

/// The moment of a line in microseconds from the start of the run, without reading all of it.
pub(super) fn moment_of(text: &str, began: Timestamp) -> Option<i64> {
    let words = if text.starts_with('{') {
        let after = |name: &&str| text.split_once(&format!("\"{name}\":\"")).map(|(_, value)| value);
        let value = MOMENTS.iter().find_map(after)?;
        value.split_once('"')?.0
    } else {
        text.split([' ', '\t']).next()?
    };
    since(words.trim_matches(['[', ']']), began)
}

fn since(moment: &str, began: Timestamp) -> Option<i64> {
    let moment: Timestamp = moment.parse().ok()?;
    Some(moment.as_microsecond() - began.as_microsecond())
}

fn of_text(node: &str, text: &str, began: Timestamp) -> Line {
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
    let severity = words.find_map(|word| match word {
        "ERROR" | "FATAL" | "CRITICAL" | "PANIC" | "panicked" => Some(Severity::Error),
        "WARN" | "WARNING" => Some(Severity::Warning),
        _ => None,
    });
    Line {
        node: node.to_owned(),
        at_us: moment_of(text, began),
        severity: severity.unwrap_or(Severity::Other),
        message: shortened(text),
        fields: String::new(),
        took_ms: None,
    }
}

fn of_json(node: &str, mut object: Map<String, Value>, began: Timestamp) -> Line {
    let mut take = |names: &[&str]| names.iter().find_map(|name| object.remove(*name));
    let moment = take(&MOMENTS);
    let level = take(&LEVELS);
    let message = take(&MESSAGES).map(|message| as_text(&message)).unwrap_or_default();
    let took = DURATIONS.iter().find_map(|name| object.get(*name)?.as_u64());
    object.retain(|name, _| !IDS.contains(&name.as_str()));
    let fields: Vec<String> = object
        .iter()
        .map(|(name, value)| format!("{name}={}", as_text(value)))
        .collect();
    Line {
        node: node.to_owned(),
        at_us: moment
            .as_ref()
            .and_then(Value::as_str)
            .and_then(|text| since(text, began)),
        severity: level
            .as_ref()
            .and_then(Value::as_str)
            .map_or(Severity::Other, Severity::named),
        message: shortened(&message),
        fields: shortened(&fields.join(" ")),
        took_ms: took,
    }
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The beginning of a text, at most 400 bytes of it.
pub(super) fn shortened(text: &str) -> String {
    if text.len() <= SHOWN {
        return text.to_owned();
    }
    let mut end = SHOWN;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn began() -> Timestamp {
        "2026-11-30T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_line_of_json_gives_its_moment_its_severity_and_its_fields_without_ids() {
        let text = r#"{"level":"WARN","message":"request","ms":66,"path":"/x","request_id":"r","#.to_owned()
            + r#""time":"2026-11-30T12:00:01.5Z"}"#;
        let text = text.as_str();
        let line = read("web", text, began());
        assert_eq!(
            (line.at_us, line.severity, line.took_ms),
            (Some(1_500_000), Severity::Warning, Some(66))
        );
        assert_eq!(
            (line.message.as_str(), line.fields.as_str()),
            ("request", "ms=66 path=/x")
        );
        assert_eq!(moment_of(text, began()), Some(1_500_000));
    }

    #[test]
    fn a_line_of_text_is_shown_as_it_is_with_what_can_be_told_of_it() {
        let line = read("web", "2026-11-30T11:59:59Z ERROR it broke", began());
        assert_eq!((line.at_us, line.severity), (Some(-1_000_000), Severity::Error));
        let line = read("web", "{ no json", began());
        assert_eq!(
            (line.at_us, line.severity, line.message.as_str()),
            (None, Severity::Other, "{ no json")
        );
        assert_eq!(shortened(&"ä".repeat(300)).len(), 400 + '…'.len_utf8());
    }
}
