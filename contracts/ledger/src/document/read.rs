//! Parser of pact files.

use std::path::Path;

use serde_json::{Map, Value};

use super::{Document, DocumentError, Interaction, Kind, ProviderState, Specification, beyond_64_bits};

impl Document {
    /// Reads a pact file from the disk.
    ///
    /// # Errors
    /// When the file can't be read, and those of [`Self::parse`].
    pub fn read(file: &Path) -> Result<Self, DocumentError> {
        let name = file.display().to_string();
        match std::fs::read(file) {
            Ok(text) => Self::parse(&name, &text),
            Err(source) => Err(DocumentError::Unreadable { file: name, source }),
        }
    }

    /// Reads a pact file from its text. `file` is its name in errors.
    ///
    /// A file that states no version is read as version 3, as other Pact tools do. Versions 1 and 1.1 are read as
    /// version 2, which only adds rules to them.
    ///
    /// # Errors
    /// When the text is cut off, is not JSON or not a pact, begins with a byte-order mark, follows another version than
    /// 1, 2, 3 or 4, has rules in version 1, lacks a field or has one of another type, or has a whole
    /// number that 64 bits can't hold.
    pub fn parse(file: &str, text: &[u8]) -> Result<Self, DocumentError> {
        refuse_mark(file, text)?;
        let raw: Value = serde_json::from_slice(text).map_err(|source| not_json(file, source))?;
        let top = Field {
            file,
            path: String::new(),
            value: Some(&raw),
        };
        refuse_foreign(file, &raw)?;
        if let Some((path, digits)) = beyond_64_bits(text) {
            return Err(DocumentError::Field {
                file: file.to_owned(),
                path,
                seen: format!("the number {digits}"),
                wanted: "a number that 64 bits can hold, or text: beyond that, numbers that differ look equal",
            });
        }
        let version = version(file, &raw)?;
        let mut interactions = Vec::new();
        let lists = [("interactions", None), ("messages", Some(Kind::AsyncMessage))];
        for (list, kind) in lists {
            let place = top.field(list);
            if place.value.is_some() && (version != Specification::V4 || list == "interactions") {
                for (index, item) in place.array()?.iter().enumerate() {
                    interactions.push(interaction(&place.item(index, item), version, kind)?);
                }
            }
        }
        Ok(Self {
            version,
            consumer: top.field("consumer").field("name").text()?.to_owned(),
            provider: top.field("provider").field("name").text()?.to_owned(),
            interactions,
            raw,
        })
    }
}

/// Refuses text that begins with a byte-order mark, of UTF-8 or UTF-16. Editors add it, and don't show it.
fn refuse_mark(file: &str, text: &[u8]) -> Result<(), DocumentError> {
    let marks: [&[u8]; 3] = [b"\xEF\xBB\xBF", b"\xFE\xFF", b"\xFF\xFE"];
    if marks.iter().any(|mark| text.starts_with(mark)) {
        let file = file.to_owned();
        return Err(DocumentError::ByteOrderMark { file });
    }
    Ok(())
}

fn not_json(file: &str, source: serde_json::Error) -> DocumentError {
    let file = file.to_owned();
    if source.is_eof() {
        let (line, column) = (source.line(), source.column());
        DocumentError::Truncated { file, line, column }
    } else {
        DocumentError::NotJson { file, source }
    }
}

fn refuse_foreign(file: &str, raw: &Value) -> Result<(), DocumentError> {
    let lacking: Vec<&str> = match raw.as_object() {
        None => {
            return Err(DocumentError::Foreign {
                file: file.to_owned(),
                seen: kind_of(Some(raw)),
            });
        }
        Some(fields) => ["consumer", "provider"]
            .into_iter()
            .filter(|name| !fields.contains_key(*name))
            .chain((!fields.contains_key("interactions") && !fields.contains_key("messages")).then_some("interactions"))
            .collect(),
    };
    if lacking.is_empty() {
        return Ok(());
    }
    Err(DocumentError::Foreign {
        file: file.to_owned(),
        seen: format!("an object without {}", lacking.join(" and ")),
    })
}

/// Reads the version. Three spellings of it are in use; the last one is that of the oldest tools.
fn version(file: &str, raw: &Value) -> Result<Specification, DocumentError> {
    let metadata = raw.get("metadata");
    let seen = [
        "/pactSpecification/version",
        "/pact-specification/version",
        "/pactSpecificationVersion",
    ]
    .into_iter()
    .find_map(|path| metadata?.pointer(path).filter(|version| !version.is_null()));
    let Some(seen) = seen else {
        return Ok(Specification::V3);
    };
    let text = seen.as_str().map_or_else(|| seen.to_string(), str::to_owned);
    match text.split('.').next() {
        Some("1") => {
            refuse_rules(file, raw)?;
            Ok(Specification::V2)
        }
        Some("2") => Ok(Specification::V2),
        Some("3") => Ok(Specification::V3),
        Some("4") => Ok(Specification::V4),
        _ => Err(DocumentError::Unsupported {
            file: file.to_owned(),
            seen: text,
        }),
    }
}

/// Refuses rules in a file of version 1 or 1.1, which has none: there a reply has to be equal to its example. Without
/// rules, versions 1, 1.1 and 2 mean the same.
fn refuse_rules(file: &str, raw: &Value) -> Result<(), DocumentError> {
    let interactions = raw.get("interactions").and_then(Value::as_array);
    for (index, interaction) in interactions.into_iter().flatten().enumerate() {
        for part in ["request", "response"] {
            let rules = Field {
                file,
                path: format!("/interactions/{index}/{part}/matchingRules"),
                value: interaction.get(part).and_then(|part| part.get("matchingRules")),
            };
            let has_none = rules
                .value
                .is_none_or(|value| value.is_null() || *value == Value::Object(Map::new()));
            if !has_none {
                return Err(rules.mistake("nothing, since version 1 of the specification has no rules, or version 2"));
            }
        }
    }
    Ok(())
}

fn interaction(place: &Field<'_>, version: Specification, kind: Option<Kind>) -> Result<Interaction, DocumentError> {
    let fields = place.object()?;
    let kind = match kind {
        Some(kind) => kind,
        None if version == Specification::V4 => kind_in_v4(&place.field("type"))?,
        None => Kind::Http,
    };
    let contents: &[&str] = match kind {
        Kind::Http => &["request", "response"],
        // Tools leave empty contents out, so a message without contents is valid.
        Kind::AsyncMessage => &[],
        Kind::SyncMessage => &["request"],
    };
    for name in contents {
        place.field(name).object()?;
    }
    if kind == Kind::SyncMessage {
        place.field("response").array()?;
    }
    if version == Specification::V4 {
        check_contents(place, kind)?;
    }
    if kind == Kind::Http {
        check_status(&place.field("response").field("status"))?;
    }
    let pending = place.field("pending");
    Ok(Interaction {
        kind,
        description: place.field("description").text()?.to_owned(),
        states: states(place)?,
        pending: pending.value.is_some() && pending.flag()?,
        raw: Value::Object(fields.clone()),
    })
}

/// Checks that a status is one of HTTP. pact_models panics at text and at broken numbers, and reads 65736 as 200.
fn check_status(status: &Field<'_>) -> Result<(), DocumentError> {
    let is_one = |value: &Value| value.as_u64().is_some_and(|status| (100..=599).contains(&status));
    if status.value.is_some_and(|value| !is_one(value)) {
        return Err(status.mistake("a whole number from 100 to 599, or no status for 200"));
    }
    Ok(())
}

/// Checks that every wrapper of version 4 has a content. A wrapper without one asks for nothing, and every
/// provider would pass.
fn check_contents(place: &Field<'_>, kind: Kind) -> Result<(), DocumentError> {
    let (request, response) = (place.field("request"), place.field("response"));
    let wrappers = match kind {
        Kind::Http => vec![request.field("body"), response.field("body")],
        Kind::AsyncMessage => vec![place.field("contents")],
        Kind::SyncMessage => {
            let replies = response.array()?.iter().enumerate();
            let replies = replies.map(|(index, reply)| response.item(index, reply).field("contents"));
            std::iter::once(request.field("contents")).chain(replies).collect()
        }
    };
    for wrapper in wrappers {
        if wrapper.value.is_some_and(|value| !value.is_null()) && !wrapper.object()?.contains_key("content") {
            return Err(wrapper.field("content").mistake("what is sent, as JSON or text"));
        }
    }
    Ok(())
}

fn kind_in_v4(place: &Field<'_>) -> Result<Kind, DocumentError> {
    let kinds = [Kind::Http, Kind::AsyncMessage, Kind::SyncMessage];
    let wanted = "one of 'Synchronous/HTTP', 'Asynchronous/Messages' and 'Synchronous/Messages'";
    let seen = place.value.and_then(Value::as_str);
    let kind = kinds.into_iter().find(|kind| Some(kind.as_str()) == seen);
    kind.ok_or_else(|| place.mistake(wanted))
}

/// Reads a list of states, or the single state of version 2, which old message pacts of version 3 still have.
fn states(place: &Field<'_>) -> Result<Vec<ProviderState>, DocumentError> {
    let many = place.field("providerStates");
    let one = ["providerState", "provider_state"]
        .map(|name| place.field(name))
        .into_iter()
        .find(|place| place.value.is_some_and(|value| !value.is_null()));
    match (many.value, one) {
        (Some(Value::Null) | None, None) => Ok(Vec::new()),
        (Some(Value::Null) | None, Some(one)) => Ok(vec![ProviderState {
            name: one.text()?.to_owned(),
            params: Map::new(),
        }]),
        // Old tools write the single text under the new name.
        (Some(Value::String(name)), _) => Ok(vec![ProviderState {
            name: name.clone(),
            params: Map::new(),
        }]),
        (Some(_), _) => {
            let items = many.array()?.iter().enumerate();
            items.map(|(index, item)| state(&many.item(index, item))).collect()
        }
    }
}

fn state(place: &Field<'_>) -> Result<ProviderState, DocumentError> {
    place.object()?;
    let params = place.field("params");
    Ok(ProviderState {
        name: place.field("name").text()?.to_owned(),
        params: match params.value {
            None | Some(Value::Null) => Map::new(),
            Some(_) => params.object()?.clone(),
        },
    })
}

/// Field of the file, present or not, with its path for errors.
struct Field<'a> {
    file: &'a str,
    path: String,
    value: Option<&'a Value>,
}

impl<'a> Field<'a> {
    fn field(&self, name: &str) -> Self {
        Self {
            file: self.file,
            path: format!("{}/{name}", self.path),
            value: self.value.and_then(|value| value.get(name)),
        }
    }

    fn item(&self, index: usize, value: &'a Value) -> Self {
        Self {
            file: self.file,
            path: format!("{}/{index}", self.path),
            value: Some(value),
        }
    }

    fn text(&self) -> Result<&'a str, DocumentError> {
        let text = self.value.and_then(Value::as_str).filter(|text| !text.is_empty());
        text.ok_or_else(|| self.mistake("text that is not empty"))
    }

    fn flag(&self) -> Result<bool, DocumentError> {
        let flag = self.value.and_then(Value::as_bool);
        flag.ok_or_else(|| self.mistake("true or false"))
    }

    fn object(&self) -> Result<&'a Map<String, Value>, DocumentError> {
        let object = self.value.and_then(Value::as_object);
        object.ok_or_else(|| self.mistake("an object"))
    }

    fn array(&self) -> Result<&'a Vec<Value>, DocumentError> {
        let array = self.value.and_then(Value::as_array);
        array.ok_or_else(|| self.mistake("an array"))
    }

    fn mistake(&self, wanted: &'static str) -> DocumentError {
        DocumentError::Field {
            file: self.file.to_owned(),
            path: self.path.clone(),
            seen: kind_of(self.value),
            wanted,
        }
    }
}

fn kind_of(value: Option<&Value>) -> String {
    match value {
        None => "missing".to_owned(),
        Some(Value::Null) => "null".to_owned(),
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(Value::Number(number)) => format!("the number {number}"),
        Some(Value::String(text)) => format!("the text '{}'", text.chars().take(60).collect::<String>()),
        Some(Value::Array(_)) => "an array".to_owned(),
        Some(Value::Object(_)) => "an object".to_owned(),
    }
}
