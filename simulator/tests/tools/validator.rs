use regex::Regex;
use serde_json::Value;

/// True if a value fits a schema of draft 7. Knows the words that the schemas of `seam` use, and fails at any other:
/// a word that is not looked at would make a check that cannot fail. `just interop` asks a validator of somebody else
/// the same questions.
pub(crate) fn fits(schema: &Value, value: &Value) -> bool {
    Validator { root: schema }.fits(schema, value)
}

struct Validator<'s> {
    root: &'s Value,
}

impl Validator<'_> {
    fn fits(&self, schema: &Value, value: &Value) -> bool {
        match schema {
            Value::Bool(fits) => *fits,
            Value::Object(words) => match words.get("$ref") {
                // Draft 7 reads nothing beside a reference.
                Some(reference) => self.fits(self.definition(reference.as_str().unwrap()), value),
                None => words
                    .iter()
                    .all(|(word, wanted)| self.holds(schema, word, wanted, value)),
            },
            _ => panic!("{schema} is no schema"),
        }
    }

    fn definition(&self, reference: &str) -> &Value {
        self.root.pointer(reference.strip_prefix('#').unwrap()).unwrap()
    }

    fn holds(&self, schema: &Value, word: &str, wanted: &Value, value: &Value) -> bool {
        let all = |schemas: &Value| schemas.as_array().unwrap().clone();
        let number = |wanted: &Value| wanted.as_f64().unwrap();
        let size = |wanted: &Value| usize::try_from(wanted.as_u64().unwrap()).unwrap();
        match word {
            "$schema" | "title" | "description" | "default" | "definitions" | "then" => true,
            "type" => is_type(wanted.as_str().unwrap(), value),
            "const" => wanted == value,
            "enum" => all(wanted).contains(value),
            "not" => !self.fits(wanted, value),
            "allOf" => all(wanted).iter().all(|it| self.fits(it, value)),
            "anyOf" => all(wanted).iter().any(|it| self.fits(it, value)),
            "oneOf" => all(wanted).iter().filter(|it| self.fits(it, value)).count() == 1,
            "if" => !self.fits(wanted, value) || self.fits(&schema["then"], value),
            "minimum" => value.as_f64().is_none_or(|it| it >= number(wanted)),
            "maximum" => value.as_f64().is_none_or(|it| it <= number(wanted)),
            "exclusiveMinimum" => value.as_f64().is_none_or(|it| it > number(wanted)),
            "exclusiveMaximum" => value.as_f64().is_none_or(|it| it < number(wanted)),
            "dependencies" => value.as_object().is_none_or(|it| {
                let wanted = wanted.as_object().unwrap();
                let needed = wanted.iter().filter(|(key, _)| it.contains_key(*key));
                needed
                    .flat_map(|(_, keys)| all(keys))
                    .all(|key| it.contains_key(key.as_str().unwrap()))
            }),
            "pattern" => value
                .as_str()
                .is_none_or(|it| Regex::new(wanted.as_str().unwrap()).unwrap().is_match(it)),
            "minLength" => value.as_str().is_none_or(|it| it.chars().count() >= size(wanted)),
            "maxLength" => value.as_str().is_none_or(|it| it.chars().count() <= size(wanted)),
            "minItems" => value.as_array().is_none_or(|it| it.len() >= size(wanted)),
            "maxItems" => value.as_array().is_none_or(|it| it.len() <= size(wanted)),
            "minProperties" => value.as_object().is_none_or(|it| it.len() >= size(wanted)),
            "maxProperties" => value.as_object().is_none_or(|it| it.len() <= size(wanted)),
            "uniqueItems" => value
                .as_array()
                .is_none_or(|it| (1..it.len()).all(|at| !it[..at].contains(&it[at]))),
            "items" => self.items(wanted, value),
            "required" => value.as_object().is_none_or(|it| {
                let required = all(wanted);
                required.iter().all(|key| it.contains_key(key.as_str().unwrap()))
            }),
            "properties" => value.as_object().is_none_or(|it| {
                let wanted = wanted.as_object().unwrap();
                it.iter()
                    .all(|(key, field)| wanted.get(key).is_none_or(|schema| self.fits(schema, field)))
            }),
            "additionalProperties" => value.as_object().is_none_or(|it| {
                let known = |key: &str| schema["properties"].get(key).is_some();
                it.iter().all(|(key, field)| known(key) || self.fits(wanted, field))
            }),
            "propertyNames" => value
                .as_object()
                .is_none_or(|it| it.keys().all(|key| self.fits(wanted, &Value::from(key.as_str())))),
            other => panic!("no word of a schema that this validator knows: {other}"),
        }
    }

    fn items(&self, wanted: &Value, value: &Value) -> bool {
        let Some(items) = value.as_array() else { return true };
        match wanted {
            Value::Array(each) => items.iter().zip(each).all(|(item, schema)| self.fits(schema, item)),
            every => items.iter().all(|item| self.fits(every, item)),
        }
    }
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type of a schema that this validator knows: {other}"),
    }
}
