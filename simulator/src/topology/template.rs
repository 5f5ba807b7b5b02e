use std::{collections::BTreeMap, path::Path};

use super::Endpoint;

/// A text with places that are filled in when a node starts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template(Vec<Part>);

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Data,
    Port(String),
    Link(Endpoint),
}

/// The facts about a node that starts, which fill in a [`Template`].
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The node's own folder.
    pub data: &'a Path,
    /// The port numbers on which it listens, by the names of its ports.
    pub ports: &'a BTreeMap<String, u16>,
    /// The `host:port` of each of its links.
    pub links: &'a BTreeMap<Endpoint, String>,
}

impl Template {
    pub(super) fn new(parts: Vec<Part>) -> Self {
        Self(parts)
    }

    /// The text at this place. What the place does not know stays empty: loading a topology made sure that there
    /// is nothing such.
    pub fn render(&self, place: &Place<'_>) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Data => text.push_str(&place.data.to_string_lossy()),
                Part::Port(name) => text.push_str(&place.ports.get(name).map(u16::to_string).unwrap_or_default()),
                Part::Link(endpoint) => text.push_str(place.links.get(endpoint).map_or("", String::as_str)),
            }
        }
        text
    }
}
