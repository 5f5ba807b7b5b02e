use std::{collections::BTreeMap, fmt, path::Path};

use super::{Endpoint, secrets::HIDDEN};

/// Text with placeholders that are filled in when a node starts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template(Vec<Part>);

/// Piece of a [`Template`]: literal text or a placeholder.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Secret(String),
    Data,
    Host,
    Port(String),
    Link(Endpoint),
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Secret(_) => f.write_str(HIDDEN),
            Self::Data => f.write_str("${data}"),
            Self::Host => f.write_str("${host}"),
            Self::Port(name) => write!(f, "${{port.{name}}}"),
            Self::Link(endpoint) => write!(f, "${{link.{endpoint}}}"),
        }
    }
}

/// Values of the placeholders for one start of one node.
#[derive(Debug, Clone, Copy)]
pub struct PlaceholderValues<'a> {
    /// The node's own folder.
    pub data: &'a Path,
    /// The address to listen on.
    pub host: &'a str,
    /// Port numbers to listen on, by the names of the node's ports.
    pub ports: &'a BTreeMap<String, u16>,
    /// The `host:port` of each endpoint that the node has a link to.
    pub links: &'a BTreeMap<Endpoint, String>,
}

impl Template {
    pub(super) fn new(parts: Vec<Part>) -> Self {
        Self(parts)
    }

    pub(super) fn literal(text: &str) -> Self {
        Self(vec![Part::Text(text.to_owned())])
    }

    /// The text, if it has no placeholder that is filled in later.
    pub(super) fn text(&self) -> Option<String> {
        let piece = |part: &Part| match part {
            Part::Text(piece) | Part::Secret(piece) => Some(piece.clone()),
            Part::Data | Part::Host | Part::Port(_) | Part::Link(_) => None,
        };
        self.0.iter().map(piece).collect()
    }

    /// True if the text has a port of the node at an address that leads to one machine alone.
    pub fn listens_on_loopback(&self) -> bool {
        let begins = |part: &Part| match part {
            Part::Text(text) => ["127.0.0.1:", "localhost:", "[::1]:"]
                .iter()
                .any(|loopback| text.ends_with(loopback)),
            _ => false,
        };
        let mut pairs = self.0.iter().zip(self.0.iter().skip(1));
        pairs.any(|(before, part)| matches!(part, Part::Port(_)) && begins(before))
    }

    /// Fills in every placeholder. One without a value becomes empty text; a topology that was loaded has none, if
    /// `values` hold all ports and links of the node.
    pub fn render(&self, values: &PlaceholderValues<'_>) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(piece) | Part::Secret(piece) => text.push_str(piece),
                Part::Data => text.push_str(&values.data.to_string_lossy()),
                Part::Host => text.push_str(values.host),
                Part::Port(name) => text.push_str(&values.ports.get(name).map(u16::to_string).unwrap_or_default()),
                Part::Link(endpoint) => text.push_str(values.links.get(endpoint).map_or("", String::as_str)),
            }
        }
        text
    }
}
