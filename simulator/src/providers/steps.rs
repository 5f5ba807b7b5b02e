use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use futures::{FutureExt, TryFutureExt, future::LocalBoxFuture};
use ledger::document::ProviderState;
use serde_json::{Map, Value};
use uuid::Uuid;
use verifier::{Message, Provider, ProviderError, Values};

use super::{MessageRule, Stage, search::Search};
use crate::steps::Variables;

/// The time that one step of a state may take, where it sets none itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// A provider of a topology that is up, brought into states by the steps of its file.
pub(crate) struct StepProvider<'a> {
    stage: &'a Stage,
    name: &'a str,
    role: &'a str,
    url: String,
    /// The number of ids it has given.
    fresh: AtomicU64,
}

impl<'a> StepProvider<'a> {
    /// The provider that pacts call `name`, at `url`, played by `role`.
    pub(super) fn new(stage: &'a Stage, name: &'a str, role: &'a str, url: String) -> Self {
        Self {
            stage,
            name,
            role,
            url,
            fresh: AtomicU64::new(0),
        }
    }

    /// An id that no other state has; the same ids in every run, since each run has databases of its own.
    fn fresh_id(&self) -> String {
        let number = self.fresh.fetch_add(1, Relaxed);
        let name = format!("{}/{number}", self.name);
        Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
    }

    fn variables(&self, values: &Map<String, Value>) -> Variables {
        let mut variables: Variables = values.clone().into_iter().collect();
        variables.insert("provider".to_owned(), self.name.into());
        variables
    }

    async fn bring_about(&self, state: &ProviderState) -> Result<Values, String> {
        let steps = self.stage.providers().state(&state.name)?;
        let mut variables = self.variables(&state.params);
        variables.insert("fresh".to_owned(), self.fresh_id().into());
        for (name, template) in &steps.give {
            let value = template.value(&variables).map_err(|unset| unset.to_string())?;
            variables.insert(name.clone(), value);
        }
        let client = self.stage.client();
        for step in &steps.step {
            if step.when.hold(&variables) {
                step.take(&client, PATIENCE, &mut variables).await?;
            }
        }
        for internal in ["fresh", "provider"] {
            variables.remove(internal);
        }
        Ok(variables.into_iter().collect())
    }

    async fn undo(&self, state: &ProviderState, values: &Values) -> Result<(), String> {
        let steps = self.stage.providers().state(&state.name)?;
        let mut variables = self.variables(values);
        variables.insert("fresh".to_owned(), self.fresh_id().into());
        let client = self.stage.client();
        let mut left = Ok(());
        for step in &steps.undo {
            if step.when.hold(&variables) && step.path.path(&variables).is_ok() {
                // One that fails does not keep the others from being undone.
                let undone = step.take(&client, PATIENCE, &mut variables).await;
                left = left.and(undone);
            }
        }
        left
    }

    async fn find(&self, description: &str, values: &Values) -> Result<Message, String> {
        let rules = &self.stage.providers().message;
        let read = |rule: &'a MessageRule| Some((rule, rule.description.reads(description)?));
        let (rule, named) = rules.iter().find_map(read).ok_or_else(|| {
            let known: Vec<String> = rules.iter().map(|rule| rule.description.to_string()).collect();
            let known = known.join(", ");
            format!("nothing says where '{description}' is found; messages that are known: {known}")
        })?;
        let mut variables = self.variables(values);
        variables.extend(named);
        let search = Search {
            world: self.stage.world(),
            client: &self.stage.client(),
            role: rule.node.as_deref().unwrap_or(self.role),
            rule,
        };
        search.run(variables).await
    }
}

impl Provider for StepProvider<'_> {
    fn url(&self) -> &str {
        &self.url
    }

    fn set_up<'a>(&'a self, state: &'a ProviderState) -> LocalBoxFuture<'a, Result<Values, ProviderError>> {
        self.bring_about(state).err_into().boxed_local()
    }

    fn tear_down<'a>(
        &'a self,
        state: &'a ProviderState,
        values: &'a Values,
    ) -> LocalBoxFuture<'a, Result<(), ProviderError>> {
        self.undo(state, values).err_into().boxed_local()
    }

    fn message<'a>(
        &'a self,
        description: &'a str,
        _states: &'a [ProviderState],
        values: &'a Values,
    ) -> LocalBoxFuture<'a, Result<Message, ProviderError>> {
        self.find(description, values).err_into().boxed_local()
    }
}
