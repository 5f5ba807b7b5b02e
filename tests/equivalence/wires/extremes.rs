//! The values that break wires, and a count of each kind that was sent.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Length of a text that just fits into a body.
const VERY_LONG: usize = 100_000;

/// The limits of texts and ids in the contracts.
const LIMITS: [usize; 6] = [64, 100, 254, 255, 500, 1_000];

/// A character of each plane of Unicode; from empty planes, one that is reserved for the future.
const PLANES: [char; 17] = [
    '\u{e9}',
    '\u{1f600}',
    '\u{20000}',
    '\u{30000}',
    '\u{40000}',
    '\u{50000}',
    '\u{60000}',
    '\u{70000}',
    '\u{80000}',
    '\u{90000}',
    '\u{a0000}',
    '\u{b0000}',
    '\u{c0000}',
    '\u{d0000}',
    '\u{e0001}',
    '\u{f0000}',
    '\u{100000}',
];

/// Every value, one for each round.
pub(super) fn all() -> Vec<Value> {
    let numbers = [
        i64::MIN,
        -1,
        0,
        1,
        100,
        101,
        (1 << 53) + 1,
        i64::from(u32::MAX),
        i64::MAX,
    ];
    let lengths = LIMITS.iter().flat_map(|limit| [*limit, limit + 1]);
    let mut all = vec![
        Value::Null,
        json!(u64::MAX),
        json!("x".repeat(VERY_LONG)),
        json!("\u{1f600}".repeat(1_000)),
    ];
    all.extend(numbers.map(Value::from));
    all.extend(lengths.map(|length| "x".repeat(length)).map(Value::from));
    all.extend(TEXTS.map(Value::from));
    all.push(json!(PLANES.iter().collect::<String>()));
    all
}

const TEXTS: [&str; 27] = [
    "",
    " \t ",
    "\u{0}",
    "\u{7f}\u{80}\u{1b}[0m",
    "line\r\n\tnext\u{2028}\u{2029}\u{85}",
    "\"quoted\" \\u0041 \\ / </script>",
    "\u{10ffff}",
    "\u{fffe}\u{ffff}\u{fdd0}\u{1fffe}\u{10fffe}",
    "\u{d7ff}\u{e000}\u{feff}\u{fffd}",
    "e\u{301}\u{327}\u{20dd} Z\u{351}",
    "\u{5d0}\u{627}\u{202e}abc\u{202c}\u{2066}\u{200f}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{fe0f}",
    "null",
    "a/b?c#d",
    "100%25+%2F%2e%2e",
    ";=&+<>|^`{id}",
    "...",
    "~!*'(),:@$[]",
    "00000000-0000-0000-0000-000000000000",
    "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
    FIRST,
    LAST,
    BEYOND_LAST,
    "2026-01-31T12:00:00.000001Z",
    "2024-02-29T23:59:59.999999Z",
    "2016-12-31T23:59:60Z",
    "2026-01-31T14:00:00+02:00",
];

/// The first timestamp that can be represented.
const FIRST: &str = "-009999-01-02T01:59:59.000000Z";
const LAST: &str = "9999-12-30T22:00:00.000000Z";

/// A timestamp that jiff parses and [`commerce::Timestamp`] can't represent.
const BEYOND_LAST: &str = "9999-12-30T22:00:00.999999Z";

/// The sample with `extreme` in place of each leaf, wherever `takes` accepts the result.
pub(super) fn everywhere(sample: &Value, extreme: &Value, takes: &impl Fn(&Value) -> bool) -> Value {
    let mut value = sample.clone();
    for place in places(sample) {
        let Some(leaf) = value.pointer_mut(&place) else {
            continue;
        };
        let before = std::mem::replace(leaf, extreme.clone());
        if !takes(&value)
            && let Some(leaf) = value.pointer_mut(&place)
        {
            *leaf = before;
        }
    }
    value
}

/// Pointers to all leaves of the sample, and to optional values as a whole.
fn places(sample: &Value) -> Vec<String> {
    let mut places = Vec::new();
    walk(sample, String::new(), &mut |place, _, _| places.push(place.to_owned()));
    places
}

/// Visits every value with its JSON pointer and field name; inner values come first.
fn walk(value: &Value, place: String, visit: &mut impl FnMut(&str, &str, &Value)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                walk(field, format!("{place}/{name}"), visit);
            }
        }
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                walk(item, format!("{place}/{position}"), visit);
            }
        }
        _ => {}
    }
    let name = place.rsplit('/').next().unwrap_or_default();
    visit(&place, name, value);
}

/// Counts of each kind of value that was sent.
#[derive(Debug, Default)]
pub(super) struct Met(BTreeMap<String, u64>);

type Is = fn(&str, &Value) -> bool;

const KINDS: [(&str, Is); 21] = [
    ("a whole number that no double holds", |_, value| {
        value == &json!((1_i64 << 53) + 1)
    }),
    ("the least number", |_, value| value == &json!(i64::MIN)),
    ("the greatest number", |_, value| value == &json!(i64::MAX)),
    ("nothing", |_, value| value.is_null()),
    ("an empty text", |_, value| value == ""),
    ("a very long text", |_, value| text(value).len() == VERY_LONG),
    ("the last code point", |_, value| text(value).contains('\u{10ffff}')),
    ("a noncharacter", |_, value| text(value).contains('\u{fdd0}')),
    ("a combining mark", |_, value| text(value).contains('\u{301}')),
    ("text from right to left", |_, value| text(value).contains('\u{5d0}')),
    ("NUL", |_, value| text(value).contains('\0')),
    ("an id that a path has to escape", |name, value| {
        is_id(name) && text(value) == "a/b?c#d"
    }),
    ("an id with escapes of its own", |name, value| {
        is_id(name) && text(value).contains("%2F")
    }),
    ("the first moment", |name, value| is_moment(name) && value == FIRST),
    ("the last moment", |name, value| is_moment(name) && value == LAST),
    ("a microsecond", |name, value| {
        is_moment(name) && text(value).ends_with(".000001Z")
    }),
    ("a leap day", |name, value| {
        is_moment(name) && text(value).starts_with("2024-02-29")
    }),
    ("page 0", |name, value| name == "page" && value == 0),
    ("the last page", |name, value| name == "page" && value == u32::MAX),
    ("a page of the greatest size", |name, value| {
        name == "page_size" && value == 100
    }),
    ("a page one over the greatest size", |name, value| {
        name == "page_size" && value == 101
    }),
];

impl Met {
    /// Counts the kinds of all values inside.
    pub(super) fn count(&mut self, value: &Value) {
        walk(value, String::new(), &mut |_, name, value| {
            for (kind, _) in KINDS.iter().filter(|(_, is)| is(name, value)) {
                self.met((*kind).to_owned());
            }
            // All of `PLANES` are beyond ASCII; looking for them in long texts would be half the time of this suite.
            let text = Some(text(value)).filter(|text| !text.is_ascii()).unwrap_or_default();
            for c in text.chars().filter(|c| PLANES.contains(c)) {
                self.met(plane(u32::from(c) >> 16));
            }
        });
    }

    /// Counts the texts in a call that are as long as a limit, or one longer.
    pub(super) fn count_lengths(&mut self, call: &Value) {
        walk(call, String::new(), &mut |_, name, value| {
            let text = text(value);
            let length = if text.is_ascii() {
                text.len()
            } else {
                text.chars().count()
            };
            if LIMITS.iter().any(|limit| length == *limit || length == limit + 1) {
                self.met(long(name, length));
            }
        });
    }

    fn met(&mut self, kind: String) {
        *self.0.entry(kind).or_default() += 1;
    }

    /// Kinds that were never sent. `limits` names the fields with a limit, and whether their type allows one
    /// character more; `nowhere` lists kinds for which the contract has no place.
    pub(super) fn missed(&self, limits: &[(&str, usize, bool)], nowhere: &[&str]) -> Vec<String> {
        let kinds = KINDS.iter().map(|(kind, _)| (*kind).to_owned());
        let kinds = kinds.filter(|kind| !nowhere.contains(&kind.as_str()));
        let lengths = limits.iter().flat_map(|(name, limit, longer)| {
            let longer = longer.then(|| long(name, limit + 1));
            [Some(long(name, *limit)), longer].into_iter().flatten()
        });
        let wanted = kinds.chain((0..17).map(plane)).chain(lengths);
        wanted.filter(|kind| !self.0.contains_key(kind)).collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn is_id(name: &str) -> bool {
    matches!(name, "sku" | "customer_id" | "key")
}

fn is_moment(name: &str) -> bool {
    name.ends_with("_at")
}

fn plane(number: u32) -> String {
    format!("a character of plane {number}")
}

fn long(name: &str, length: usize) -> String {
    format!("{name} of {length} characters")
}
