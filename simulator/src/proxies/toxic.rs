use std::{collections::BTreeMap, time::Duration};

use faults::{
    Bandwidth, Cut, Direction, Distribution, Effect, Fault, InvalidFault, Latency, Reset, Selector, Slice, SlowClose,
    Timeout, Which,
};
use serde_json::{Value, json};

use super::{Fields, Refusal, refusal::Kind};

/// Types of toxics with their attributes, which are whole numbers and 0 where not given, and the field of a fault
/// that each of them becomes.
const TYPES: [(&str, &[(&str, &str)]); 7] = [
    ("bandwidth", &[("rate", "bandwidth.bytes_per_second")]),
    ("latency", &[("latency", "latency.delay"), ("jitter", "latency.jitter")]),
    ("limit_data", &[("bytes", "cut.after_bytes")]),
    ("reset_peer", &[("timeout", "reset.after")]),
    (
        "slicer",
        &[
            ("average_size", "slice.size"),
            ("size_variation", "slice.variation"),
            ("delay", "slice.delay"),
        ],
    ),
    ("slow_close", &[("delay", "slow_close.delay")]),
    ("timeout", &[("timeout", "timeout.after")]),
];

/// Fault in Toxiproxy's words and units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Toxic {
    name: String,
    kind: usize,
    is_upstream: bool,
    toxicity: f64,
    attributes: BTreeMap<&'static str, u64>,
}

impl Toxic {
    /// Reads a toxic that is to be added.
    ///
    /// # Errors
    /// When a field is wrong, or is none.
    pub(crate) fn read(value: Value) -> Result<Self, Refusal> {
        let mut fields = Fields::of("the toxic", value)?;
        let kind = fields.text("type")?.unwrap_or_default();
        let stream = fields.text("stream")?.unwrap_or_else(|| "downstream".to_owned());
        let name = fields.text("name")?.filter(|name| !name.is_empty());
        let mut toxic = Self {
            kind: TYPES.iter().position(|(name, _)| *name == kind).ok_or_else(|| {
                let known = TYPES.map(|(name, _)| name);
                Refusal::new(
                    Kind::InvalidType,
                    format!("{kind:?}; wanted one of {known:?}; to take a proxy down, set its \"enabled\" to false"),
                )
            })?,
            is_upstream: is_upstream(&stream)?,
            name: name.unwrap_or_else(|| format!("{kind}_{}", stream.to_ascii_lowercase())),
            toxicity: fields.share("toxicity")?.unwrap_or(1.0),
            attributes: BTreeMap::new(),
        };
        toxic.take_attributes(fields.value("attributes"))?;
        fields.end()?;
        Ok(toxic)
    }

    /// Returns the toxic with other attributes or another toxicity; what is not given stays.
    ///
    /// # Errors
    /// When a field is wrong, is none, or can't be changed.
    pub(crate) fn changed(&self, value: Value) -> Result<Self, Refusal> {
        let mut fields = Fields::of("the toxic", value)?;
        let mut toxic = self.clone();
        for (field, present) in [("name", self.name()), ("type", self.kind()), ("stream", self.stream())] {
            if let Some(other) = fields.text(field)?.filter(|other| other != present) {
                return Err(Refusal::of_body(format!(
                    "{field:?} of toxic {:?} is {present:?} and can't become {other:?}; delete it and add another",
                    self.name
                )));
            }
        }
        toxic.toxicity = fields.share("toxicity")?.unwrap_or(self.toxicity);
        toxic.take_attributes(fields.value("attributes"))?;
        fields.end()?;
        Ok(toxic)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns true for the stream from the client to the upstream.
    pub(crate) fn is_upstream(&self) -> bool {
        self.is_upstream
    }

    /// Returns the toxic as Toxiproxy shows it.
    pub(crate) fn shown(&self) -> Value {
        let toxicity = if self.toxicity == 1.0 {
            json!(1)
        } else {
            json!(self.toxicity)
        };
        json!({
            "attributes": self.attributes,
            "name": self.name,
            "type": self.kind(),
            "stream": self.stream(),
            "toxicity": toxicity,
        })
    }

    /// Returns the fault that it is.
    ///
    /// # Errors
    /// When an attribute is outside of its limits.
    pub(crate) fn fault(&self) -> Result<Fault, Refusal> {
        let on = Selector {
            direction: match self.is_upstream {
                true => Direction::ToUpstream,
                false => Direction::ToClient,
            },
            connections: match self.toxicity < 1.0 {
                true => Which::Probability(self.toxicity),
                false => Which::All,
            },
            ..Selector::default()
        };
        Fault::new(&self.name, on, self.effect()).map_err(|invalid| self.outside(&invalid))
    }

    fn effect(&self) -> Effect {
        let number = |name: &str| self.attributes.get(name).copied().unwrap_or_default();
        let milliseconds = |name: &str| Duration::from_millis(number(name));
        match self.kind() {
            "bandwidth" if number("rate") == 0 => Effect::Timeout(Timeout::default()),
            "bandwidth" => Effect::Bandwidth(Bandwidth {
                bytes_per_second: number("rate").saturating_mul(1_000),
            }),
            "latency" => Effect::Latency(Latency {
                delay: milliseconds("latency"),
                jitter: milliseconds("jitter"),
                distribution: Distribution::Uniform,
            }),
            "limit_data" => Effect::Cut(Cut {
                after_bytes: number("bytes"),
                at_once: true,
            }),
            "reset_peer" => Effect::Reset(Reset {
                after: milliseconds("timeout"),
                on_bytes: true,
            }),
            "slicer" => Effect::Slice(Slice {
                size: number("average_size"),
                variation: number("size_variation"),
                delay: Duration::from_micros(number("delay")),
            }),
            "slow_close" => Effect::SlowClose(SlowClose {
                delay: milliseconds("delay"),
            }),
            _ => Effect::Timeout(Timeout {
                after: Some(milliseconds("timeout")).filter(|after| !after.is_zero()),
                lose: true,
            }),
        }
    }

    fn take_attributes(&mut self, value: Option<Value>) -> Result<(), Refusal> {
        let what = format!("\"attributes\" of toxic {:?}", self.name);
        let mut fields = Fields::of(&what, value.unwrap_or_else(|| json!({})))?;
        for (name, _) in TYPES[self.kind].1 {
            let present = self.attributes.get(name).copied().unwrap_or_default();
            self.attributes.insert(name, fields.whole(name)?.unwrap_or(present));
        }
        fields.end()
    }

    /// Names the attribute that makes a fault invalid.
    fn outside(&self, invalid: &InvalidFault) -> Refusal {
        let InvalidFault {
            field, value, wanted, ..
        } = invalid;
        let attributes = TYPES[self.kind].1.iter();
        let attribute = attributes
            .filter(|(_, made)| field.ends_with(made))
            .map(|(name, _)| *name)
            .next();
        let (name, kind) = (&self.name, self.kind());
        Refusal::of_body(match attribute {
            Some(attribute) => format!("{attribute:?} of {kind} toxic {name:?} is {value}, wanted {wanted}"),
            None => format!("{field} of {kind} toxic {name:?} is {value}, wanted {wanted}"),
        })
    }

    fn kind(&self) -> &'static str {
        TYPES[self.kind].0
    }

    fn stream(&self) -> &'static str {
        match self.is_upstream {
            true => "upstream",
            false => "downstream",
        }
    }
}

fn is_upstream(stream: &str) -> Result<bool, Refusal> {
    match stream.to_ascii_lowercase().as_str() {
        "upstream" => Ok(true),
        "downstream" => Ok(false),
        _ => Err(Refusal::new(Kind::InvalidStream, format!("seen {stream:?}"))),
    }
}
