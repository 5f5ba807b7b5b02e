//! Mismatches of one shape, counted together.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    launch::verdict::{Class, Difference},
    time::Instant,
};

/// The most groups; differences of further shapes are only counted.
const MOST: usize = 200;
/// The most samples of a group.
const SAMPLES: usize = 5;
/// The most characters of a value in a sample.
const SHOWN: usize = 200;

/// Mismatches of one shape: one method, one class, one path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The method that was called.
    pub method: Cow<'static, str>,
    /// The kind of the difference.
    pub class: Class,
    /// The path in the reply, or in the effects (`/effects/...`), as a JSON pointer; positions in lists are `*`.
    pub path: String,
    /// Calls that showed it.
    pub count: u64,
    /// Calls in which the first side differed from itself in this way.
    pub noise: u64,
    /// `true` if it was seen again after a pause, so that it was no race of two calls.
    pub confirmed: bool,
    /// Up to five of them, redacted.
    pub samples: Vec<Sample>,
    #[serde(skip)]
    first_seen: Option<Instant>,
}

/// One of the mismatches of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The path in this reply, with positions.
    pub at: String,
    /// The first side's value, redacted unless its field is shown.
    pub expected: String,
    /// The second side's value, likewise.
    pub seen: String,
    /// The id of the request, by which logs and traces of both sides are found.
    pub request: Option<String>,
}

/// The groups since the last step.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    by_shape: BTreeMap<(&'static str, Class, String), Group>,
    /// Differences without a group, because there are too many shapes.
    pub(crate) beyond: u64,
}

/// The event that a difference is to those who watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// The shape is new.
    First,
    /// Seen again after a pause.
    Confirmed,
    /// Known, and no news.
    Known,
}

impl Groups {
    pub(crate) fn all(&self) -> Vec<Group> {
        self.by_shape.values().cloned().collect()
    }

    /// Counts the differences of one call, each shape once.
    pub(crate) fn add(
        &mut self,
        method: &'static str,
        differences: &[Difference],
        mut sample: impl FnMut(&Difference) -> Sample,
        (now, pause): (Instant, Duration),
    ) -> Vec<(Class, String, News)> {
        let mut news = Vec::new();
        for (path, difference) in shapes(differences) {
            let Some(group) = self.group(method, difference.class, path) else {
                self.beyond += 1;
                continue;
            };
            group.count += 1;
            if group.samples.len() < SAMPLES {
                group.samples.push(sample(difference));
            }
            let told = match group.first_seen {
                None => {
                    group.first_seen = Some(now);
                    News::First
                }
                Some(first) if !group.confirmed && now.saturating_duration_since(first) >= pause => {
                    group.confirmed = true;
                    News::Confirmed
                }
                Some(_) => News::Known,
            };
            news.push((group.class, group.path.clone(), told));
        }
        news
    }

    /// Counts how the first side differed from itself.
    pub(crate) fn add_noise(&mut self, method: &'static str, differences: &[Difference]) {
        for (path, difference) in shapes(differences) {
            if let Some(group) = self.group(method, difference.class, path) {
                group.noise += 1;
            }
        }
    }

    fn group(&mut self, method: &'static str, class: Class, path: String) -> Option<&mut Group> {
        let shape = (method, class, path.clone());
        if !self.by_shape.contains_key(&shape) && self.by_shape.len() >= MOST {
            return None;
        }
        Some(self.by_shape.entry(shape).or_insert_with(|| Group {
            method: method.into(),
            class,
            path,
            count: 0,
            noise: 0,
            confirmed: false,
            samples: Vec::new(),
            first_seen: None,
        }))
    }
}

/// The first difference of each shape.
fn shapes(differences: &[Difference]) -> Vec<(String, &Difference)> {
    let mut shapes: Vec<(String, &Difference)> = Vec::new();
    for difference in differences {
        let path = without_positions(&difference.mismatch.at);
        if !shapes
            .iter()
            .any(|(known, other)| *known == path && other.class == difference.class)
        {
            shapes.push((path, difference));
        }
    }
    shapes
}

fn without_positions(pointer: &str) -> String {
    let is_position = |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    let segments = pointer
        .split('/')
        .map(|segment| if is_position(segment) { "*" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// Renders a value for a sample: its kind and size, or the value itself if its field is among those to be shown.
pub(crate) fn redacted(value: Option<&Value>, at: &str, shown: &[String]) -> String {
    let Some(value) = value else {
        return "nothing".to_owned();
    };
    let ends_with = |field: &String| {
        let mut segments = at.rsplit('/');
        field
            .rsplit('.')
            .all(|wanted| segments.next().is_some_and(|found| wanted == "*" || wanted == found))
    };
    // The empty path is not of the reply: it holds the names of outcomes.
    if at.is_empty() || shown.iter().any(ends_with) {
        return value.to_string().chars().take(SHOWN).collect();
    }
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "a boolean".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(text) => format!("a text of {} bytes", text.len()),
        Value::Array(elements) => format!("a list of {}", elements.len()),
        Value::Object(fields) => format!("an object of {}", fields.len()),
    }
}
