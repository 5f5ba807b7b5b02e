//! Canonical form of a pact: equal promises are equal text.

use serde_json::{Map, Value, json};

use super::{ContentHash, Document, Interaction, Kind, Specification};

/// Fields that tools and brokers add to an interaction; they promise nothing.
const GENERATED: [&str; 4] = ["key", "id", "_id", "_links"];

impl Document {
    /// Returns everything that the pact promises, and nothing else: both names, the interactions, sorted by type,
    /// description and states, with all keys sorted, and what decides how they are read: the version of the
    /// specification and the plugins. One text is different promises in two versions. Each interaction has its
    /// type, and lacks the fields that tools generate (`key`, `id`, `_id`, `_links`). All other metadata is left out.
    ///
    /// Numbers are those of JSON readers with 64 bits: larger whole numbers become the nearest double.
    pub fn canonical(&self) -> Value {
        let mut interactions: Vec<(Key, Value)> = self.interactions.iter().map(keyed).collect();
        interactions.sort_by(|(one, _), (other, _)| one.cmp(other));
        let interactions: Vec<Value> = interactions.into_iter().map(|(_, value)| value).collect();
        let mut canonical = json!({
            "consumer": self.consumer, "interactions": interactions, "provider": self.provider,
            "specification": self.version.as_str(),
        });
        if let Some(plugins) = self.plugins() {
            canonical["plugins"] = sorted(plugins);
        }
        canonical
    }

    /// Returns the hash over [`Self::canonical`]. The order of keys and interactions, and metadata other than the
    /// version and the plugins, do not matter; any change of an interaction changes the hash.
    pub fn content_hash(&self) -> ContentHash {
        ContentHash::of(self.canonical().to_string().as_bytes())
    }

    /// Returns the text of the file as it is committed: sorted like [`Self::canonical`], indented by two spaces,
    /// with a newline at the end. Its only metadata are the version of the specification, and the plugins if there
    /// are any. A document that is read from it has the same content hash.
    pub fn to_file_text(&self) -> String {
        let mut file = Map::new();
        file.insert("consumer".to_owned(), json!({ "name": self.consumer }));
        if self.version == Specification::V4 {
            file.insert("interactions".to_owned(), self.listed(|_| true));
        } else {
            // Version 3 keeps messages in a list of their own. A list that the file does not have is not added.
            let is_http = |interaction: &Interaction| interaction.kind == Kind::Http;
            if self.raw.get("interactions").is_some() {
                file.insert("interactions".to_owned(), self.listed(is_http));
            }
            if self.raw.get("messages").is_some() {
                file.insert("messages".to_owned(), self.listed(|interaction| !is_http(interaction)));
            }
        }
        let mut metadata = json!({ "pactSpecification": { "version": self.version.as_str() } });
        if let Some(plugins) = self.plugins() {
            metadata["plugins"] = plugins.clone();
        }
        file.insert("metadata".to_owned(), metadata);
        file.insert("provider".to_owned(), json!({ "name": self.provider }));
        format!("{:#}\n", sorted(&Value::Object(file)))
    }

    /// Plugins that the file declares, which decide how contents and rules are read.
    fn plugins(&self) -> Option<&Value> {
        let plugins = self.raw.get("metadata")?.get("plugins")?;
        let is_empty = plugins.is_null() || plugins.as_array().is_some_and(Vec::is_empty);
        (!is_empty).then_some(plugins)
    }

    /// Interactions that are `wanted`, in canonical order, in the form of the document's version.
    fn listed(&self, wanted: impl Fn(&Interaction) -> bool) -> Value {
        let mut kept: Vec<(Key, Value)> = self.interactions.iter().filter(|one| wanted(one)).map(keyed).collect();
        kept.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut list: Vec<Value> = kept.into_iter().map(|(_, value)| value).collect();
        if self.version != Specification::V4 {
            for fields in list.iter_mut().filter_map(Value::as_object_mut) {
                fields.remove("type");
            }
        }
        list.into()
    }
}

/// Key of the order: type, description and states, then the whole text for interactions that share them.
type Key = (&'static str, String, String, String);

fn keyed(interaction: &Interaction) -> (Key, Value) {
    let mut fields = Map::new();
    for (name, value) in interaction.raw.as_object().into_iter().flatten() {
        if !GENERATED.contains(&name.as_str()) {
            fields.insert(name.clone(), value.clone());
        }
    }
    fields.insert("type".to_owned(), interaction.kind.as_str().into());
    let value = sorted(&Value::Object(fields));
    let states: Vec<Value> = interaction
        .states
        .iter()
        .map(|state| json!([state.name, sorted(&Value::Object(state.params.clone()))]))
        .collect();
    let key = (
        interaction.kind.as_str(),
        interaction.description.clone(),
        Value::from(states).to_string(),
        value.to_string(),
    );
    (key, value)
}

/// Copies a value with the keys of every object in order. serde_json sorts them by itself only as long as no
/// crate of the build asks it to keep the order of the file.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort();
            names
                .into_iter()
                .map(|name| (name.clone(), sorted(&fields[name])))
                .collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
