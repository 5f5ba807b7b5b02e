use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use futures::{FutureExt, future::LocalBoxFuture};
use pacts::document::State;
use serde_json::{Map, Value};
use uuid::Uuid;
use verifier::{Message, Provider, Values};

use super::{MessageRule, Providers};
use crate::scenario::{Asker, Request, Step, Variables, Wanted, World, all_accept, render, render_path, take_step};

/// How long one step of a state may take, where it does not say itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// Between two looks for a message.
const PAUSE: Duration = Duration::from_millis(20);

/// A provider of a topology that is up, brought into states by the steps of its file.
pub(crate) struct StepProvider<'a> {
    name: &'a str,
    role: &'a str,
    url: String,
    providers: &'a Providers,
    world: &'a dyn World,
    asker: &'a Asker<'a>,
    fresh: AtomicU64,
}

impl<'a> StepProvider<'a> {
    pub(crate) fn new(
        name: &'a str,
        role: &'a str,
        url: String,
        providers: &'a Providers,
        world: &'a dyn World,
        asker: &'a Asker<'a>,
    ) -> Self {
        Self {
            name,
            role,
            url,
            providers,
            world,
            asker,
            fresh: AtomicU64::new(0),
        }
    }

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

    async fn bring_about(&self, state: &State) -> Result<Values, String> {
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

    async fn undo(&self, state: &State, values: &Values) -> Result<(), String> {
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
        let request = Request::get(render_path(&rule.path, &variables).map_err(|unset| unset.to_string())?);
        let conditions = rule
            .conditions
            .iter()
            .map(|(pointer, template)| Ok((pointer.as_str(), render(template, &variables)?)))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|unset: crate::scenario::Unset| unset.to_string())?;
        let role = rule.node.as_deref().unwrap_or(self.role);
        self.look_for(rule, role, &request, &conditions).await
    }

    async fn look_for(
        &self,
        rule: &MessageRule,
        role: &str,
        request: &Request,
        conditions: &[(&str, Value)],
    ) -> Result<Message, String> {
        let patience = Duration::from_millis(rule.patience_ms);
        let deadline = self.world.now() + patience;
        loop {
            let response = self.asker.ask(role, request, &Wanted::status(&[200], patience)).await?;
            let rows = response.body.pointer(&rule.rows).and_then(Value::as_array);
            let rows = rows.ok_or_else(|| format!("{role}: {request} has no list at {}", rule.rows))?;
            let fits = |row: &&Value| {
                conditions
                    .iter()
                    .all(|(pointer, wanted)| row.pointer(pointer) == Some(wanted))
            };
            if let Some(contents) = rows.iter().rev().find(fits).and_then(|row| row.pointer(&rule.contents)) {
                return Ok(Message {
                    contents: contents.to_string().into(),
                    content_type: "application/json".to_owned(),
                    metadata: Map::new(),
                });
            }
            if self.world.now() + PAUSE >= deadline {
                let wanted: Vec<String> = conditions.iter().map(|(at, value)| format!("{at} = {value}")).collect();
                return Err(format!(
                    "{role}: {request} has {} rows, and after {} ms none with {}",
                    rows.len(),
                    rule.patience_ms,
                    wanted.join(" and ")
                ));
            }
            self.world.pause(PAUSE).await;
        }
    }
}

impl Provider for StepProvider<'_> {
    fn url(&self) -> &str {
        &self.url
    }

    fn set_up<'a>(&'a self, state: &'a State) -> LocalBoxFuture<'a, Result<Values, String>> {
        self.bring_about(state).boxed_local()
    }

    fn tear_down<'a>(&'a self, state: &'a State, values: &'a Values) -> LocalBoxFuture<'a, Result<(), String>> {
        self.undo(state, values).boxed_local()
    }

    fn message<'a>(
        &'a self,
        description: &'a str,
        _states: &'a [State],
        values: &'a Values,
    ) -> LocalBoxFuture<'a, Result<Message, String>> {
        self.find(description, values).boxed_local()
    }
}
