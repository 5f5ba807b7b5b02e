use std::collections::{BTreeMap, BTreeSet};

use ledger::{
    document::{Interaction, Kind},
    source::Found,
};
use serde_json::Value;

use crate::{BrokerPact, Problem, Verification};

/// Which interactions are wanted; all that is given has to fit.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those of this consumer.
    pub consumer: Option<String>,
    /// Those with this text in their description.
    pub description: Option<String>,
    /// Those that need a state with this text in its name.
    pub state: Option<String>,
}

impl Filter {
    /// Whether everything is wanted.
    pub fn is_open(&self) -> bool {
        self.consumer.is_none() && self.description.is_none() && self.state.is_none()
    }

    fn accepts(&self, consumer: &str, interaction: &Interaction) -> bool {
        let within = |wanted: &Option<String>, text: &str| wanted.as_ref().is_none_or(|wanted| text.contains(wanted));
        self.consumer.as_ref().is_none_or(|wanted| wanted == consumer)
            && within(&self.description, &interaction.description)
            && (self.state.is_none() || interaction.states.iter().any(|state| within(&self.state, &state.name)))
    }

    fn said(&self) -> String {
        let named = [
            ("--consumer", &self.consumer),
            ("--description", &self.description),
            ("--state", &self.state),
        ];
        let said = named
            .iter()
            .filter_map(|(name, value)| Some(format!("{name} '{}'", value.as_ref()?)));
        said.collect::<Vec<_>>().join(" with ")
    }
}

/// What will be verified, and what is wrong with the pacts before anything is.
#[derive(Clone, Debug)]
pub struct Selection {
    pub(crate) provider: String,
    pub(crate) filter: Filter,
    /// The pacts with this provider that have anything wanted, with just that.
    pub(crate) wanted: Vec<(Found, Vec<Interaction>)>,
    pub(crate) problems: Vec<Problem>,
}

impl Selection {
    /// What `filter` wants of all `pacts` that are with `provider`. `source_name` is what problems call the place that they came from.
    pub fn new(provider: &str, pacts: &[Found], filter: Filter, source_name: &str) -> Self {
        let with_it: Vec<&Found> = pacts
            .iter()
            .filter(|pact| pact.document.provider() == provider)
            .collect();
        let mut problems = two_files(&with_it);
        if with_it.is_empty() {
            problems.push(nothing_with(provider, pacts, source_name));
        }
        Self::of(provider, &with_it, filter, problems)
    }

    /// What `filter` wants of the pacts that a broker gave for `provider`. Several of one consumer are versions that all count. `source_name` is
    /// what problems call the broker.
    pub fn from_broker(provider: &str, pacts: &[BrokerPact], filter: Filter, source_name: &str) -> Self {
        let pending = pacts.iter().filter(|pact| pact.pending);
        let mut problems: Vec<Problem> = pending
            .map(|pact| Problem::PendingAtBroker {
                file: pact.found.file.clone(),
            })
            .collect();
        if pacts.is_empty() {
            problems.push(nothing_with(provider, &[], source_name));
        }
        let found: Vec<&Found> = pacts.iter().map(|pact| &pact.found).collect();
        Self::of(provider, &found, filter, problems)
    }

    /// What is wanted of pacts that are all with `provider`, of which something may already be known to be wrong.
    fn of(provider: &str, with_it: &[&Found], filter: Filter, mut problems: Vec<Problem>) -> Self {
        problems.extend(with_it.iter().flat_map(|pact| flaws(pact)));
        let wanted: Vec<(Found, Vec<Interaction>)> = with_it
            .iter()
            .map(|pact| ((*pact).clone(), wanted_of(pact, &filter)))
            .filter(|(_, interactions)| !interactions.is_empty())
            .collect();
        let total = with_it.iter().map(|pact| pact.document.interactions().len()).sum();
        if wanted.is_empty() && !filter.is_open() && total > 0 {
            problems.push(Problem::NothingMatches {
                filter: filter.said(),
                provider: provider.to_owned(),
                total,
            });
        }
        Self {
            provider: provider.to_owned(),
            filter,
            wanted,
            problems,
        }
    }

    /// The provider.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Whether the pacts can't be verified as they are.
    pub fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// How many interactions of a pact are to be verified: all that stand in its file, but those that the filter leaves out.
    pub(crate) fn expected(&self, pact: &Found) -> usize {
        let accepted = |interaction: &&Interaction| self.filter.accepts(pact.document.consumer(), interaction);
        let interactions = pact.document.interactions();
        let left_out = interactions.len() - interactions.iter().filter(accepted).count();
        pact.document.count() - left_out
    }

    /// What a verification says before anything is asked.
    pub fn refused(&self) -> Verification {
        Verification {
            provider: self.provider.clone(),
            version: None,
            partial: !self.filter.is_open(),
            consumers: Vec::new(),
            problems: self.problems.clone(),
        }
    }
}

fn wanted_of(pact: &Found, filter: &Filter) -> Vec<Interaction> {
    let consumer = pact.document.consumer();
    let accepted = |interaction: &&Interaction| filter.accepts(consumer, interaction);
    pact.document.interactions().iter().filter(accepted).cloned().collect()
}

fn nothing_with(provider: &str, pacts: &[Found], source_name: &str) -> Problem {
    let source_name = source_name.to_owned();
    let known: BTreeSet<&str> = pacts.iter().map(|pact| pact.document.provider()).collect();
    if known.is_empty() {
        return Problem::NoPacts { source_name };
    }
    Problem::UnknownProvider {
        source_name,
        provider: provider.to_owned(),
        known: known.into_iter().map(str::to_owned).collect(),
    }
}

fn two_files(pacts: &[&Found]) -> Vec<Problem> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut problems = Vec::new();
    for pact in pacts {
        let (consumer, provider) = (pact.document.consumer(), pact.document.provider());
        if let Some(other) = first.insert(consumer, &pact.file) {
            problems.push(Problem::TwoFiles {
                file: other.to_owned(),
                other: pact.file.clone(),
                consumer: consumer.to_owned(),
                provider: provider.to_owned(),
            });
        }
    }
    problems
}

/// What is wrong with a file before anything is sent.
fn flaws(pact: &Found) -> Vec<Problem> {
    let file = pact.file.clone();
    let interactions = pact.document.interactions();
    if interactions.is_empty() {
        return vec![Problem::NoInteractions { file }];
    }
    let mut seen = BTreeSet::new();
    let mut flaws = Vec::new();
    for interaction in interactions {
        let (file, description) = (file.clone(), interaction.description.clone());
        let states: Vec<String> = interaction.states.iter().map(|state| format!("{state:?}")).collect();
        if !seen.insert((interaction.kind, description.clone(), states)) {
            flaws.push(Problem::Doubled { file, description });
        } else if interaction.pending {
            flaws.push(Problem::Pending { file, description });
        } else if interaction.kind == Kind::SyncMessage {
            flaws.push(Problem::SynchronousMessage { file, description });
        } else if interaction.kind == Kind::AsyncMessage && !has_contents(&interaction.raw) {
            flaws.push(Problem::NoContents { file, description });
        }
    }
    flaws
}

/// Version 4 wraps the contents of a message in an object that has them as `content`.
fn has_contents(message: &Value) -> bool {
    match message.get("contents") {
        None | Some(Value::Null) => false,
        Some(Value::Object(wrapped)) if wrapped.contains_key("contentType") || wrapped.contains_key("content") => {
            wrapped.get("content").is_some_and(|content| !content.is_null())
        }
        Some(_) => true,
    }
}
