use std::time::Duration;

use clap::Args;

use crate::{commands::arguments::TopologyArgs, topology::Secrets};

/// Largest seed: a pinned scenario keeps it, and TOML's numbers end there.
const LARGEST_SEED: u64 = i64::MAX as u64;

/// Arguments of `seam explore`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "A failing run is shrunk to the fewest faults and journeys that still fail, and written beside \
    the scenario as NAME.pinned-SEED.toml, which `seam run` replays.\n\
    Exit codes: 0 all passed, 1 one failed, 2 one could not run, interrupted, or a failing run that could not be \
    written, 3 one was inconclusive, or a candidate was drawn and never acted."
)]
pub(crate) struct ExploreArgs {
    /// The scenario: a name, looked for in simulator/scenarios and scenarios, or a file
    pub(super) scenario: String,
    /// The topology to run it on: a name or a file; the scenario names its default
    #[arg(long = "topology", value_name = "NAME")]
    pub(super) name: Option<String>,
    #[command(flatten)]
    pub(super) topology: TopologyArgs,
    /// Runs in all, each from a seed of its own; 20 if --for is not given either
    #[arg(long, value_name = "NUMBER", conflicts_with = "time",
        value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    seeds: Option<u64>,
    /// Begin runs for so long, such as 5m
    #[arg(long = "for", value_name = "TIME", id = "time", value_parser = duration)]
    pub(super) time: Option<Duration>,
    /// The seed of the first run; the others count on from it; drawn at random where not given
    #[arg(long, value_name = "SEED", value_parser = clap::value_parser!(u64).range(..=LARGEST_SEED - 1_000_000))]
    pub(super) from: Option<u64>,
    /// Runs side by side
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) jobs: u16,
    /// Go on after a run that failed or could not run
    #[arg(long)]
    pub(super) all: bool,
    /// Print the result as JSON on stdout, and nothing else there
    #[arg(long)]
    pub(super) json: bool,
}

impl ExploreArgs {
    /// The most runs; `None` if time limits them.
    pub(super) fn runs(&self) -> Option<u64> {
        match self.time {
            Some(_) => None,
            None => Some(self.seeds.unwrap_or(20)),
        }
    }

    /// The command that explores again from this seed, as a shell takes it. Secrets are hidden in it.
    pub(super) fn again(&self, from: u64, topology: &str, secrets: &Secrets) -> String {
        let mut more = vec!["--from".to_owned(), from.to_string()];
        match self.runs() {
            Some(runs) => more.extend(["--seeds".to_owned(), runs.to_string()]),
            None => {
                let time = self.time.map(faults::show_duration);
                more.extend(time.into_iter().flat_map(|time| ["--for".to_owned(), time]));
            }
        }
        more.extend(["--jobs".to_owned(), self.jobs.to_string()]);
        more.extend(self.all.then(|| "--all".to_owned()));
        self.topology
            .command("explore", &self.scenario, Some(topology), more, secrets)
    }

    /// The command that runs a scenario on the same topology, with its own seed or this one.
    pub(super) fn run(&self, scenario: &str, topology: &str, seed: Option<u64>, secrets: &Secrets) -> String {
        let seed = seed.map(|seed| ["--seed".to_owned(), seed.to_string()]);
        let seed = seed.into_iter().flatten().collect();
        self.topology.command("run", scenario, Some(topology), seed, secrets)
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let time = faults::parse_duration(text)?;
    if time.is_zero() {
        return Err("wanted more than 0s, such as 5m".to_owned());
    }
    Ok(time)
}
