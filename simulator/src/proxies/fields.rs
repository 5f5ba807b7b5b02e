use std::collections::BTreeMap;

use serde_json::Value;

use super::Refusal;

/// Fields of a JSON object as Toxiproxy reads them: names without regard to case, null as absent. Each is taken once;
/// one that nobody takes is refused.
#[derive(Debug)]
pub(crate) struct Fields {
    what: String,
    left: BTreeMap<String, Value>,
    known: Vec<&'static str>,
}

impl Fields {
    /// Reads an object.
    ///
    /// # Errors
    /// When it is something else, or two of its names differ in case only.
    pub(crate) fn of(what: &str, value: Value) -> Result<Self, Refusal> {
        let Value::Object(object) = value else {
            return Err(Refusal::of_body(format!("{what} is {value}, wanted an object {{...}}")));
        };
        let mut left = BTreeMap::new();
        for (name, value) in object {
            if left.insert(name.to_ascii_lowercase(), value).is_some() {
                return Err(Refusal::of_body(format!("{what} has {name:?} twice; leave one out")));
            }
        }
        left.retain(|_, value| !value.is_null());
        Ok(Self {
            what: what.to_owned(),
            left,
            known: Vec::new(),
        })
    }

    /// Takes a field as it is.
    pub(crate) fn value(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.left.remove(name)
    }

    /// Takes a text.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, Refusal> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(name, &other, "a text")),
        }
    }

    /// Takes true or false.
    pub(crate) fn truth(&mut self, name: &'static str) -> Result<Option<bool>, Refusal> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(truth)) => Ok(Some(truth)),
            Some(other) => Err(self.wrong(name, &other, "true or false")),
        }
    }

    /// Takes a whole number from 0 on.
    pub(crate) fn whole(&mut self, name: &'static str) -> Result<Option<u64>, Refusal> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => match value.as_u64().or_else(|| whole(value.as_f64()?)) {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(name, &value, "a whole number from 0 on")),
            },
        }
    }

    /// Takes a number from 0 to 1.
    pub(crate) fn share(&mut self, name: &'static str) -> Result<Option<f64>, Refusal> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => match value.as_f64().filter(|number| (0.0..=1.0).contains(number)) {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(name, &value, "a number from 0 to 1")),
            },
        }
    }

    /// Refuses what nobody took.
    pub(crate) fn end(self) -> Result<(), Refusal> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => Err(Refusal::of_body(format!(
                "{} has the unknown field {name:?}; it may have {:?}",
                self.what, self.known
            ))),
        }
    }

    fn wrong(&self, name: &str, value: &Value, wanted: &str) -> Refusal {
        Refusal::of_body(format!("{name:?} of {} is {value}, wanted {wanted}", self.what))
    }
}

/// Reads `1000.0` as the whole number that it is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is whole and in range"
)]
fn whole(number: f64) -> Option<u64> {
    (number.fract() == 0.0 && (0.0..9e15).contains(&number)).then_some(number as u64)
}
