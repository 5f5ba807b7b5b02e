use std::path::PathBuf;

use clap::Args;

use super::files::REPORTS;
use crate::{
    commands::arguments::TopologyArgs,
    scenario::{Candidates, FaultPlan, Scenario},
    topology::{Secrets, Topology},
};

/// Arguments of `seam run`.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunArgs {
    /// The scenario: a name, looked for in simulator/scenarios and scenarios, or a file
    pub(super) scenario: String,
    /// The topology to run it on: a name or a file; the scenario names its default
    #[arg(long = "topology", value_name = "NAME")]
    pub(super) name: Option<String>,
    #[command(flatten)]
    pub(super) topology: TopologyArgs,
    /// The number that all random choices come from; drawn at random where not given
    #[arg(long, value_name = "NUMBER")]
    pub(super) seed: Option<u64>,
    /// Journeys in all, instead of the scenario's number
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    count: Option<u64>,
    /// Journeys at a time, instead of the scenario's number
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    concurrency: Option<u16>,
    /// Kill this node, role, or `any` of those the scenario offers, at a random moment, instead of the scenario's own
    /// faults; `none`: no faults; may be repeated
    #[arg(long, value_name = "NODE|any|none")]
    kill: Vec<String>,
    /// Keep the run's folder (data, logs, report) even if the run passes
    #[arg(long)]
    pub(super) keep: bool,
    /// Write report.html and report.json into this folder too
    #[arg(long, value_name = "FOLDER")]
    pub(super) report: Option<PathBuf>,
    /// Write the verdict into this file as JUnit's XML, which CI servers show; INCONCLUSIVE is an error there
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Print the report as JSON on stdout, and nothing else there
    #[arg(long)]
    pub(super) json: bool,
}

impl RunArgs {
    /// Puts the arguments in place of what the scenario says.
    ///
    /// # Errors
    /// When `--kill` names a node that is not there, or a number of journeys is given for a workload without any.
    pub(super) fn adjust(&self, scenario: &mut Scenario, topology: &Topology) -> Result<(), String> {
        if scenario.command.is_some() && (self.count.is_some() || self.concurrency.is_some()) {
            return Err(
                "--count and --concurrency are of journeys, and the scenario's workload is a command".to_owned(),
            );
        }
        if let Some(count) = self.count {
            scenario.workload.count = count;
        }
        if let Some(concurrency) = self.concurrency {
            scenario.workload.concurrency = usize::from(concurrency);
        }
        if !self.kill.is_empty() {
            scenario.faults = self.faults(scenario, topology)?;
            scenario.explore = None;
        }
        Ok(())
    }

    /// Files that the run is to write beside its own folder.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let reports = self
            .report
            .iter()
            .flat_map(|folder| REPORTS.map(|name| folder.join(name)));
        reports.chain(self.junit.clone()).collect()
    }

    fn faults(&self, scenario: &Scenario, topology: &Topology) -> Result<Vec<FaultPlan>, String> {
        let mut faults = Vec::new();
        for wanted in &self.kill {
            let candidates = match wanted.as_str() {
                "none" if self.kill.len() == 1 => continue,
                "none" => return Err("--kill none stands alone: it means no faults".to_owned()),
                "any" => Candidates::of(scenario.killable.clone())
                    .ok_or("--kill any: the scenario has no `killable` roles; name a node")?,
                role if topology.role(role).is_some() || topology.node(role).is_some() => Candidates::one(role),
                role => {
                    let (name, known) = (topology.name(), topology.roles().join(", "));
                    return Err(format!(
                        "--kill {role}: topology {name} has no such node; any, none, or one of: {known}"
                    ));
                }
            };
            faults.push(FaultPlan::kill(candidates));
        }
        Ok(faults)
    }

    /// The command that runs this again with the same choices, as a shell takes it.
    /// Secrets are hidden in it.
    pub(super) fn replay(&self, seed: u64, topology: &str, secrets: &Secrets) -> String {
        let mut more = vec!["--seed".to_owned(), seed.to_string()];
        let mut option = |name: &str, value: String| more.extend([format!("--{name}"), value]);
        self.count.iter().for_each(|count| option("count", count.to_string()));
        self.concurrency
            .iter()
            .for_each(|concurrency| option("concurrency", concurrency.to_string()));
        self.kill.iter().for_each(|node| option("kill", node.clone()));
        self.topology
            .command("run", &self.scenario, Some(topology), more, secrets)
    }
}
