use ledger::document::DocumentError;
use pact_reqwest::{Method, Url};
use thiserror::Error;

/// Number of characters of an answer that an error shows.
const EXCERPT: usize = 300;

/// Reason why a broker gave no pacts, or did not take a result. No message contains a token.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// The text is not the URL of a broker. It is not shown, since it may contain a password.
    #[error(
        "the value is not the URL of a Pact Broker; wanted http://host:port or https://host, with or without a path"
    )]
    BadUrl,
    /// The URL contains a user name or a password, which logs would show.
    #[error(
        "the URL of the Pact Broker holds a user name or a password; take it out, and set SEAM_BROKER_TOKEN to a \
         token"
    )]
    SecretInUrl,
    /// The token has characters that no HTTP header can contain.
    #[error(
        "the token of the Pact Broker has characters that no HTTP header can hold; wanted it as the broker shows \
         it; fix SEAM_BROKER_TOKEN"
    )]
    BadToken,
    /// No HTTP client can be built.
    #[error("no HTTP client: {0}")]
    NoClient(String),
    /// The broker does not answer.
    #[error("the Pact Broker does not answer at {url}: {reason}; start it, or fix --broker")]
    Unreachable {
        /// URL that was asked.
        url: String,
        /// Cause reported by the HTTP client.
        reason: String,
    },
    /// The token is missing, or does not permit the request.
    #[error(
        "{method} {url} answered {status}: the Pact Broker wants another token, or one with more rights; set \
         SEAM_BROKER_TOKEN to a token that may read pacts, and write results if they are published"
    )]
    Unauthorized {
        /// Method of the request.
        method: String,
        /// URL that was asked.
        url: String,
        /// Status of the answer: 401 or 403.
        status: u16,
    },
    /// The broker does not know the provider.
    #[error(
        "POST {url} answered 404: the Pact Broker does not know the provider '{provider}'; fix its name, publish a \
         pact with it, or fix --broker if that is not a Pact Broker"
    )]
    UnknownProvider {
        /// URL that was asked.
        url: String,
        /// Name of the provider.
        provider: String,
    },
    /// The answer has another status than 2xx.
    #[error("{method} {url} answered {status}, wanted 2xx: {excerpt}; see the log of the Pact Broker, or fix --broker")]
    Refused {
        /// Method of the request.
        method: String,
        /// URL that was asked.
        url: String,
        /// Status of the answer.
        status: u16,
        /// Beginning of the answer.
        excerpt: String,
    },
    /// The answer has an unknown form.
    #[error("{url} answered with '{excerpt}'; wanted {wanted}; fix --broker if that is not a Pact Broker")]
    Malformed {
        /// URL that was asked.
        url: String,
        /// Beginning of the answer.
        excerpt: String,
        /// Description of the part that is missing.
        wanted: &'static str,
    },
    /// The broker links to another origin, to which the token is not sent.
    #[error(
        "the Pact Broker links to {url}, which is not at {broker}: the token is not sent there; set the broker's \
         base URL (PACT_BROKER_BASE_URL), or fix --broker"
    )]
    Elsewhere {
        /// Target of the link.
        url: String,
        /// URL of the broker.
        broker: String,
    },
    /// The pact is with another provider.
    #[error(
        "{url} is a pact with the provider '{seen}', wanted '{wanted}'; publish it again, or fix the service's name"
    )]
    OtherProvider {
        /// Address of the pact.
        url: String,
        /// Provider that the pact names.
        seen: String,
        /// Provider that was asked for.
        wanted: String,
    },
    /// The pact can't be used.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The pact has no link for publishing its results.
    #[error(
        "{url} has no link pb:publish-verification-results, so its result is not published; wanted one, as Pact \
         Brokers from 2.0 on give"
    )]
    NoPlaceForResults {
        /// Address of the pact.
        url: String,
    },
    /// The broker stored something else than the result that was sent.
    #[error(
        "POST {url} took the result, but answered with {seen}, wanted {sent}: the Pact Broker does not store \
         what was verified; look the result up there, and publish again"
    )]
    TakenOtherwise {
        /// URL that the result was sent to.
        url: String,
        /// Summary of the result that was sent.
        sent: String,
        /// Summary of the broker's answer.
        seen: String,
    },
}

impl BrokerError {
    pub(super) fn refused(method: &Method, url: &Url, status: u16, text: &str) -> Self {
        let (method, url) = (method.to_string(), url.to_string());
        match status {
            401 | 403 => Self::Unauthorized { method, url, status },
            _ => Self::Refused {
                method,
                url,
                status,
                excerpt: excerpt(text),
            },
        }
    }

    /// Converts a status 404 on the way to a provider's pacts into an unknown provider.
    pub(super) fn of_provider(self, provider: &str) -> Self {
        match self {
            Self::Refused { url, status: 404, .. } => Self::UnknownProvider {
                url,
                provider: provider.to_owned(),
            },
            other => other,
        }
    }

    pub(super) fn malformed(url: &Url, text: &str, wanted: &'static str) -> Self {
        Self::Malformed {
            url: url.to_string(),
            excerpt: excerpt(text),
            wanted,
        }
    }

    /// Converts an error of the client. The client itself only says that it failed; its last cause says why.
    pub(super) fn unreachable(url: &Url, error: pact_reqwest::Error) -> Self {
        let error = error.without_url();
        let mut cause: &dyn std::error::Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Self::Unreachable {
            url: url.to_string(),
            reason: cause.to_string(),
        }
    }
}

fn excerpt(text: &str) -> String {
    text.trim().chars().take(EXCERPT).collect()
}
