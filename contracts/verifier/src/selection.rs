use std::collections::BTreeSet;

use ledger::{
    document::{Interaction, Kind, Specification},
    source::FoundPact,
};
use serde_json::Value;

use crate::{BrokerPact, Problem, Verification};

/// Filter of interactions. An interaction has to meet every condition that is given.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Name of the consumer.
    pub consumer: Option<String>,
    /// Text that the description contains.
    pub description: Option<String>,
    /// Text that the name of one of its states contains.
    pub state: Option<String>,
}

impl Filter {
    /// Says whether every interaction passes the filter.
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

/// Interactions that will be verified, and the problems that their pacts have beforehand.
#[derive(Clone, Debug)]
pub struct Selection {
    pub(crate) provider: String,
    pub(crate) filter: Filter,
    /// Pacts with this provider, each with its selected interactions, of which it has at least one.
    pub(crate) wanted: Vec<(FoundPact, Vec<Interaction>)>,
    pub(crate) problems: Vec<Problem>,
}

impl Selection {
    /// Selects from all `pacts` those with `provider`, and from them what passes `filter`. `source_name` is the
    /// name of the source in problems.
    pub fn new(provider: &str, pacts: &[FoundPact], filter: Filter, source_name: &str) -> Self {
        let with_it: Vec<&FoundPact> = pacts
            .iter()
            .filter(|pact| pact.document.provider() == provider)
            .collect();
        let mut problems = two_files(&with_it);
        if with_it.is_empty() {
            problems.push(nothing_with(provider, pacts, source_name));
        }
        Self::of(provider, &with_it, filter, problems)
    }

    /// Selects what passes `filter` from the pacts that a broker gave for `provider`. Several pacts of one
    /// consumer are versions that all count. `source_name` is the name of the broker in problems.
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
        let found: Vec<&FoundPact> = pacts.iter().map(|pact| &pact.found).collect();
        Self::of(provider, &found, filter, problems)
    }

    /// Selects from pacts that are all with `provider`, and adds to the problems that are known already.
    fn of(provider: &str, with_it: &[&FoundPact], filter: Filter, mut problems: Vec<Problem>) -> Self {
        problems.extend(with_it.iter().flat_map(|pact| flaws(pact)));
        let wanted: Vec<(FoundPact, Vec<Interaction>)> = with_it
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

    /// Name of the provider.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Says whether the pacts can't be verified as they are.
    pub fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Number of interactions of a pact that have to be verified: all that the file has, except those that the
    /// filter leaves out.
    pub(crate) fn expected(&self, pact: &FoundPact) -> usize {
        let accepted = |interaction: &&Interaction| self.filter.accepts(pact.document.consumer(), interaction);
        let interactions = pact.document.interactions();
        let left_out = interactions.len() - interactions.iter().filter(accepted).count();
        pact.document.count() - left_out
    }

    /// Result of a verification that asks nothing: the problems of the selection.
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

fn wanted_of(pact: &FoundPact, filter: &Filter) -> Vec<Interaction> {
    let consumer = pact.document.consumer();
    let accepted = |interaction: &&Interaction| filter.accepts(consumer, interaction);
    pact.document.interactions().iter().filter(accepted).cloned().collect()
}

fn nothing_with(provider: &str, pacts: &[FoundPact], source_name: &str) -> Problem {
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

fn two_files(pacts: &[&FoundPact]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, pact) in pacts.iter().enumerate() {
        let document = &pact.document;
        let mut earlier = pacts[..index].iter();
        let other = earlier.find(|other| other.document.consumer() == document.consumer() && !are_parts(pact, other));
        if let Some(other) = other {
            problems.push(Problem::TwoFiles {
                file: other.file.clone(),
                other: pact.file.clone(),
                consumer: document.consumer().to_owned(),
                provider: document.provider().to_owned(),
            });
        }
    }
    problems
}

/// Says whether two files of one pair both hold: before version 4, tools keep HTTP and messages in files of their own.
/// Files that have interactions of one kind may be copies of each other, of which one is old.
fn are_parts(one: &FoundPact, other: &FoundPact) -> bool {
    let kinds = |pact: &FoundPact| -> BTreeSet<Kind> {
        let interactions = pact.document.interactions().iter();
        interactions.map(|interaction| interaction.kind).collect()
    };
    let is_old = |pact: &FoundPact| pact.document.version() < Specification::V4;
    is_old(one) && is_old(other) && kinds(one).is_disjoint(&kinds(other))
}

/// Problems of a file that are known before anything is sent.
fn flaws(pact: &FoundPact) -> Vec<Problem> {
    let file = pact.file.clone();
    let interactions = pact.document.interactions();
    if interactions.is_empty() {
        return vec![Problem::NoInteractions { file }];
    }
    let mut seen = BTreeSet::new();
    let unjudged = pact.document.unjudged().into_iter();
    let mut flaws: Vec<Problem> = unjudged
        .map(|part| Problem::NotJudged {
            file: file.clone(),
            part,
        })
        .collect();
    for interaction in interactions {
        let (file, description) = (file.clone(), interaction.description.clone());
        let states: Vec<String> = interaction.states.iter().map(|state| format!("{state:?}")).collect();
        if !seen.insert((interaction.kind, description.clone(), states)) {
            flaws.push(Problem::Doubled { file, description });
        } else if interaction.pending {
            flaws.push(Problem::Pending { file, description });
        } else if interaction.kind == Kind::AsyncMessage && !has_contents(&interaction.raw) {
            flaws.push(Problem::NoContents { file, description });
        }
    }
    flaws
}

/// Says whether a message has contents. Version 4 wraps them in an object that has them as `content`.
fn has_contents(message: &Value) -> bool {
    match message.get("contents") {
        None | Some(Value::Null) => false,
        Some(Value::Object(wrapped)) if wrapped.contains_key("contentType") || wrapped.contains_key("content") => {
            wrapped.get("content").is_some_and(|content| !content.is_null())
        }
        Some(_) => true,
    }
}
