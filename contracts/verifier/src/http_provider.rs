use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use futures::{FutureExt, future::LocalBoxFuture};
use ledger::document::ProviderState;
use pact_reqwest::{Client, ClientBuilder, Response, header::CONTENT_TYPE};
use serde_json::{Map, Value, json};

use crate::{Message, Provider, ProviderError, Values};

/// Time limit for a change of state, a message, or an answer of a broker.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Header that holds the metadata of a message: base64 of a JSON object.
pub(crate) const METADATA: &str = "pact-message-metadata";

/// Running provider in any language, with the two addresses that Pact's own tools use.
///
/// A state is changed by a POST of `{"state", "params", "action": "setup" | "teardown"}`, which is answered with
/// a JSON object of values or with nothing. A message is fetched by a POST of `{"description",
/// "providerStates"}`, which is answered with its contents. Any status other than 2xx is a failure, whatever the
/// body is.
#[derive(Debug)]
pub struct HttpProvider {
    url: String,
    states: Option<String>,
    messages: Option<String>,
    client: Client,
}

/// Configures an HTTP client that waits at most [`ANSWER_WITHIN`] for an answer.
pub(crate) fn client_builder() -> ClientBuilder {
    // An error means that a provider is installed already, and everybody installs this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(ANSWER_WITHIN)
}

/// Says why a request got no answer: reqwest itself only says that it was sent in vain, and keeps the cause apart.
pub(crate) fn cause(error: &pact_reqwest::Error, within: Duration) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", within.as_secs());
    }
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let mut said = Vec::new();
    for cause in causes.map(ToString::to_string) {
        // Some causes repeat the whole of those below them.
        if !said.iter().any(|text: &String| text.contains(&cause)) {
            said.push(cause);
        }
    }
    if said.is_empty() {
        said.push(error.to_string());
    }
    said.join(": ")
}

impl HttpProvider {
    /// Names the provider at `url`. `states` and `messages` are its addresses for changing states and fetching
    /// messages, if it has them.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(url: &str, states: Option<String>, messages: Option<String>) -> Result<Self, String> {
        let client = client_builder().build();
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            states,
            messages,
            client: client.map_err(|error| format!("no HTTP client: {error}"))?,
        })
    }

    async fn change(
        &self,
        state: &ProviderState,
        action: &str,
        params: &Map<String, Value>,
    ) -> Result<Values, ProviderError> {
        let Some(url) = &self.states else {
            let wanted = "wanted the address at which the provider changes its states: --state-url";
            return Err(format!("the state can't be changed; {wanted}").into());
        };
        let body = json!({ "state": state.name, "params": params, "action": action });
        let response = self.post(url, &body).await?;
        let text = response.text().await;
        let text = text.map_err(|error| no_answer(url, &error))?;
        if text.trim().is_empty() {
            return Ok(Values::new());
        }
        match serde_json::from_str(&text) {
            Ok(Value::Object(values)) => Ok(values),
            // Some providers hand no values back, and some answer with a remark.
            _ => Ok(Values::new()),
        }
    }

    async fn post(&self, url: &str, body: &Value) -> Result<Response, ProviderError> {
        let request = self.client.post(url).header(CONTENT_TYPE, "application/json");
        let sent = request.body(body.to_string()).send().await;
        let response = sent.map_err(|error| no_answer(url, &error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let text = response.text().await.unwrap_or_default();
        let excerpt: String = text.chars().take(300).collect();
        Err(format!("POST {url} answered {}, wanted 2xx: {excerpt}", status.as_u16()).into())
    }

    async fn ask_for(&self, description: &str, states: &[ProviderState]) -> Result<Message, ProviderError> {
        let Some(url) = &self.messages else {
            let wanted = "wanted the address at which the provider gives its messages: --message-url";
            return Err(format!("the message can't be fetched; {wanted}").into());
        };
        let named = |state: &ProviderState| json!({ "name": state.name, "params": state.params });
        let states: Vec<Value> = states.iter().map(named).collect();
        let body = json!({ "description": description, "providerStates": states });
        let response = self.post(url, &body).await?;
        let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let metadata = header(METADATA).map_or_else(|| Ok(Map::new()), |text| metadata(&text))?;
        let content_type = content_type(&metadata).or_else(|| header("content-type"));
        let contents = response.bytes().await;
        let contents = contents.map_err(|error| no_answer(url, &error))?;
        if contents.is_empty() {
            return Err(format!("POST {url} answered with an empty body, wanted the message").into());
        }
        Ok(Message {
            contents,
            content_type: content_type.unwrap_or_else(|| "application/json".to_owned()),
            metadata,
        })
    }
}

fn no_answer(url: &str, error: &pact_reqwest::Error) -> ProviderError {
    ProviderError::NoAnswer(format!("POST {url}: {}", cause(error, ANSWER_WITHIN)))
}

/// Media type that the message itself has. That of the answer is only about the way to here.
fn content_type(metadata: &Map<String, Value>) -> Option<String> {
    let is_type = |name: &str| ["contenttype", "content-type"].contains(&name.to_ascii_lowercase().as_str());
    let (_, value) = metadata.iter().find(|(name, _)| is_type(name))?;
    value.as_str().map(str::to_owned)
}

fn metadata(header: &str) -> Result<Map<String, Value>, String> {
    let wanted = |why: String| format!("the header {METADATA} is {why}; wanted base64 of a JSON object");
    let decoded = STANDARD.decode(header).map_err(|error| wanted(error.to_string()))?;
    serde_json::from_slice(&decoded).map_err(|error| wanted(error.to_string()))
}

impl Provider for HttpProvider {
    fn url(&self) -> &str {
        &self.url
    }

    fn set_up<'a>(&'a self, state: &'a ProviderState) -> LocalBoxFuture<'a, Result<Values, ProviderError>> {
        self.change(state, "setup", &state.params).boxed_local()
    }

    fn tear_down<'a>(
        &'a self,
        state: &'a ProviderState,
        values: &'a Values,
    ) -> LocalBoxFuture<'a, Result<(), ProviderError>> {
        async move {
            // The values name what the provider created, which is what it has to remove.
            let changed = self.change(state, "teardown", values).await;
            changed.map(drop)
        }
        .boxed_local()
    }

    fn message<'a>(
        &'a self,
        description: &'a str,
        states: &'a [ProviderState],
        _values: &'a Values,
    ) -> LocalBoxFuture<'a, Result<Message, ProviderError>> {
        self.ask_for(description, states).boxed_local()
    }
}
