use std::path::PathBuf;

use clap::Args;

use crate::{
    backend::Profile,
    cli::name_and_value,
    scenario::{Fault, Scenario},
    topology::Topology,
};

/// What `seam run` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunArgs {
    /// The scenario: a name, looked for in simulator/scenarios and scenarios, or a file
    pub(crate) scenario: String,
    /// The topology to run it on: a name or a file; the scenario names its default
    #[arg(long, value_name = "NAME")]
    pub(crate) topology: Option<String>,
    /// Replaces a variable of the topology; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) set: Vec<(String, String)>,
    /// All random choices come from this number; drawn at random where not given
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// How many journeys, instead of the scenario's number
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) count: Option<u64>,
    /// How many journeys at a time, instead of the scenario's number
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) concurrency: Option<u16>,
    /// Kills this node, role, or `any` of those the scenario offers, at a random moment, instead of the scenario's own faults; `none`: no
    /// faults; may be repeated
    #[arg(long, value_name = "NODE|any|none")]
    pub(crate) kill: Vec<String>,
    /// Builds and runs cargo binaries in release mode
    #[arg(long)]
    pub(crate) release: bool,
    /// Keeps the run's folder (data, logs, report) even if the run passes
    #[arg(long)]
    pub(crate) keep: bool,
    /// Writes report.json into this folder too
    #[arg(long, value_name = "FOLDER")]
    pub(crate) report: Option<PathBuf>,
    /// Prints the report as JSON on stdout, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

impl RunArgs {
    pub(crate) fn profile(&self) -> Profile {
        if self.release { Profile::Release } else { Profile::Debug }
    }

    /// Puts what was told in place of what the scenario says.
    pub(crate) fn adjust(&self, scenario: &mut Scenario, topology: &Topology) -> Result<(), String> {
        if let Some(count) = self.count {
            scenario.workload.count = count;
        }
        if let Some(concurrency) = self.concurrency {
            scenario.workload.concurrency = usize::from(concurrency);
        }
        if !self.kill.is_empty() {
            scenario.fault = self.faults(scenario, topology)?;
        }
        Ok(())
    }

    fn faults(&self, scenario: &Scenario, topology: &Topology) -> Result<Vec<Fault>, String> {
        let mut faults = Vec::new();
        for wanted in &self.kill {
            match wanted.as_str() {
                "none" if self.kill.len() == 1 => {}
                "none" => return Err("--kill none stands alone: it means no faults".to_owned()),
                "any" if scenario.killable.is_empty() => {
                    return Err("--kill any: the scenario has no `killable` roles; name a node".to_owned());
                }
                "any" => faults.push(Fault::kill(scenario.killable.clone())),
                role if topology.role(role).is_some() => faults.push(Fault::kill(vec![role.to_owned()])),
                role => {
                    let known = topology.roles().join(", ");
                    return Err(format!(
                        "--kill {role}: topology {} has no such node; any, none, or one of: {known}",
                        topology.name()
                    ));
                }
            }
        }
        Ok(faults)
    }

    /// The command that runs this again with the same choices.
    pub(crate) fn replay(&self, seed: u64, topology: &str) -> String {
        let program = std::env::args().next().unwrap_or_else(|| "seam".to_owned());
        let mut words = vec![program, "run".to_owned(), self.scenario.clone()];
        let mut option = |name: &str, value: String| words.extend([format!("--{name}"), value]);
        option("topology", topology.to_owned());
        option("seed", seed.to_string());
        self.set
            .iter()
            .for_each(|(name, value)| option("set", format!("{name}={value}")));
        self.count.iter().for_each(|count| option("count", count.to_string()));
        self.concurrency
            .iter()
            .for_each(|concurrency| option("concurrency", concurrency.to_string()));
        self.kill.iter().for_each(|node| option("kill", node.clone()));
        words.extend(self.release.then(|| "--release".to_owned()));
        words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
    }
}

/// A word as a shell takes it unchanged.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_a_brace_or_a_quote_survives_the_shell() {
        for word in ["plain-1.2", "url=postgres://{module}:pw@host/db", "it's", "", "a b"] {
            let echoed = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", shell_word(word))])
                .output()
                .expect("a shell");

            assert_eq!(String::from_utf8_lossy(&echoed.stdout), word);
        }
    }

    #[test]
    fn a_setting_without_a_name_or_a_value_is_refused() {
        assert_eq!(name_and_value("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(name_and_value("a").is_err() && name_and_value("=b").is_err());
    }
}
