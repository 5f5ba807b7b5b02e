use std::time::Duration;

use serde_json::Value;

use super::{Client, Expectation, Origin, Purpose, Request, Step, Unset, Variables};

impl Step {
    /// Takes the step: sends its request, waits for the right answer, and keeps in `variables` the values that the
    /// step saves. `patience` counts where the step sets none of its own.
    ///
    /// # Errors
    /// When a variable has no value, the right answer does not come in time, or it lacks a value to save.
    pub(crate) async fn take(
        &self,
        client: &Client<'_>,
        patience: Duration,
        variables: &mut Variables,
    ) -> Result<(), String> {
        self.take_as_of(client, patience, variables, client.now()).await
    }

    /// Takes the step as one that should have been taken at `intended` on the world's clock: a wait since then counts
    /// as latency.
    ///
    /// # Errors
    /// As [`Step::take`].
    pub(crate) async fn take_as_of(
        &self,
        client: &Client<'_>,
        patience: Duration,
        variables: &mut Variables,
        intended: Duration,
    ) -> Result<(), String> {
        let request = self.request(variables).map_err(|unset| unset.to_string())?;
        let expectation = Expectation {
            statuses: &self.expect,
            until: self.until.as_ref(),
            patience: self.patience.unwrap_or(patience),
            even_if_given_up: false,
        };
        let journey = variables.get("journey").and_then(Value::as_u64);
        let origin = Origin {
            purpose: journey.map_or(Purpose::Setup, |_| Purpose::Journey),
            name: &self.name,
            path: self.path.source(),
            journey,
            intended,
        };
        let response = client.ask(&self.role, &request, &expectation, &origin).await?;
        for (variable, pointer) in &self.save {
            let value = response
                .body
                .pointer(pointer)
                .ok_or_else(|| format!("{request} answered {} without {pointer}", response.status))?;
            variables.insert(variable.clone(), value.clone());
        }
        Ok(())
    }

    fn request(&self, variables: &Variables) -> Result<Request, Unset> {
        Ok(Request {
            method: self.method.as_str().to_owned(),
            path: self.path.path(variables)?,
            headers: self
                .headers
                .iter()
                .map(|(name, value)| Ok((name.clone(), value.text(variables)?)))
                .collect::<Result<_, _>>()?,
            body: self.body.as_ref().map(|body| body.value(variables)).transpose()?,
        })
    }
}
