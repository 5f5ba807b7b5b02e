//! Verification of one interaction: pact_verifier sends the request, or the provider gives the message, and
//! pact_matching compares.

use std::{collections::HashMap, time::Duration};

use ledger::{
    document::{Interaction, Kind, Specification},
    source::FoundPact,
};
use pact_models::{
    bodies::OptionalBody,
    content_types::ContentType,
    generators::{Generator, GeneratorTestMode},
    pact::{Pact as AnyPact, load_pact_from_json},
    v4::{
        async_message::AsynchronousMessage,
        http_parts::{HttpRequest, HttpResponse},
        message_parts::MessageContents,
    },
};
use pact_reqwest::redirect::Policy;
use pact_verifier::{
    NullRequestFilterExecutor, ProviderInfo, ProviderTransport, VerificationOptions,
    provider_client::make_provider_request,
};
use serde_json::{Value, json};

use crate::{
    Difference, Message, Outcome, Provider, Stage, Values,
    http_provider::{cause, client_builder},
    judge::{self, AnyInteraction, panicked},
};

/// Time limit for one answer of a provider.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

pub(crate) type Loaded = Box<dyn AnyPact + Send + Sync + std::panic::RefUnwindSafe>;

/// Checks that something listens at the provider's address.
pub(crate) async fn reachable(url: &str) -> Result<(), String> {
    let place = Place::of(url)?;
    let address = (place.host.as_str(), place.port);
    let connected = tokio::time::timeout(ANSWER_WITHIN, tokio::net::TcpStream::connect(address)).await;
    match connected {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!(
            "{url} does not answer: {error}; start it, or fix --provider-url"
        )),
        Err(_) => Err(format!("{url} does not answer within {} s", ANSWER_WITHIN.as_secs())),
    }
}

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
            Err(reason) => Err(Unasked::Failed(reason)),
        },
        names => Err(Unasked::Failed(format!(
            "it names {}, which no state hands back; they handed back: {}",
            names.join(", "),
            values.keys().cloned().collect::<Vec<_>>().join(", ")
        ))),
    };
    let failed = |stage, reason| Outcome::Failed { stage, reason };
    match asked {
        Ok(differences) if differences.is_empty() => Outcome::Passed,
        Ok(differences) => Outcome::Differs { differences },
        Err(Unasked::NoAnswer(reason)) => failed(Stage::Reach, reason),
        Err(Unasked::Failed(reason)) => failed(Stage::Ask, reason),
    }
}

/// Reason why there is nothing to compare.
enum Unasked {
    /// The provider was not reached, or gave no answer.
    NoAnswer(String),
    /// The interaction could not be asked or compared.
    Failed(String),
}

impl From<String> for Unasked {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

async fn ask_http(loaded: Loaded, url: &str, values: &Values) -> Result<Vec<Difference>, Unasked> {
    let asked = only(&loaded)?;
    let http = asked.as_v4_http();
    let http = http.ok_or_else(|| "pact_models read no HTTP interaction, wanted one".to_owned())?;
    let context: HashMap<&str, Value> = values
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    let request = pact_matching::generate_request(&http.request, &GeneratorTestMode::Provider, &context).await;
    let expected = with_values(&http.response, &context).await;
    let actual = send(&request, url).await?;
    Ok(judge::response(&expected, actual, &loaded, &asked).await?)
}

/// Puts the values of the states into the expected response. Other generators are for replies of mock servers.
async fn with_values(response: &HttpResponse, context: &HashMap<&str, Value>) -> HttpResponse {
    let mut expected = response.clone();
    for generators in expected.generators.categories.values_mut() {
        generators.retain(|_, generator| matches!(generator, Generator::ProviderStateGenerator(..)));
    }
    pact_matching::generate_response(&expected, &GeneratorTestMode::Provider, context).await
}

async fn send(request: &HttpRequest, url: &str) -> Result<HttpResponse, Unasked> {
    let place = Place::of(url)?;
    // The consumer sees a redirect as it sees any other reply, so it is compared and not followed.
    let client = client_builder()
        .timeout(ANSWER_WITHIN)
        .redirect(Policy::none())
        .user_agent("seam");
    let client = client.build().map_err(|error| format!("no HTTP client: {error}"))?;
    let options = VerificationOptions::<NullRequestFilterExecutor>::default();
    let info = place.info();
    // The transport is named here and not by the pact: pact_verifier asks port 8080 if it finds none of that name.
    let transport = info.transports.first().cloned();
    let sent = make_provider_request(&info, request, &options, &client, transport).await;
    sent.map_err(|error| match error.downcast_ref::<pact_reqwest::Error>() {
        Some(error) if !error.is_builder() => Unasked::NoAnswer(format!(
            "{} {}: {}",
            request.method,
            request.path,
            cause(error, ANSWER_WITHIN)
        )),
        _ => Unasked::Failed(error.to_string()),
    })
}

async fn ask_message(
    loaded: Loaded,
    interaction: &Interaction,
    provider: &dyn Provider,
    values: &Values,
) -> Result<Vec<Difference>, Unasked> {
    let message = provider
        .message(&interaction.description, &interaction.states, values)
        .await?;
    Ok(judge::message(&only(&loaded)?, message, &loaded).await?)
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

/// Names in `${...}` of the interaction's generators that have no value. pact_verifier would send the example
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

/// Address of a provider.
struct Place {
    scheme: String,
    host: String,
    port: u16,
    path: String,
}

impl Place {
    fn of(url: &str) -> Result<Self, String> {
        let wanted = || format!("'{url}' is not the URL of a provider; wanted http://host:port");
        let parsed: http::Uri = url.parse().map_err(|_| wanted())?;
        let scheme = parsed.scheme_str().ok_or_else(wanted)?;
        let host = parsed.host().ok_or_else(wanted)?;
        let port = match (parsed.port_u16(), scheme) {
            (Some(port), _) => port,
            (None, "http") => 80,
            (None, "https") => 443,
            (None, _) => return Err(wanted()),
        };
        Ok(Self {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            port,
            path: parsed.path().trim_end_matches('/').to_owned(),
        })
    }

    fn info(self) -> ProviderInfo {
        let transport = ProviderTransport {
            transport: "http".to_owned(),
            port: Some(self.port),
            path: Some(self.path),
            scheme: Some(self.scheme),
        };
        ProviderInfo {
            name: "provider".to_owned(),
            host: self.host,
            transports: vec![transport],
            ..ProviderInfo::default()
        }
    }
}
