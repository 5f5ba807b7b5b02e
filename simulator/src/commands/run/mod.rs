//! `seam run`: runs a scenario on a topology that it brings up for it, and gives the verdict.

mod args;
mod screen;
mod text;

use std::{env, fs, path::Path};

use seam::chance;
use serde::Serialize;

pub(crate) use args::RunArgs;
use screen::Screen;

use super::{
    arguments::own_topology,
    check, output,
    session::{self, Session},
};
use crate::{
    backend::{Folder, LocalWorld, Options},
    exit,
    interrupt::Interrupted,
    scenario::{self, Observations, Report, Scenario, Verdict},
    search,
    topology::Topology,
};

/// Runs `seam run` and returns the exit code, one of [`crate::exit`].
pub(crate) async fn run(args: RunArgs) -> u8 {
    let whole = async { Plan::of(args)?.run().await };
    match whole.await {
        Ok(code) => code,
        Err(error) => output::could_not_run("run", &error),
    }
}

/// Everything that is known before anything is started.
struct Plan {
    args: RunArgs,
    scenario: Scenario,
    topology: Topology,
    seed: u64,
    replay: String,
}

/// A report with the facts that this command adds to it.
#[derive(Serialize)]
struct FullReport<'a> {
    topology: &'a str,
    profile: String,
    replay: &'a str,
    #[serde(flatten)]
    report: &'a Report,
}

impl Plan {
    fn of(args: RunArgs) -> Result<Self, String> {
        let here = env::current_dir().map_err(|error| format!("the current folder can't be told: {error}"))?;
        let mut scenario = Scenario::load(&args.scenario, &here).map_err(|error| error.to_string())?;
        let name = match &args.name {
            Some(name) => name.clone(),
            None => {
                let file = search::find_from(&here, "scenarios", &args.scenario).map_err(|error| error.to_string())?;
                own_topology(&scenario, &file, &here)?
            }
        };
        let topology = args.topology.load(&name)?;
        args.adjust(&mut scenario, &topology)?;
        let misfits = check::misfits(&scenario, &topology, false);
        if !misfits.is_empty() {
            return Err(misfits.join("\n"));
        }
        // Short enough to be typed again.
        let seed = args.seed.unwrap_or_else(|| chance::below(1_000_000));
        let replay = args.replay(seed, &name, topology.secrets());
        Ok(Self {
            args,
            scenario,
            topology,
            seed,
            replay,
        })
    }

    async fn run(&self) -> Result<u8, String> {
        let mut interrupt = session::interrupt()?;
        self.frame()?;
        let mut screen = Screen::new();
        let options = Options {
            seed: Some(self.seed),
            ..self.args.topology.options()
        };
        let session = Session::up(self.topology.clone(), &options, &screen, &mut interrupt).await;
        let session = session.map_err(|error| error.to_string())?;
        screen.begin(self.scenario.workload.count);
        let outcome = interrupt.or(self.engine(&session, &screen)).await;
        screen.end();
        let folder = match &outcome {
            Ok(Ok((report, _))) if report.verdict == Verdict::Pass && !self.args.keep => Folder::Remove,
            Err(Interrupted) => Folder::Remove,
            Ok(_) => Folder::Keep,
        };
        let place = session.running.folder().to_owned();
        // The report is written there after the end of all else.
        let _held = session.running.held();
        session.down(folder, &mut interrupt).await;
        let interrupted = |Interrupted| "interrupted; everything it started is gone".to_owned();
        let (report, observations) = outcome.map_err(interrupted)??;
        self.conclude(&report, observations, (folder == Folder::Keep).then_some(&place))
    }

    async fn engine(&self, session: &Session, screen: &Screen) -> Result<(Report, Observations), String> {
        let world = LocalWorld::new(&session.topology, &session.running)?;
        let ran = scenario::run(&self.scenario, &world, self.seed, screen).await;
        ran.map_err(|error| error.to_string())
    }

    /// Gives the report in every form that is wanted, and keeps in `folder` what explains a verdict that is not PASS.
    fn conclude(&self, report: &Report, mut observations: Observations, folder: Option<&Path>) -> Result<u8, String> {
        let full = FullReport {
            topology: self.topology.name(),
            profile: self.args.topology.profile().to_string(),
            replay: &self.replay,
            report,
        };
        let json = serde_json::to_string_pretty(&full).map_err(|error| format!("the report is no JSON: {error}"))?;
        // An answer or an error may repeat a secret.
        let json = self.topology.secrets().hide(&json);
        for place in self.args.report.as_deref().into_iter().chain(folder) {
            write_report(place, &json)?;
        }
        if let Some(folder) = folder {
            let file = folder.join("observations.db");
            observations.save_to(&file).map_err(|error| error.to_string())?;
        }
        if self.args.json {
            output::print_line(&json)?;
        } else {
            let text = text::render(report, output::width());
            output::print(&self.topology.secrets().hide(&text))?;
        }
        if let Some(folder) = folder {
            self.say(&format!(
                "kept in {}: logs, data, report.json, and all that was observed in observations.db (SQLite)",
                folder.display()
            ))?;
        }
        self.frame()?;
        Ok(match report.verdict {
            Verdict::Pass => exit::PASS,
            Verdict::Fail => exit::FAIL,
            Verdict::Inconclusive => exit::INCONCLUSIVE,
        })
    }

    /// Prints the first and the last line of every run.
    fn frame(&self) -> Result<(), String> {
        self.say(&format!("seed {}; replay with: {}", self.seed, self.replay))
    }

    /// Prints a line of the result, or beside it where the result is JSON.
    fn say(&self, line: &str) -> Result<(), String> {
        if self.args.json {
            output::note(line);
            return Ok(());
        }
        output::print_line(line).map(drop)
    }
}

fn write_report(folder: &Path, json: &str) -> Result<(), String> {
    let file = folder.join("report.json");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&file, json))
        .map_err(|error| format!("the report can't be written to {}: {error}", file.display()))
}
