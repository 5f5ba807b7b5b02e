use std::{fs::File, path::PathBuf, pin::pin, time::Duration};

use futures::future::{Either, select};
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::args::ExploreArgs;
use crate::{
    backend::{self, Folder, LocalWorld, Options, Running},
    commands::{check, run::files},
    progress::Silent,
    report::Facts,
    scenario::{self, Report, Scenario, Verdict},
    topology::Topology,
};

/// The place where runs are made: a topology that is built, and is brought up anew for each.
pub(super) struct Site {
    pub(super) args: ExploreArgs,
    pub(super) topology: Topology,
    /// The topology's name or path, as the commands that are printed have it.
    pub(super) named: String,
    pub(super) options: Options,
}

/// The end of a run.
#[derive(Debug)]
pub(super) enum Ended {
    Ran(Box<Ran>),
    /// Nothing was tried, for this reason.
    CouldNot(String),
    /// Ended before its verdict.
    Cancelled,
}

/// A run with a verdict.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) report: Report,
    pub(super) took: Duration,
    /// The folder with logs, data and report, if it was kept.
    pub(super) kept: Option<PathBuf>,
    /// The reason why there is no report in it, if it could not be written.
    pub(super) no_report: Option<String>,
    /// Keeps the folder from being removed by later runs, which keep only the newest.
    pub(super) held: Option<File>,
}

impl Site {
    /// Brings the topology up, runs a scenario on it and takes it down, until it is cancelled. The folder of a run that
    /// fails is kept with its report if there is a command that `replay`s it.
    pub(super) async fn run(
        &self,
        scenario: &Scenario,
        seed: u64,
        replay: Option<&str>,
        cancel: &CancellationToken,
    ) -> Ended {
        let began = Instant::now();
        let options = Options {
            seed: Some(seed),
            fail_points: check::fail_points(scenario, &self.topology).unwrap_or_default(),
            ..self.options.clone()
        };
        let up = backend::up(&self.topology, &options, &Silent);
        let running = match select(pin!(cancel.cancelled()), pin!(up)).await {
            Either::Left(_) => return Ended::Cancelled,
            Either::Right((Ok(running), _)) => running,
            Either::Right((Err(error), _)) => return Ended::CouldNot(self.hidden(&error.to_string())),
        };
        let began_at = Timestamp::now();
        let engine = async {
            let world = LocalWorld::new(&self.topology, &running)?;
            let ran = running
                .unless_lost(scenario::run(scenario, &world, seed, &Silent))
                .await?;
            ran.map(|(report, _)| report).map_err(|error| error.to_string())
        };
        let ran = match select(pin!(cancel.cancelled()), pin!(engine)).await {
            Either::Left(_) => None,
            Either::Right((ran, _)) => Some(ran),
        };
        let mut kept = None;
        let mut no_report = None;
        let mut held = None;
        // Before the logs are removed.
        if let (Some(Ok(report)), Some(replay)) = (&ran, replay)
            && report.verdict == Verdict::Fail
        {
            let written = self.keep(report, scenario, replay, began_at, &running);
            no_report = written.err();
            kept = Some(running.folder().to_owned());
            // Without descriptors to spare, only the newest ones are there in the end.
            held = running.held().ok();
        }
        let folder = if kept.is_some() { Folder::Keep } else { Folder::Remove };
        running.down(folder).await;
        match ran {
            None => Ended::Cancelled,
            Some(Err(reason)) => Ended::CouldNot(self.hidden(&reason)),
            Some(Ok(report)) => Ended::Ran(Box::new(Ran {
                report,
                took: began.elapsed(),
                kept,
                no_report,
                held,
            })),
        }
    }

    /// Writes the report of a run into its folder.
    fn keep(
        &self,
        report: &Report,
        scenario: &Scenario,
        replay: &str,
        began: Timestamp,
        running: &Running,
    ) -> Result<(), String> {
        let facts = Facts {
            report,
            about: &scenario.about,
            topology: &self.topology,
            profile: &self.args.topology.profile().to_string(),
            replay,
            evidence: &files::evidence(report, began, &self.topology, running),
        };
        files::write_reports(&facts, &files::json(&facts)?, &[running.folder()])
    }

    /// A text without secrets.
    pub(super) fn hidden(&self, text: &str) -> String {
        self.topology.secrets().hide(text)
    }
}
