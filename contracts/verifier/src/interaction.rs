//! Verification of one interaction: pact_verifier sends the request, or the provider gives the message, and
//! pact_matching compares.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use ledger::{
    document::{Interaction, Kind, Specification},
    source::FoundPact,
};
use pact_matching::{Mismatch, match_message};
use pact_models::{
    bodies::OptionalBody,
    content_types::ContentType,
    interaction::Interaction as _,
    pact::{Pact as AnyPact, load_pact_from_json},
    provider_states::ProviderState,
    v4::{async_message::AsynchronousMessage, message_parts::MessageContents},
};
use pact_verifier::{
    FilterInfo, MismatchResult, NullRequestFilterExecutor, ProviderInfo, ProviderTransport, VerificationOptions,
    callback_executors::ProviderStateExecutor, verify_pact_internal,
};
use serde_json::{Value, json};

use crate::{Difference, Message, Outcome, Provider, Stage, Values};

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
            Err(reason) => Err(reason),
        },
        names => Err(format!(
            "it names {}, which no state hands back; they handed back: {}",
            names.join(", "),
            values.keys().cloned().collect::<Vec<_>>().join(", ")
        )),
    };
    match asked {
        Ok(differences) if differences.is_empty() => Outcome::Passed,
        Ok(differences) => Outcome::Differs { differences },
        Err(reason) => Outcome::Failed {
            stage: Stage::Ask,
            reason,
        },
    }
}

async fn ask_http(loaded: Loaded, url: &str, values: &Values) -> Result<Vec<Difference>, String> {
    let place = Place::of(url)?;
    let options = VerificationOptions::<NullRequestFilterExecutor> {
        request_timeout: u64::try_from(ANSWER_WITHIN.as_millis()).unwrap_or(u64::MAX),
        coloured_output: false,
        // The consumer sees a redirect as it sees any other reply, so it is compared and not followed.
        follow_redirects: false,
        ..VerificationOptions::default()
    };
    let known = Arc::new(Known(values.clone()));
    let info = place.info();
    let verified = verify_pact_internal(
        &info,
        &FilterInfo::None,
        loaded,
        &options,
        &known,
        false,
        Duration::ZERO,
    );
    let verified = verified.await.map_err(|error| error.to_string())?;
    match verified.results.as_slice() {
        [one] => match &one.result {
            Ok(()) => Ok(Vec::new()),
            Err(MismatchResult::Mismatches { mismatches, .. }) => Ok(differences(mismatches)),
            Err(MismatchResult::Error(reason, _)) => Err(reason.clone()),
        },
        results => Err(format!(
            "pact_verifier verified {} interactions, wanted 1",
            results.len()
        )),
    }
}

async fn ask_message(
    loaded: Loaded,
    interaction: &Interaction,
    provider: &dyn Provider,
    values: &Values,
) -> Result<Vec<Difference>, String> {
    let message = provider
        .message(&interaction.description, &interaction.states, values)
        .await?;
    let interactions = loaded.interactions();
    let [expected] = interactions.as_slice() else {
        return Err(format!("pact_models read {} messages, wanted 1", interactions.len()));
    };
    let mismatches = match_message(&expected.boxed(), &as_interaction(message).boxed(), &loaded).await;
    Ok(differences(&mismatches))
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

pub(crate) fn differences(mismatches: &[Mismatch]) -> Vec<Difference> {
    mismatches.iter().map(Difference::from).collect()
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
    let loaded = load_pact_from_json(&pact.file, &file).map_err(|error| format!("{}: {error}", pact.file))?;
    match loaded.interactions().len() {
        1 => Ok(loaded),
        seen => Err(format!("{}: pact_models read {seen} interactions, wanted 1", pact.file)),
    }
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

/// Values of the states, for pact_verifier. The states themselves are set up before it is called.
#[derive(Debug)]
struct Known(Values);

#[async_trait]
impl ProviderStateExecutor for Known {
    async fn call(
        self: Arc<Self>,
        _interaction_id: Option<String>,
        _state: &ProviderState,
        _setup: bool,
        _client: Option<&pact_reqwest::Client>,
    ) -> anyhow::Result<HashMap<String, Value>> {
        Ok(self.0.clone().into_iter().collect())
    }

    fn teardown(&self) -> bool {
        false
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
