//! `seam run`: runs a scenario on a topology that it brings up for it, and gives the verdict.

mod args;
pub(crate) mod files;
mod screen;
mod text;

use std::{
    env,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use seam::chance;

pub(crate) use args::RunArgs;
use files::REPORTS;
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
    report::{self, Evidence, Facts},
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
        for file in args.files() {
            files::can_be_written(&file)?;
        }
        // Short enough to be typed again.
        let seed = args.seed.or(scenario.seed).unwrap_or_else(|| chance::below(1_000_000));
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
            fail_points: check::fail_points(&self.scenario, &self.topology)?,
            keep_containers: self.args.keep,
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
        // Before the logs are removed.
        let evidence = match &outcome {
            Ok(Ok((report, _))) => self.evidence(report, screen.began(), &session, folder),
            Ok(Err(_)) | Err(Interrupted) => Evidence::nothing(screen.began()),
        };
        // The report is written there after the end of all else.
        let _held = session.running.held();
        session.down(folder, &mut interrupt).await;
        let interrupted = |Interrupted| "interrupted; everything it started is gone".to_owned();
        let (report, observations) = outcome.map_err(interrupted)??;
        let kept = (folder == Folder::Keep).then_some(place.as_path());
        self.conclude(&report, observations, &evidence, kept)
    }

    /// What the nodes logged, if anybody will see it.
    fn evidence(&self, report: &Report, began: Timestamp, session: &Session, folder: Folder) -> Evidence {
        if folder == Folder::Remove && self.args.report.is_none() {
            return Evidence::nothing(began);
        }
        files::evidence(report, began, &session.topology, &session.running)
    }

    async fn engine(&self, session: &Session, screen: &Screen) -> Result<(Report, Observations), String> {
        let world = LocalWorld::new(&session.topology, &session.running)?;
        let ran = scenario::run(&self.scenario, &world, self.seed, screen);
        let ran = session.running.unless_lost(ran).await?;
        ran.map_err(|error| error.to_string())
    }

    /// Gives the report in every form that is wanted, and keeps in `folder` what explains a verdict that is not PASS.
    fn conclude(
        &self,
        report: &Report,
        mut observations: Observations,
        evidence: &Evidence,
        folder: Option<&Path>,
    ) -> Result<u8, String> {
        let facts = Facts {
            report,
            about: &self.scenario.about,
            topology: &self.topology,
            profile: &self.args.topology.profile().to_string(),
            replay: &self.replay,
            evidence,
        };
        let json = files::json(&facts)?;
        // First, since it took longest to come by; whatever else fails is said after it.
        let said = if self.args.json {
            output::print_line(&json)
        } else {
            let text = text::render(report, output::width());
            output::print(&self.topology.secrets().hide(&text))
        };
        let page = self.write(&facts, &json, folder);
        let saved = folder.map_or(Ok(()), |folder| {
            let saved = observations.save_to(&folder.join("observations.db"));
            saved.map_err(|error| error.to_string())
        });
        said?;
        if let Some(folder) = folder {
            self.say(&format!(
                "kept in {}: logs, data, report.html, report.json, and all that was observed in observations.db \
                 (SQLite)",
                folder.display()
            ))?;
        }
        if let Ok(Some(page)) = &page {
            self.say(&format!("look at {}", page.display()))?;
        }
        self.frame()?;
        page?;
        saved?;
        Ok(match report.verdict {
            Verdict::Pass => exit::PASS,
            Verdict::Fail => exit::FAIL,
            Verdict::Inconclusive => exit::INCONCLUSIVE,
        })
    }

    /// Writes the files that are wanted, and returns the path of the page that a person is to look at, if there is one.
    fn write(&self, facts: &Facts<'_>, json: &str, folder: Option<&Path>) -> Result<Option<PathBuf>, String> {
        if let Some(file) = &self.args.junit {
            files::write(file, &report::junit(facts))?;
        }
        let places: Vec<&Path> = self.args.report.as_deref().into_iter().chain(folder).collect();
        files::write_reports(facts, json, &places)?;
        let page = places.first().map(|place| place.join(REPORTS[1]));
        Ok(page.map(|page| page.canonicalize().unwrap_or(page)))
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
