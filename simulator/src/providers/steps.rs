use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use futures::{FutureExt, future::LocalBoxFuture};
use ledger::document::ProviderState;
use serde_json::{Map, Value};
use uuid::Uuid;
use verifier::{Message, Provider, Values};

use super::{MessageRule, Providers, search::Search};
use crate::steps::{Asker, Step, Variables, World, all_accept, render, render_path, take_step};

/// How long one step of a state may take, where it does not say itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// A provider of a topology that is up, brought into states by the steps of its file.
pub(crate) struct StepProvider<'a> {
    pub(super) name: &'a str,
    pub(super) role: &'a str,
    pub(super) url: String,
    pub(super) providers: &'a Providers,
    pub(super) world: &'a dyn World,
    pub(super) asker: &'a Asker<'a>,
    /// How many ids it has given.
    pub(super) fresh: AtomicU64,
}

impl<'a> StepProvider<'a> {
    /// The same ids in every run: each run has databases of its own.
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
        let steps = self.providers.state(&state.name)?;
        let mut variables = self.variables(&state.params);
        variables.insert("fresh".to_owned(), self.fresh_id().into());
        for (name, template) in &steps.give {
            let value = render(template, &variables).map_err(|unset| unset.to_string())?;
            variables.insert(name.clone(), value);
        }
        self.take(&steps.step, &mut variables).await?;
        for internal in ["fresh", "provider"] {
            variables.remove(internal);
        }
        Ok(variables.into_iter().collect())
    }

    async fn take(&self, steps: &[Step], variables: &mut Variables) -> Result<(), String> {
        for step in steps {
            if all_accept(&step.when, variables) {
                take_step(step, self.asker, PATIENCE, variables).await?;
            }
        }
        Ok(())
    }

    async fn undo(&self, state: &ProviderState, values: &Values) -> Result<(), String> {
        let steps = self.providers.state(&state.name)?;
        let mut variables = self.variables(values);
        variables.insert("fresh".to_owned(), self.fresh_id().into());
        let mut left = Ok(());
        for step in &steps.undo {
            let ready = all_accept(&step.when, &variables) && render_path(&step.path, &variables).is_ok();
            if ready {
                // One that fails does not keep the others from being undone.
                let undone = take_step(step, self.asker, PATIENCE, &mut variables).await;
                left = left.and(undone);
            }
        }
        left
    }

    async fn find(&self, description: &str, values: &Values) -> Result<Message, String> {
        let read = |rule: &'a MessageRule| Some((rule, rule.reads(description)?));
        let (rule, named) = self.providers.message.iter().find_map(read).ok_or_else(|| {
            let known: Vec<&str> = self
                .providers
                .message
                .iter()
                .map(|rule| rule.description.as_str())
                .collect();
            format!(
                "nothing says where '{description}' is found; messages that are known: {}",
                known.join(", ")
            )
        })?;
        let mut variables = self.variables(values);
        variables.extend(named.map(|(name, text)| (name, text.into())));
        let search = Search {
            world: self.world,
            asker: self.asker,
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

    fn set_up<'a>(&'a self, state: &'a ProviderState) -> LocalBoxFuture<'a, Result<Values, String>> {
        self.bring_about(state).boxed_local()
    }

    fn tear_down<'a>(&'a self, state: &'a ProviderState, values: &'a Values) -> LocalBoxFuture<'a, Result<(), String>> {
        self.undo(state, values).boxed_local()
    }

    fn message<'a>(
        &'a self,
        description: &'a str,
        _states: &'a [ProviderState],
        values: &'a Values,
    ) -> LocalBoxFuture<'a, Result<Message, String>> {
        self.find(description, values).boxed_local()
    }
}
