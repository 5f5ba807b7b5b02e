//! Verification of one interaction: the request is sent, or the provider gives the message, and pact_matching compares.

use std::collections::HashMap;

use ledger::{
    document::{Interaction, Kind, Specification},
    source::FoundPact,
};
use pact_matching::generators::generate_message;
use pact_models::{
    bodies::OptionalBody,
    content_types::ContentType,
    generators::{Generator, GeneratorTestMode, Generators, generators_from_json},
    interaction::Interaction as _,
    pact::{Pact as AnyPact, load_pact_from_json},
    v4::{async_message::AsynchronousMessage, http_parts::HttpResponse, message_parts::MessageContents},
};
use serde_json::{Value, json};

use crate::{
    Difference, Message, Outcome, Provider, ProviderError, Stage, Values, encoding,
    judge::{self, AnyInteraction, panicked},
    request,
};

pub(crate) type Loaded = Box<dyn AnyPact + Send + Sync + std::panic::RefUnwindSafe>;

/// Asks the provider what the interaction asks, and compares the reply.
pub(crate) async fn ask(
    pact: &FoundPact,
    interaction: &Interaction,
    provider: &dyn Provider,
    values: &Values,
) -> Outcome {
    let asked = match unset_names(interaction, values).as_slice() {
        [] => match alone(pact, interaction) {
            Ok(loaded) if interaction.kind == Kind::Http => ask_http(loaded, provider.url(), values).await,
            Ok(loaded) => ask_message(loaded, interaction, provider, values).await,
            Err(reason) => Err(ProviderError::Failed(reason)),
        },
        names => Err(ProviderError::Failed(format!(
            "it names {}, which no state hands back; they handed back: {}",
            names.join(", "),
            values.keys().cloned().collect::<Vec<_>>().join(", ")
        ))),
    };
    let failed = |stage, reason| Outcome::Failed { stage, reason };
    match asked {
        Ok(differences) if differences.is_empty() => Outcome::Passed,
        Ok(differences) => Outcome::Differs { differences },
        Err(ProviderError::NoAnswer(reason)) => failed(Stage::Reach, reason),
        Err(ProviderError::Failed(reason)) => failed(Stage::Ask, reason),
    }
}

async fn ask_http(loaded: Loaded, url: &str, values: &Values) -> Result<Vec<Difference>, ProviderError> {
    let asked = only(&loaded)?;
    let http = asked.as_v4_http();
    let http = http.ok_or_else(|| "pact_models read no HTTP interaction, wanted one".to_owned())?;
    let context = by_name(values);
    let request = pact_matching::generate_request(&http.request, &GeneratorTestMode::Provider, &context).await;
    let expected = with_values(&http.response, &context).await;
    let actual = request::send(&request, url).await?;
    Ok(judge::response(&expected, actual, &loaded, &asked).await?)
}

/// Puts the values of the states into the expected response.
async fn with_values(response: &HttpResponse, context: &HashMap<&str, Value>) -> HttpResponse {
    let mut expected = encoding::decoded(response);
    of_states(&mut expected.generators);
    pact_matching::generate_response(&expected, &GeneratorTestMode::Provider, context).await
}

async fn ask_message(
    loaded: Loaded,
    interaction: &Interaction,
    provider: &dyn Provider,
    values: &Values,
) -> Result<Vec<Difference>, ProviderError> {
    let expected = message_with_values(only(&loaded)?, &interaction.raw, &by_name(values)).await?;
    let message = provider
        .message(&interaction.description, &interaction.states, values)
        .await?;
    Ok(judge::message(&expected, message, &loaded).await?)
}

/// Puts the values of the states into the expected contents and metadata.
async fn message_with_values(
    interaction: AnyInteraction,
    raw: &Value,
    values: &HashMap<&str, Value>,
) -> Result<AnyInteraction, String> {
    let message = interaction.as_message();
    let mut message = message.ok_or("pact_models read no message, wanted one")?;
    // pact_models leaves out the generators of version 3.
    message.generators = generators_from_json(raw).map_err(|error| error.to_string())?;
    of_states(&mut message.generators);
    let mode = GeneratorTestMode::Provider;
    let message = generate_message(&message, &mode, values, &Vec::new(), &HashMap::new()).await;
    match interaction.as_v4_async_message() {
        Some(mut given) if interaction.is_v4() => {
            given.contents.contents = message.contents;
            given.contents.metadata = message.metadata.into_iter().collect();
            Ok(given.boxed())
        }
        _ => Ok(message.boxed()),
    }
}

fn by_name(values: &Values) -> HashMap<&str, Value> {
    values
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect()
}

/// Leaves only the generators that take values of states. The others are for the replies of mock servers.
fn of_states(generators: &mut Generators) {
    for generators in generators.categories.values_mut() {
        generators.retain(|_, generator| matches!(generator, Generator::ProviderStateGenerator(..)));
    }
}

/// The interaction of a pact that has one alone.
pub(crate) fn only(loaded: &Loaded) -> Result<AnyInteraction, String> {
    match loaded.interactions().as_slice() {
        [one] => Ok(one.boxed()),
        seen => Err(format!("pact_models read {} interactions, wanted 1", seen.len())),
    }
}

pub(crate) fn as_interaction(message: Message) -> AsynchronousMessage {
    let content_type = ContentType::parse(message.content_type.as_str()).ok();
    let mut metadata: HashMap<String, Value> = message.metadata.into_iter().collect();
    metadata.insert("contentType".to_owned(), message.content_type.into());
    AsynchronousMessage {
        contents: MessageContents {
            contents: OptionalBody::Present(message.contents, content_type, None),
            metadata,
            ..MessageContents::default()
        },
        ..AsynchronousMessage::default()
    }
}

/// Builds a pact with this interaction alone, as pact_models reads it.
pub(crate) fn alone(pact: &FoundPact, interaction: &Interaction) -> Result<Loaded, String> {
    let document = &pact.document;
    let list = match (document.version(), interaction.kind) {
        (Specification::V3, Kind::AsyncMessage) => "messages",
        _ => "interactions",
    };
    let mut file = json!({
        "consumer": { "name": document.consumer() },
        "provider": { "name": document.provider() },
        "metadata": { "pactSpecification": { "version": document.version().as_str() } },
    });
    file[list] = json!([interaction.raw]);
    let loaded = std::panic::catch_unwind(|| load_pact_from_json(&pact.file, &file));
    let loaded = loaded.map_err(|panic| panicked("pact_models", panic.as_ref()))?;
    let loaded = loaded.map_err(|error| format!("{}: {error}", pact.file))?;
    only(&loaded).map_err(|reason| format!("{}: {reason}", pact.file))?;
    Ok(loaded)
}

/// Names in `${...}` of the interaction's generators that have no value. pact_matching would take the example
/// instead.
fn unset_names(interaction: &Interaction, values: &Values) -> Vec<String> {
    let mut names = Vec::new();
    let generators = |part: &str| interaction.raw.pointer(part);
    let parts = ["/request/generators", "/response/generators", "/generators"];
    for generator in parts.into_iter().filter_map(generators) {
        named(generator, &mut names);
    }
    names.retain(|name| !values.contains_key(name));
    names
}

fn named(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(expression)) = fields.get("expression") {
                let openings = expression.split("${").skip(1);
                names.extend(openings.filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())));
            }
            fields.values().for_each(|field| named(field, names));
        }
        Value::Array(items) => items.iter().for_each(|item| named(item, names)),
        _ => {}
    }
}
