use ledger::{document::Interaction, source::FoundPact};
use pact_models::{
    content_types::ContentType,
    matchingrules::MatchingRules,
    v4::{http_parts::HttpResponse, message_parts::MessageContents},
};
use serde_json::{Map, Value};

use super::{HttpReply, Mutant, Reply, body, format::Format, parts};
use crate::{
    Difference, Message, Part, encoding,
    interaction::{Loaded, alone, only},
    judge::{self, AnyInteraction},
};

/// Interaction that was read once, and against which any number of replies can be judged.
#[derive(Debug)]
pub struct Subject {
    loaded: Loaded,
    interaction: AnyInteraction,
    expected: Expected,
    example: Reply,
}

#[derive(Debug)]
enum Expected {
    Http(Box<HttpResponse>),
    Message(MatchingRules),
}

impl Subject {
    /// Reads the interaction with pact_models.
    ///
    /// # Errors
    /// When it is neither HTTP nor an asynchronous message, or pact_models can't read it.
    pub fn load(pact: &FoundPact, interaction: &Interaction) -> Result<Self, String> {
        let loaded = alone(pact, interaction)?;
        let one = only(&loaded)?;
        let (expected, example) = if let Some(http) = one.as_v4_http() {
            let response = encoding::decoded(&http.response);
            let example = Reply::Http(HttpReply::of(&response));
            (Expected::Http(Box::new(response)), example)
        } else if let (Some(v4), Some(message)) = (one.as_v4_async_message(), one.as_message()) {
            let example = Reply::Message(example_of(&v4.contents));
            (Expected::Message(message.matching_rules), example)
        } else {
            return Err(format!(
                "{}: '{}' is a synchronous message, wanted HTTP or an asynchronous message",
                pact.file, interaction.description
            ));
        };
        Ok(Self {
            loaded,
            interaction: one,
            expected,
            example,
        })
    }

    /// Example reply of the pact.
    pub fn example(&self) -> &Reply {
        &self.example
    }

    /// Judges a reply: returns the places at which it differs from what the consumer needs, as
    /// [`crate::verify()`] would for a provider that gives it.
    ///
    /// # Errors
    /// When the matcher can't compare them.
    pub async fn judge(&self, reply: &Reply) -> Result<Vec<Difference>, String> {
        match (&self.expected, reply) {
            (Expected::Http(expected), Reply::Http(reply)) => {
                judge::response(expected, reply.received(), &self.loaded, &self.interaction).await
            }
            (Expected::Message(_), Reply::Message(message)) => {
                judge::message(&self.interaction, message.clone(), &self.loaded).await
            }
            _ => Err("a reply to a request and a message can't be compared".to_owned()),
        }
    }

    /// Builds every mutant of the example. A body in a format that is not changed inside is only left
    /// out.
    pub fn mutants(&self) -> Vec<Mutant> {
        self.mutants_of(&self.example)
    }

    /// Builds the mutants of another reply, such as one that a provider really gave. Empty for a reply of another
    /// kind than the interaction.
    pub fn mutants_of(&self, reply: &Reply) -> Vec<Mutant> {
        let mut mutants = match (&self.expected, reply) {
            (Expected::Http(expected), Reply::Http(reply)) => {
                let mut mutants = parts::status(reply, &expected.matching_rules);
                mutants.extend(parts::headers(reply, &expected.matching_rules));
                mutants
            }
            (Expected::Message(rules), Reply::Message(reply)) => parts::metadata(reply, rules),
            _ => return Vec::new(),
        };
        mutants.extend(self.body_mutants(reply));
        mutants
    }

    fn body_mutants(&self, reply: &Reply) -> Vec<Mutant> {
        let text = reply.body();
        if text.is_empty() {
            return Vec::new();
        }
        let rules = match &self.expected {
            Expected::Http(expected) => expected.matching_rules.rules_for_category("body"),
            Expected::Message(rules) => rules.rules_for_category("body"),
        };
        let mutant = |operator, path: String, field: String, is_permitted, body: Vec<u8>| Mutant {
            operator,
            part: Part::Body,
            path,
            field,
            is_permitted,
            reply: reply.with_body(body.into()),
        };
        let edits = Format::of(text, self.content_type().as_ref()).edits(&rules.unwrap_or_default());
        let mutants = edits.into_iter().map(|edit| {
            let field = body::field(&edit.path).to_string();
            mutant(
                edit.operator,
                edit.path.to_string(),
                field,
                edit.is_permitted,
                edit.body,
            )
        });
        mutants.collect()
    }

    /// Media type of the example's body, if mutants leave the body as it is or out: its format is not one of
    /// those that are changed inside.
    pub fn unmutated(&self) -> Option<String> {
        let body = self.example.body();
        let content_type = self.content_type();
        let is_left = !body.is_empty() && matches!(Format::of(body, content_type.as_ref()), Format::Other);
        is_left.then(|| content_type.map_or_else(|| "no media type".to_owned(), |named| named.to_string()))
    }

    fn content_type(&self) -> Option<ContentType> {
        match (&self.expected, &self.example) {
            (Expected::Http(expected), _) => expected.content_type(),
            (Expected::Message(_), Reply::Message(example)) => ContentType::parse(example.content_type.as_str()).ok(),
            (Expected::Message(_), Reply::Http(_)) => None,
        }
    }
}

/// Reads the example of a message. The media type is kept apart from the other metadata, as in an answer of a
/// message endpoint.
fn example_of(contents: &MessageContents) -> Message {
    let mut metadata: Map<String, Value> = contents.metadata.clone().into_iter().collect();
    let named = metadata.remove("contentType");
    let named = named.and_then(|named| named.as_str().map(str::to_owned));
    let read = || contents.contents.content_type().map(|read| read.to_string());
    Message {
        contents: contents.contents.value().unwrap_or_default(),
        content_type: named.or_else(read).unwrap_or_else(|| "application/json".to_owned()),
        metadata,
    }
}
