//! Publication of results. The broker's answer has to confirm each of them.

use ledger::document::Interaction;
use pact_reqwest::Method;
use serde_json::{Value, json};

use super::{Broker, BrokerError, BrokerPact, listed::link};
use crate::{ConsumerResult, Difference, InteractionResult, Outcome, Part, Verification};

impl Broker {
    /// Publishes the result of each pact, passed or failed, for this version of the provider, and returns their
    /// number. Publishes nothing of a verification that is not whole, see [`Verification::is_whole`].
    ///
    /// # Errors
    /// When the broker does not store a result as it was sent. The results before it stay published.
    pub async fn publish(
        &self,
        pacts: &[BrokerPact],
        verification: &Verification,
        version: &str,
    ) -> Result<usize, BrokerError> {
        if !verification.is_whole() {
            return Ok(0);
        }
        let mut published = 0;
        for result in &verification.consumers {
            let of_it = |pact: &&BrokerPact| pact.found.file == result.file;
            if let Some(pact) = pacts.iter().find(of_it) {
                self.publish_one(pact, result, version).await?;
                published += 1;
            }
        }
        Ok(published)
    }

    async fn publish_one(&self, pact: &BrokerPact, result: &ConsumerResult, version: &str) -> Result<(), BrokerError> {
        let document = &pact.found.document;
        let place = link(document.raw(), "pb:publish-verification-results", &self.url);
        let place = place.ok_or_else(|| BrokerError::NoPlaceForResults {
            url: pact.found.file.clone(),
        })?;
        let body = json!({
            "success": result.passed(),
            "providerApplicationVersion": version,
            "verifiedBy": { "implementation": "seam", "version": env!("CARGO_PKG_VERSION") },
            "testResults": test_results(document.interactions(), result),
        });
        let answer = self.send(Method::POST, &place, Some(&body)).await?;
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        let (sent, seen) = (said(&body), said(&answer));
        if sent == seen {
            return Ok(());
        }
        let url = place.to_string();
        Err(BrokerError::TakenOtherwise { url, sent, seen })
    }
}

/// Summary of a result, or of the answer to one.
fn said(result: &Value) -> String {
    let field = |name: &str| result.get(name).map_or_else(|| "missing".to_owned(), Value::to_string);
    let (success, version) = (field("success"), field("providerApplicationVersion"));
    format!("success {success} and providerApplicationVersion {version}")
}

/// Results of the interactions. A whole verification has them in the order of the file.
fn test_results(interactions: &[Interaction], result: &ConsumerResult) -> Vec<Value> {
    let pairs = interactions.iter().zip(&result.interactions);
    pairs
        .map(|(interaction, checked)| test_result(interaction, checked))
        .collect()
}

fn test_result(interaction: &Interaction, checked: &InteractionResult) -> Value {
    let mut result = json!({
        "interactionDescription": checked.description,
        "success": checked.outcome == Outcome::Passed,
    });
    // The broker's own name of the interaction.
    if let Some(id) = interaction.raw.get("_id") {
        result["interactionId"] = id.clone();
    }
    match &checked.outcome {
        Outcome::Passed => {}
        Outcome::Differs { differences } => {
            result["mismatches"] = differences.iter().map(mismatch).collect();
        }
        Outcome::Failed { stage, reason } => {
            let message = format!("{}: {reason}", stage.name());
            result["exceptions"] = json!([{ "message": message }]);
        }
    }
    result
}

/// Mismatch in the terms that the broker's page of results uses.
fn mismatch(difference: &Difference) -> Value {
    let attribute = match difference.part {
        Part::Status => "status",
        Part::Header => "header",
        Part::ContentType | Part::Body => "body",
        Part::Metadata => "metadata",
        Part::Request => "request",
    };
    let mut mismatch = json!({ "attribute": attribute, "description": difference.why });
    if !difference.path.is_empty() {
        mismatch["identifier"] = difference.path.clone().into();
    }
    mismatch
}
