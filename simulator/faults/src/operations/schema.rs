use serde_json::Value;

/// Depth of references and schemas that is followed; deeper ones say nothing.
const DEEPEST: usize = 64;

/// Schema of an OpenAPI document, with the document that its references lead into.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schema<'a> {
    pub(super) document: &'a Value,
    pub(super) schema: &'a Value,
}

/// Follows the references of a part of a document; `None` if one leads out of it or nowhere.
pub(super) fn resolve<'a>(document: &'a Value, part: &'a Value) -> Option<&'a Value> {
    let mut part = part;
    for _ in 0..DEEPEST {
        let Some(reference) = part["$ref"].as_str() else {
            return Some(part);
        };
        part = document.pointer(&unescaped(reference.strip_prefix('#')?))?;
    }
    None
}

/// Undoes the percent-encoding of the characters that names of schemas may have.
fn unescaped(pointer: &str) -> String {
    let mut text = pointer.to_owned();
    for (code, character) in [("%20", " "), ("%3C", "<"), ("%3E", ">"), ("%7B", "{"), ("%7D", "}")] {
        text = text.replace(code, character).replace(&code.to_lowercase(), character);
    }
    text
}

impl<'a> Schema<'a> {
    pub(super) fn at(self, schema: &'a Value) -> Self {
        Self { schema, ..self }
    }

    /// Returns all schemas that hold together where this one does: itself, what it refers to, and `allOf`.
    pub(super) fn together(self) -> Vec<Self> {
        let mut all = Vec::new();
        self.gather(&mut all, 0);
        all
    }

    fn gather(self, all: &mut Vec<Self>, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        all.push(self);
        if let Some(target) = self.target() {
            target.gather(all, depth + 1);
        }
        for part in self.list("allOf") {
            part.gather(all, depth + 1);
        }
    }

    /// Returns the schema that this one refers to.
    fn target(self) -> Option<Self> {
        let reference = self.schema["$ref"].as_str()?.strip_prefix('#')?;
        self.document
            .pointer(&unescaped(reference))
            .map(|schema| self.at(schema))
    }

    /// Returns the schemas in a list of this one.
    pub(super) fn list(self, key: &str) -> Vec<Self> {
        let list = self.schema[key].as_array().into_iter().flatten();
        list.map(|schema| self.at(schema)).collect()
    }

    /// Returns the types that it allows; none if it says nothing about them.
    pub(super) fn types(self) -> Vec<&'a str> {
        let mut types: Vec<&str> = match &self.schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if self.is_nullable() && !types.is_empty() {
            types.push("null");
        }
        types
    }

    /// Returns the values that it allows; `None` if it says nothing about them.
    pub(super) fn values(self) -> Option<Vec<&'a Value>> {
        match (self.schema.get("const"), self.schema["enum"].as_array()) {
            (Some(one), _) => Some(vec![one]),
            (None, Some(several)) => Some(several.iter().collect()),
            (None, None) => None,
        }
    }

    /// Version 3.0 says so.
    fn is_nullable(self) -> bool {
        self.schema["nullable"] == true
    }

    /// Tells if a value certainly breaks it, by one of the keywords `type`, `enum`, `const`, `required`, `properties`,
    /// `items`, `allOf`, `anyOf`, `oneOf`, and references. Other keywords can only break more.
    pub(super) fn is_broken_by(self, value: &Value) -> bool {
        self.is_broken(value, 0)
    }

    fn is_broken(self, value: &Value, depth: usize) -> bool {
        if depth > DEEPEST {
            return false;
        }
        let broken = |schema: Self| schema.is_broken(value, depth + 1);
        let breaks_all = |key: &str| {
            let choices = self.list(key);
            !choices.is_empty() && choices.into_iter().all(broken)
        };
        let is_null = value.is_null() && self.is_nullable();
        self.schema == false
            || self.breaks_type(value)
            || (!is_null
                && self
                    .values()
                    .is_some_and(|values| !values.iter().any(|one| is_same(one, value))))
            || self.target().is_some_and(broken)
            || self.list("allOf").into_iter().any(broken)
            || (!is_null && (breaks_all("anyOf") || breaks_all("oneOf")))
            || self.breaks_parts(value, depth)
    }

    fn breaks_type(self, value: &Value) -> bool {
        let types = self.types();
        !types.is_empty() && !types.iter().any(|name| is_of(value, name))
    }

    fn breaks_parts(self, value: &Value, depth: usize) -> bool {
        match value {
            Value::Object(members) => {
                let required = self.schema["required"].as_array().into_iter().flatten();
                let mut required = required.filter_map(Value::as_str);
                let part = |name: &String| self.schema["properties"].get(name).map(|schema| self.at(schema));
                required.any(|name| !members.contains_key(name))
                    || members
                        .iter()
                        .any(|(name, member)| part(name).is_some_and(|part| part.is_broken(member, depth + 1)))
            }
            Value::Array(items) => match self.schema.get("items").filter(|items| !items.is_array()) {
                Some(each) => items.iter().any(|item| self.at(each).is_broken(item, depth + 1)),
                None => false,
            },
            _ => false,
        }
    }
}

/// Tells if a value is of a type that JSON Schema names. Names that it does not have take any value.
fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => true,
    }
}

/// Tells if two values are equal as JSON Schema compares them: 1 and 1.0 are.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}
