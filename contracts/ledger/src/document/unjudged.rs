//! Parts of pacts that are read, and that nothing here can judge.

use std::fmt;

use serde_json::Value;

use super::{Document, Kind, Specification};

/// Part of a pact that can't be judged here. A pact with such a part is neither verified, mutated nor published: its
/// verdict would cover less than the pact says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unjudged {
    /// Path in the file, as a JSON pointer.
    pub path: String,
    /// Description of the part, such as `the plugin 'csv'`.
    pub seen: String,
    /// Advice on what to do about it.
    pub advice: &'static str,
}

impl fmt::Display for Unjudged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, seen, advice } = self;
        write!(formatter, "{path} is {seen}, which is not judged here; {advice}")
    }
}

const ELSEWHERE: &str = "keep this pact in a folder of its own, and verify it with a Pact tool that runs plugins";

impl Document {
    /// Parts that can't be judged here, in the order of the file: plugins, transports other than HTTP, and synchronous
    /// messages. Empty for nearly every pact.
    pub fn unjudged(&self) -> Vec<Unjudged> {
        let mut found = plugins(self.raw.pointer("/metadata/plugins"));
        // The list of version 4 is the only one in which plugins, transports and synchronous messages occur.
        if self.version == Specification::V4 {
            for (index, interaction) in self.interactions.iter().enumerate() {
                let at = |field: &str| format!("/interactions/{index}/{field}");
                if interaction.kind == Kind::SyncMessage {
                    found.push(Unjudged {
                        path: at("type"),
                        seen: format!("that of '{}', a synchronous message", interaction.description),
                        advice: ELSEWHERE,
                    });
                }
                let configured = interaction
                    .raw
                    .get("pluginConfiguration")
                    .filter(|value| !is_empty(value));
                if configured.is_some() {
                    found.push(Unjudged {
                        path: at("pluginConfiguration"),
                        seen: format!("the configuration of a plugin for '{}'", interaction.description),
                        advice: ELSEWHERE,
                    });
                }
                let transport = interaction.raw.get("transport").filter(|value| *value != "http");
                if let (Kind::Http, Some(transport)) = (interaction.kind, transport) {
                    found.push(Unjudged {
                        path: at("transport"),
                        seen: format!("the transport {transport} of '{}'", interaction.description),
                        advice: "leave it out or write \"http\" if the provider is asked over HTTP, which takes \
                                 http:// and https:// from its URL",
                    });
                }
            }
        }
        found
    }
}

fn plugins(listed: Option<&Value>) -> Vec<Unjudged> {
    let unjudged = |path: String, seen: String| Unjudged {
        path,
        seen,
        advice: ELSEWHERE,
    };
    match listed {
        None => Vec::new(),
        Some(listed) if is_empty(listed) => Vec::new(),
        Some(Value::Array(plugins)) => {
            let named = plugins.iter().enumerate().map(|(index, plugin)| {
                let name = plugin.get("name").unwrap_or(plugin);
                let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
                unjudged(format!("/metadata/plugins/{index}"), format!("the plugin '{name}'"))
            });
            named.collect()
        }
        Some(other) => vec![unjudged(
            "/metadata/plugins".to_owned(),
            format!("the list of plugins {other}"),
        )],
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}
