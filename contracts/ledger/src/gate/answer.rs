use std::{collections::BTreeMap, path::PathBuf};

use serde::Serialize;

use super::{Decision, Need, Pair, ServiceVersion};

/// Answer of the gate: the question, the decision, and the reasons for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Question that was asked.
    pub question: Question,
    /// Versions that the question is about.
    pub changes: Vec<ServiceVersion>,
    /// Environment that the question is about.
    pub environment: String,
    /// Decision: yes, no or unknown.
    pub decision: Decision,
    /// Pairs that the decision rests on, worst first.
    pub pairs: Vec<Pair>,
    /// Changes that are needed for a yes. Each is needed, and together they are enough as long as nothing else
    /// changes.
    pub needs: Vec<Need>,
    /// Folder of pacts and ledger, for the commands that the answer prints.
    pub pacts: PathBuf,
    /// Services among the changes that are declared to have no contracts, each with the declared reason.
    pub no_contracts: BTreeMap<String, String>,
}

/// Kind of a question to the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// May these versions go live?
    Deploy,
    /// May this version be taken out?
    Undeploy,
    /// May this version, which was live before, go live again?
    Rollback,
}
