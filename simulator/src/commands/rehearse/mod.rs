//! `seam rehearse`: takes a module out of one node into another by a plan, on a topology that it brings up for it, and
//! gives the verdict. Everything that it knows of the platform stands in files.

mod levers;
mod screen;
mod text;

use std::{
    env,
    path::{Path, PathBuf},
    pin::pin,
};

use clap::Args;
use futures::{
    FutureExt,
    future::{Either, select},
};
use seam::chance;

use super::{
    arguments::{TopologyArgs, own_topology},
    check, output,
    run::files::{self, REPORTS},
    session::{self, Session},
};
use crate::{
    backend::{Folder, LocalWorld, Options},
    exit,
    interrupt::Interrupted,
    rehearsal::{Plan, RehearsalReport, Walk},
    report::{self, Evidence, Facts},
    scenario::{self, Observations, Verdict},
    topology::Topology,
};
use levers::Levers;
use screen::Screen;

/// Arguments of `seam rehearse`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Exit codes: 0 PASS, 1 FAIL (a planted defect was not caught, the gate rolled back, the scenario \
        failed), 2 could not run, 3 INCONCLUSIVE (the gate held until its time was over)."
)]
pub(crate) struct RehearseArgs {
    /// The plan: a name, looked for in simulator/rehearsals and rehearsals, or a file
    plan: String,
    /// The topology to rehearse on: a name or a file; the plan's scenario names its default
    #[arg(long = "topology", value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    topology: TopologyArgs,
    /// The number that all random choices come from; drawn at random where not given
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Plant every defect of the plan, one after the other, instead of the one that the seed chooses
    #[arg(long)]
    every_defect: bool,
    /// Keep the run's folder (data, logs, report) even if the rehearsal passes
    #[arg(long)]
    keep: bool,
    /// Write report.html and report.json into this folder too
    #[arg(long, value_name = "FOLDER")]
    report: Option<PathBuf>,
    /// Print the report as JSON on stdout, and nothing else there
    #[arg(long)]
    json: bool,
}

/// Runs `seam rehearse` and returns the exit code, one of [`crate::exit`].
pub(crate) async fn run(args: RehearseArgs) -> u8 {
    let whole = async { Rehearsal::of(args)?.run().await };
    match whole.await {
        Ok(code) => code,
        Err(error) => output::could_not_run("rehearse", &error),
    }
}

/// Everything that is known before anything is started.
struct Rehearsal {
    args: RehearseArgs,
    plan: Plan,
    topology: Topology,
    token: String,
    seed: u64,
    replay: String,
}

impl Rehearsal {
    fn of(args: RehearseArgs) -> Result<Self, String> {
        let here = env::current_dir().map_err(|error| format!("the current folder can't be told: {error}"))?;
        let plan = Plan::load(&args.plan, &here).map_err(|error| error.to_string())?;
        let name = match &args.name {
            Some(name) => name.clone(),
            None => own_topology(&plan.scenario, &plan.scenario_file, &here)?,
        };
        if args.topology.set.iter().any(|(name, _)| *name == plan.token) {
            return Err(format!(
                "--set {}: each rehearsal gives that variable a new token; leave it out",
                plan.token
            ));
        }
        let token = format!("{}{}", chance::id().simple(), chance::id().simple());
        let mut with_token = args.topology.clone();
        with_token.set.push((plan.token.clone(), token.clone()));
        let topology = with_token.load(&name)?;
        let misfits = check::misfits_of_plan(&plan, &topology);
        if !misfits.is_empty() {
            return Err(misfits.join("\n"));
        }
        let reports = args
            .report
            .iter()
            .flat_map(|folder| REPORTS.map(|name| folder.join(name)));
        for file in reports {
            files::can_be_written(&file)?;
        }
        let seed = args.seed.unwrap_or_else(|| chance::below(1_000_000));
        let mut more = vec!["--seed".to_owned(), seed.to_string()];
        more.extend(args.every_defect.then(|| "--every-defect".to_owned()));
        let own = args.name.as_deref();
        let replay = args
            .topology
            .command("rehearse", &args.plan, own, more, topology.secrets());
        Ok(Self {
            args,
            plan,
            topology,
            token,
            seed,
            replay,
        })
    }

    async fn run(&self) -> Result<u8, String> {
        let mut interrupt = session::interrupt()?;
        self.frame()?;
        let screen = Screen::default();
        let options = Options {
            seed: Some(self.seed),
            keep_containers: self.args.keep,
            ..self.args.topology.options()
        };
        let session = Session::up(self.topology.clone(), &options, &screen, &mut interrupt).await;
        let session = session.map_err(|error| error.to_string())?;
        let outcome = interrupt.or(self.rehearsed(&session, &screen)).await;
        let folder = match &outcome {
            Ok(Ok((report, _))) if report.verdict == Verdict::Pass && !self.args.keep => Folder::Remove,
            Err(Interrupted) => Folder::Remove,
            Ok(_) => Folder::Keep,
        };
        let place = session.running.folder().to_owned();
        // Before the logs are removed.
        let evidence = match &outcome {
            Ok(Ok((report, _))) if folder == Folder::Keep || self.args.report.is_some() => {
                files::evidence(&report.scenario, screen.began(), &session.topology, &session.running)
            }
            _ => Evidence::nothing(screen.began()),
        };
        // The report is written there after the end of all else.
        let _held = session.running.held();
        session.down(folder, &mut interrupt).await;
        let interrupted = |Interrupted| "interrupted; everything it started is gone".to_owned();
        let (report, observations) = outcome.map_err(interrupted)??;
        let kept = (folder == Folder::Keep).then_some(place.as_path());
        self.conclude(&report, observations, &evidence, kept)
    }

    /// Walks through the steps while the scenario's journeys go on and rows are copied.
    async fn rehearsed(&self, session: &Session, screen: &Screen) -> Result<(RehearsalReport, Observations), String> {
        let world = LocalWorld::new(&session.topology, &session.running)?;
        let levers = Levers::new(&self.plan, &session.topology, &session.running, &self.token)?;
        let walk = Walk::new(&self.plan, self.seed, (&world, &levers), screen, self.args.every_defect);
        let steps = walk.run().boxed_local();
        let engine = scenario::run_beside(&self.plan.scenario, &world, self.seed, screen, Some(steps));
        // Until the end: what the one side did after the last step, the other one has to learn.
        let ran = match select(pin!(engine), pin!(walk.keep_current())).await {
            Either::Left((ran, _)) => ran,
            Either::Right(((), _)) => unreachable!("rows are kept current for ever"),
        };
        let (report, observations) = ran.map_err(|error| error.to_string())?;
        let report = walk.notes().into_report(&self.plan, self.seed, report);
        Ok((report, observations))
    }

    /// Gives the report in every form that is wanted, and keeps in `folder` what explains a verdict that is not PASS.
    fn conclude(
        &self,
        report: &RehearsalReport,
        mut observations: Observations,
        evidence: &Evidence,
        folder: Option<&Path>,
    ) -> Result<u8, String> {
        let facts = Facts {
            report: &report.scenario,
            about: &self.plan.about,
            topology: &self.topology,
            profile: &self.args.topology.profile().to_string(),
            replay: &self.replay,
            evidence,
        };
        let json = self.json(report)?;
        let said = if self.args.json {
            output::print_line(&json)
        } else {
            output::print(&self.topology.secrets().hide(&text::render(report)))
        };
        let places: Vec<&Path> = self.args.report.as_deref().into_iter().chain(folder).collect();
        let page = report::rehearsal(&facts, report);
        let written = places.iter().try_for_each(|place| {
            let texts = REPORTS.into_iter().zip([&json, &page]);
            texts
                .into_iter()
                .try_for_each(|(name, text)| files::write(&place.join(name), text))
        });
        let saved = folder.map_or(Ok(()), |folder| {
            let saved = observations.save_to(&folder.join("observations.db"));
            saved.map_err(|error| error.to_string())
        });
        said?;
        if let Some(folder) = folder {
            self.say(&format!(
                "kept in {}: logs, data, observations.db and the report",
                folder.display()
            ))?;
        }
        if let (Ok(()), Some(place)) = (&written, places.first()) {
            let page = place.join(REPORTS[1]);
            self.say(&format!("look at {}", page.canonicalize().unwrap_or(page).display()))?;
        }
        self.frame()?;
        written?;
        saved?;
        Ok(match report.verdict {
            Verdict::Pass => exit::PASS,
            Verdict::Fail => exit::FAIL,
            Verdict::Inconclusive => exit::INCONCLUSIVE,
        })
    }

    fn json(&self, report: &RehearsalReport) -> Result<String, String> {
        #[derive(serde::Serialize)]
        struct Full<'a> {
            topology: &'a str,
            replay: &'a str,
            #[serde(flatten)]
            report: &'a RehearsalReport,
        }
        let full = Full {
            topology: self.topology.name(),
            replay: &self.replay,
            report,
        };
        let json = serde_json::to_string_pretty(&full).map_err(|error| format!("the report is no JSON: {error}"))?;
        Ok(self.topology.secrets().hide(&json))
    }

    /// Prints the first and the last line of every rehearsal.
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
