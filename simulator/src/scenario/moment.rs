use serde::Deserialize;
use serde_json::{Map, Value};

use super::times::{Number, Span};

/// The moment of a fault, or the bounds between which one is drawn.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub(super) enum Moment {
    /// When a fraction of the journeys has been started, from the first to the second: 0 to 1.
    Started(f64, f64),
    /// A moment drawn from the seed.
    Random,
    /// This long after the journey of this number, from 1, is started.
    Journey(Number, Span),
    /// This long after the first journey was started.
    After(Span),
    /// This long after a node became ready again, as after another fault.
    Ready(String, Span),
    /// This long after the fault of this name was laid for the first time.
    Fault(String, Span),
}

impl TryFrom<Value> for Moment {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let fraction = |value: &Value| value.as_f64().filter(|fraction| (0.0..=1.0).contains(fraction));
        let bounds = match value.as_array().map(Vec::as_slice) {
            Some([low, high]) => fraction(low).zip(fraction(high)),
            Some(_) => None,
            None => fraction(&value).map(|fraction| (fraction, fraction)),
        };
        match (bounds, value.as_object()) {
            (Some((low, high)), _) if low <= high => Ok(Self::Started(low, high)),
            (None, Some(trigger)) => triggered(trigger),
            (None, None) if value == "random" => Ok(Self::Random),
            _ => Err(format!(
                "at is {value}, wanted a fraction of the journeys from 0 to 1, two between which one is drawn, \
                 \"random\", or one of {{ journey = 50 }}, {{ after = \"2s\" }}, {{ ready = \"node\" }} and \
                 {{ fault = \"name\" }}"
            )),
        }
    }
}

fn triggered(trigger: &Map<String, Value>) -> Result<Moment, String> {
    let after = trigger
        .get("after")
        .map(|after| Span::of("at.after", after))
        .transpose()?;
    let delay = after.unwrap_or(Span::ZERO);
    let others: Vec<_> = trigger.iter().filter(|(key, _)| *key != "after").collect();
    match (others.as_slice(), after) {
        ([], Some(after)) => Ok(Moment::After(after)),
        ([(key, number)], _) if *key == "journey" => match Number::of(number) {
            Ok(bounds) if bounds.low > 0 => Ok(Moment::Journey(bounds, delay)),
            _ => Err(format!(
                "at.journey is {number}, wanted the number of a journey from 1, or two between which one is drawn"
            )),
        },
        ([(key, Value::String(node))], _) if *key == "ready" => Ok(Moment::Ready(node.clone(), delay)),
        ([(key, Value::String(name))], _) if *key == "fault" => Ok(Moment::Fault(name.clone(), delay)),
        _ => Err(format!(
            "at is {}, wanted one of {{ journey = 50 }}, {{ after = \"2s\" }}, {{ ready = \"node\" }} and \
             {{ fault = \"name\" }}, all with or without after = \"1s\"",
            Value::Object(trigger.clone())
        )),
    }
}
