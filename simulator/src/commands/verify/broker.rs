use clap::Args;
use verifier::{Broker, BrokerPact, Filter, Selection, Token, Verification};

use crate::commands::output;

/// Pacts from a Pact Broker, and results back to it.
#[derive(Clone, Debug, Args)]
pub(crate) struct BrokerArgs {
    /// Take the pacts from this Pact Broker instead: those of main branches, and those of versions that are deployed
    /// or released
    #[arg(long, value_name = "URL", requires = "service", conflicts_with = "pacts")]
    broker: Option<String>,
    /// The bearer token that the broker wants; better set in the environment, where no list of processes shows it
    #[arg(long, value_name = "TOKEN", env = "SEAM_BROKER_TOKEN", hide_env_values = true)]
    broker_token: Option<Token>,
    /// Publish the result of each pact to the broker, and see that it took it
    #[arg(long, requires = "broker", conflicts_with_all = ["consumer", "description", "state"])]
    pub(super) publish: bool,
}

/// The pacts that a broker gave for a provider.
pub(super) struct Fetched {
    broker: Broker,
    name: String,
    provider: String,
    pacts: Vec<BrokerPact>,
}

impl BrokerArgs {
    /// The pacts with this provider; `None` if no broker is to be asked.
    ///
    /// # Errors
    /// When the broker does not give them.
    pub(super) async fn fetch(&self, provider: Option<&str>) -> Result<Option<Fetched>, String> {
        let (Some(url), Some(provider)) = (&self.broker, provider) else {
            return Ok(None);
        };
        let broker = Broker::new(url, self.broker_token.clone()).map_err(|error| error.to_string())?;
        let pacts = broker.pacts(provider).await.map_err(|error| error.to_string())?;
        Ok(Some(Fetched {
            broker,
            name: format!("the Pact Broker at {url} (main branches, deployed, released)"),
            provider: provider.to_owned(),
            pacts,
        }))
    }
}

impl Fetched {
    /// The interactions of these pacts that are wanted.
    pub(super) fn select(&self, filter: Filter) -> Selection {
        Selection::from_broker(&self.provider, &self.pacts, filter, &self.name)
    }

    /// Publishes the results as those of this version, and says on stderr how many there were.
    ///
    /// # Errors
    /// When the broker does not take one as it was sent.
    pub(super) async fn publish(&self, verifications: &[Verification], version: &str) -> Result<(), String> {
        let mut published = 0;
        for verification in verifications {
            let sent = self.broker.publish(&self.pacts, verification, version).await;
            published += sent.map_err(|error| error.to_string())?;
        }
        output::note(&format!("{published} results are published to {}", self.name));
        Ok(())
    }
}
