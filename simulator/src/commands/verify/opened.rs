use std::cell::RefCell;

use futures::{FutureExt, future::LocalBoxFuture};
use ledger::document::ProviderState;
use verifier::{Message, Provider, Values};

/// A provider that runs already, and the states that were set up in it and not torn down: an interrupted verification
/// tears them down.
pub(super) struct Opened<'a, P> {
    provider: &'a P,
    /// In order, each with its parameters and the values that it handed back.
    states: RefCell<Vec<(ProviderState, Values)>>,
}

impl<'a, P: Provider> Opened<'a, P> {
    /// A provider in which no state is open.
    pub(super) fn new(provider: &'a P) -> Self {
        Self {
            provider,
            states: RefCell::default(),
        }
    }

    /// Tears the open states down, last first. Returns a text with the result for each.
    pub(super) async fn close(&self) -> String {
        let open = self.states.borrow().clone();
        let values: Values = open.iter().flat_map(|(_, values)| values.clone()).collect();
        let mut results = Vec::new();
        for (state, _) in open.iter().rev() {
            results.push(match self.provider.tear_down(state, &values).await {
                Ok(()) => format!("'{}' is torn down", state.name),
                Err(reason) => format!("'{}' is left: {reason}", state.name),
            });
        }
        if results.is_empty() {
            "no state was open".to_owned()
        } else {
            results.join(", ")
        }
    }

    /// The names of the states that are open.
    pub(super) fn names(&self) -> String {
        let states = self.states.borrow();
        let names: Vec<String> = states.iter().map(|(state, _)| format!("'{}'", state.name)).collect();
        names.join(", ")
    }
}

impl<P: Provider> Provider for Opened<'_, P> {
    fn url(&self) -> &str {
        self.provider.url()
    }

    fn set_up<'a>(&'a self, state: &'a ProviderState) -> LocalBoxFuture<'a, Result<Values, String>> {
        async move {
            self.states.borrow_mut().push((state.clone(), state.params.clone()));
            let given = self.provider.set_up(state).await?;
            if let Some((_, values)) = self.states.borrow_mut().last_mut() {
                values.extend(given.clone());
            }
            Ok(given)
        }
        .boxed_local()
    }

    fn tear_down<'a>(&'a self, state: &'a ProviderState, values: &'a Values) -> LocalBoxFuture<'a, Result<(), String>> {
        async move {
            let torn_down = self.provider.tear_down(state, values).await;
            // The state that was set up last is torn down first.
            self.states.borrow_mut().pop();
            torn_down
        }
        .boxed_local()
    }

    fn message<'a>(
        &'a self,
        description: &'a str,
        states: &'a [ProviderState],
        values: &'a Values,
    ) -> LocalBoxFuture<'a, Result<Message, String>> {
        self.provider.message(description, states, values)
    }
}
