use std::{cell::RefCell, fmt};

use ledger::document::ProviderState;

use crate::{Provider, ProviderError, Values};

/// Result of tearing one state down, with the name of the state.
pub(crate) type TornDown = (String, Result<(), ProviderError>);

/// Provider states that were begun and not torn down, in the order of their beginning.
///
/// It outlives a verification that is dropped halfway, so that somebody else can end what it began.
#[derive(Debug, Default)]
pub(crate) struct OpenStates {
    states: RefCell<Vec<ProviderState>>,
    /// Parameters of the states, and the values that they handed back.
    values: RefCell<Values>,
}

impl OpenStates {
    /// Sets a state up. It counts as open from the beginning, since half of it may be there even after a failure.
    pub(crate) async fn set_up(&self, provider: &dyn Provider, state: &ProviderState) -> Result<(), ProviderError> {
        self.states.borrow_mut().push(state.clone());
        self.values.borrow_mut().extend(state.params.clone());
        let given = provider.set_up(state).await?;
        self.values.borrow_mut().extend(given);
        Ok(())
    }

    /// Values of all open states, by name.
    pub(crate) fn values(&self) -> Values {
        self.values.borrow().clone()
    }

    /// Names of the open states, each in quotes.
    pub(crate) fn names(&self) -> Vec<String> {
        let states = self.states.borrow();
        states.iter().map(|state| format!("'{}'", state.name)).collect()
    }

    /// Tears all open states down, the last one first, each with the values of all. A state that can't be torn
    /// down does not keep the others from it.
    pub(crate) async fn tear_down(&self, provider: &dyn Provider) -> Vec<TornDown> {
        let values = self.values();
        let mut ended = Vec::new();
        // A state is open until its teardown is over: dropped before that, it is named among those that may be left.
        while let Some(state) = self.last() {
            let result = provider.tear_down(&state, &values).await;
            self.states.borrow_mut().pop();
            ended.push((state.name, result));
        }
        self.values.borrow_mut().clear();
        ended
    }

    fn last(&self) -> Option<ProviderState> {
        self.states.borrow().last().cloned()
    }
}

/// End of a verification that was interrupted. No result of it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interrupted {
    /// The verification tore its open states down before it returned.
    Once {
        /// States that were open, by name, each with the result of tearing it down.
        ended: Vec<(String, Result<(), ProviderError>)>,
    },
    /// A second interrupt came while states were torn down.
    Twice {
        /// Names of the states that were still open, each in quotes.
        left: Vec<String>,
    },
}

impl fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once { ended } if ended.is_empty() => formatter.write_str("no state was open"),
            Self::Once { ended } => {
                let said = ended.iter().map(|(name, result)| match result {
                    Ok(()) => format!("'{name}' is torn down"),
                    Err(reason) => format!("'{name}' is left: {reason}"),
                });
                formatter.write_str(&said.collect::<Vec<_>>().join(", "))
            }
            Self::Twice { left } => write!(
                formatter,
                "interrupted again, so these states may be left: {}",
                left.join(", ")
            ),
        }
    }
}

impl std::error::Error for Interrupted {}
