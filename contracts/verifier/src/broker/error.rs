use ledger::document::DocumentError;
use pact_reqwest::{Method, Url};
use thiserror::Error;

/// So much of an answer stands in an error, in characters.
const EXCERPT: usize = 300;

/// Why a broker gave no pacts, or did not take a result. No message holds a token.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// Not the URL of a broker. It is not shown: it may hold a password.
    #[error(
        "what was given is no URL of a Pact Broker; wanted http://host:port or https://host, with or without a path"
    )]
    BadUrl,
    /// A user name or a password in the URL, which logs would show.
    #[error(
        "the URL of the Pact Broker holds a user name or a password; take it out, and set SEAM_BROKER_TOKEN to a token"
    )]
    SecretInUrl,
    /// A token that no header can hold.
    #[error(
        "the token of the Pact Broker has characters that no HTTP header can hold; wanted it as the broker shows it; mend SEAM_BROKER_TOKEN"
    )]
    BadToken,
    /// There can be no HTTP client.
    #[error("no HTTP client: {0}")]
    NoClient(String),
    /// Nobody answers.
    #[error("the Pact Broker does not answer at {url}: {reason}; start it, or mend --broker")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What came of it.
        reason: String,
    },
    /// The token is missing, or does not suffice.
    #[error(
        "{method} {url} answered {status}: the Pact Broker wants another token, or one that may do more; set SEAM_BROKER_TOKEN to a token that may \
         read pacts, and write results where they are published"
    )]
    Unauthorized {
        /// How it was asked.
        method: String,
        /// What was asked.
        url: String,
        /// 401 or 403.
        status: u16,
    },
    /// The provider is not known.
    #[error(
        "POST {url} answered 404: the Pact Broker knows no provider '{provider}'; mend its name, publish a pact with it, or mend --broker if \
         that is no Pact Broker"
    )]
    UnknownProvider {
        /// What was asked.
        url: String,
        /// The provider.
        provider: String,
    },
    /// Any other status than 2xx.
    #[error(
        "{method} {url} answered {status}, wanted 2xx: {excerpt}; see the log of the Pact Broker, or mend --broker"
    )]
    Refused {
        /// How it was asked.
        method: String,
        /// What was asked.
        url: String,
        /// The status.
        status: u16,
        /// The beginning of the answer.
        excerpt: String,
    },
    /// An answer of another form.
    #[error("{url} answered with '{excerpt}'; wanted {wanted}; mend --broker if that is no Pact Broker")]
    Malformed {
        /// What was asked.
        url: String,
        /// The beginning of the answer.
        excerpt: String,
        /// What is wanted.
        wanted: &'static str,
    },
    /// A link to another host, to which the token is not given.
    #[error(
        "the Pact Broker links to {url}, which is elsewhere than {broker}: the token is not sent there; set the broker's base URL \
         (PACT_BROKER_BASE_URL), or mend --broker"
    )]
    Elsewhere {
        /// The link.
        url: String,
        /// The broker.
        broker: String,
    },
    /// A pact with somebody else.
    #[error(
        "{url} is a pact with the provider '{seen}', wanted '{wanted}'; publish it anew, or mend the service's name"
    )]
    OtherProvider {
        /// Where the pact is.
        url: String,
        /// The provider it names.
        seen: String,
        /// The provider that was asked for.
        wanted: String,
    },
    /// A pact that can't be used.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A pact that says not where its results go.
    #[error(
        "{url} has no link pb:publish-verification-results, so its result is not published; wanted one, as Pact Brokers from 2.0 on give"
    )]
    NoPlaceForResults {
        /// Where the pact is.
        url: String,
    },
    /// The result was not taken as it was sent.
    #[error(
        "POST {url} took the result, but answered with {seen}, wanted {sent}: what the Pact Broker holds is not what was verified; look the \
         result up there, and publish again"
    )]
    TakenOtherwise {
        /// Where it was sent.
        url: String,
        /// What was sent.
        sent: String,
        /// What the answer says.
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

    /// The same, where it was asked for the pacts of a provider.
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

    /// The client only says that it failed; its last cause says why.
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
