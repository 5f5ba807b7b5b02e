//! Client of a Pact Broker's HAL API: gets the pacts of a provider, and publishes the results of verifying them.

mod error;
mod listed;
mod results;
mod token;

use ledger::{document::Document, source::FoundPact};
use pact_reqwest::{Client, Method, Url, header, redirect::Policy};
use serde_json::{Value, json};

pub use error::BrokerError;
pub use token::Token;

use crate::http_provider::client_builder;
use listed::{Listed, listed};

/// Pact Broker, or any server that speaks its API.
///
/// An answer may take 30 s. Redirects are not followed: a POST would become a GET, which asks for other pacts.
/// The token is sent to the broker's own origin and nowhere else.
#[derive(Debug)]
pub struct Broker {
    url: Url,
    token: Option<Token>,
    client: Client,
}

/// Pact that a broker gave.
#[derive(Clone, Debug)]
pub struct BrokerPact {
    /// The pact, with its address at the broker as its file.
    pub found: FoundPact,
    /// `true` if the broker says that a failure would not count.
    pub pending: bool,
}

impl Broker {
    /// Names the broker at `url`, with the bearer token that it wants, if it wants one.
    ///
    /// # Errors
    /// When the URL or the token can't be used, or no HTTP client can be built.
    pub fn new(url: &str, token: Option<Token>) -> Result<Self, BrokerError> {
        let parsed = Url::parse(url).ok().filter(|url| url.has_host());
        let parsed = parsed.filter(|url| ["http", "https"].contains(&url.scheme()));
        let parsed = parsed.ok_or(BrokerError::BadUrl)?;
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(BrokerError::SecretInUrl);
        }
        if token.as_ref().is_some_and(|token| !token.fits_a_header()) {
            return Err(BrokerError::BadToken);
        }
        let client = client_builder().redirect(Policy::none()).build();
        Ok(Self {
            url: parsed,
            token: token.filter(|token| !token.is_empty()),
            client: client.map_err(|error| BrokerError::NoClient(error.to_string()))?,
        })
    }

    /// Gets the pacts with `provider` that count: those of each consumer's main branch, and of each of its
    /// versions that is deployed or released. So there may be several of one consumer. A provider without pacts
    /// gets an empty list.
    ///
    /// # Errors
    /// When the broker does not answer, wants another token, does not know the provider, or answers with anything
    /// but pacts with it.
    pub async fn pacts(&self, provider: &str) -> Result<Vec<BrokerPact>, BrokerError> {
        let url = self.for_verification(provider)?;
        let selectors = json!({ "consumerVersionSelectors": [{ "mainBranch": true }, { "deployedOrReleased": true }] });
        let answer = self.send(Method::POST, &url, Some(&selectors)).await;
        let answer = answer.map_err(|error| error.of_provider(provider))?;
        let mut pacts = Vec::new();
        let malformed = |wanted| BrokerError::malformed(&url, &self.redact(&answer), wanted);
        for one in listed(&url, &answer).map_err(malformed)? {
            pacts.push(self.pact(one, provider).await?);
        }
        Ok(pacts)
    }

    async fn pact(&self, listed: Listed, provider: &str) -> Result<BrokerPact, BrokerError> {
        let text = self.send(Method::GET, &listed.url, None).await?;
        let file = listed.url.to_string();
        let document = Document::parse(&file, text.as_bytes())?;
        if document.provider() != provider {
            return Err(BrokerError::OtherProvider {
                url: file,
                seen: document.provider().to_owned(),
                wanted: provider.to_owned(),
            });
        }
        Ok(BrokerPact {
            found: FoundPact { file, document },
            pending: listed.pending,
        })
    }

    fn for_verification(&self, provider: &str) -> Result<Url, BrokerError> {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.path_segments_mut()
            .map_err(|()| BrokerError::BadUrl)?
            .pop_if_empty()
            .extend(["pacts", "provider", provider, "for-verification"]);
        Ok(url)
    }

    /// Sends a request, and returns the text of the answer if its status is one of success.
    async fn send(&self, method: Method, url: &Url, body: Option<&Value>) -> Result<String, BrokerError> {
        let mut request = self.client.request(method.clone(), url.clone());
        request = request.header(header::ACCEPT, "application/hal+json, application/json");
        if let Some(token) = &self.token {
            if url.origin() != self.url.origin() {
                let (url, broker) = (url.to_string(), self.url.to_string());
                return Err(BrokerError::Elsewhere { url, broker });
            }
            request = request.bearer_auth(token.reveal());
        }
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, "application/json");
            request = request.body(body.to_string());
        }
        let unreachable = |error| BrokerError::unreachable(url, error);
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let text = response.text().await.map_err(unreachable)?;
        if status.is_success() {
            return Ok(text);
        }
        Err(BrokerError::refused(&method, url, status.as_u16(), &self.redact(&text)))
    }

    /// Removes the token from a text, since some servers repeat the request in their answer.
    fn redact(&self, text: &str) -> String {
        let token = self.token.as_ref();
        token.map_or_else(|| text.to_owned(), |token| text.replace(token.reveal(), "redacted"))
    }
}
