//! `seam run`.

mod args;
mod screen;
mod text;

use std::{
    env, fs,
    hash::{BuildHasher, Hasher, RandomState},
    io::{self, IsTerminal, Write},
    path::Path,
};

use serde::Serialize;

pub(crate) use args::RunArgs;
use screen::Screen;

use crate::{
    backend::{Folder, LocalWorld, Options, Running, up},
    exit,
    interrupt::Interrupt,
    scenario::{self, Books, Report, Scenario, Verdict},
    topology::Topology,
};

/// Does what `seam run` is told, and returns the exit code, one of [`crate::exit`]. Prints results to stdout, all else to stderr.
pub(crate) async fn run(args: RunArgs) -> u8 {
    match Session::prepare(args) {
        Ok(session) => session.run().await.unwrap_or_else(|error| complain(&error)),
        Err(error) => complain(&error),
    }
}

/// What is known before anything is started.
struct Session {
    args: RunArgs,
    scenario: Scenario,
    topology: Topology,
    seed: u64,
    replay: String,
}

/// A report with what this command adds to it.
#[derive(Serialize)]
struct FullReport<'a> {
    topology: &'a str,
    profile: String,
    replay: &'a str,
    #[serde(flatten)]
    report: &'a Report,
}

impl Session {
    fn prepare(args: RunArgs) -> Result<Self, String> {
        let here = env::current_dir().map_err(|error| format!("the current folder can't be told: {error}"))?;
        let mut scenario = Scenario::load(&args.scenario, &here).map_err(|error| error.to_string())?;
        let name = args.topology.clone().unwrap_or_else(|| scenario.topology.clone());
        let topology = Topology::load(&name, &args.set).map_err(|error| error.to_string())?;
        args.adjust(&mut scenario, &topology)?;
        let seed = args.seed.unwrap_or_else(fresh_seed);
        let replay = args.replay(seed, &name);
        Ok(Self {
            args,
            scenario,
            topology,
            seed,
            replay,
        })
    }

    async fn run(&self) -> Result<u8, String> {
        let mut interrupt = Interrupt::listen().map_err(|error| format!("no signal handler: {error}"))?;
        self.frame();
        let mut screen = Screen::new();
        let options = Options {
            profile: self.args.profile(),
            ..Options::default()
        };
        let running = tokio::select! {
            running = up(&self.topology, &options, &screen) => running.map_err(|error| error.to_string())?,
            () = interrupt.received() => return Ok(interrupted()),
        };
        screen.begin(self.scenario.workload.count);
        let outcome = tokio::select! {
            outcome = self.engine(&running, &screen) => outcome,
            () = interrupt.received() => {
                screen.end();
                running.down(Folder::Remove).await;
                return Ok(interrupted());
            }
        };
        screen.end();
        self.conclude(running, outcome).await
    }

    async fn engine(&self, running: &Running, screen: &Screen) -> Result<(Report, Books), String> {
        let world = LocalWorld::new(&self.topology, running).map_err(|error| format!("no HTTP client: {error}"))?;
        scenario::run(&self.scenario, &world, self.seed, screen)
            .await
            .map_err(|error| error.to_string())
    }

    /// Takes the topology down, says what came of it, and keeps what explains a verdict that is not PASS.
    async fn conclude(&self, running: Running, outcome: Result<(Report, Books), String>) -> Result<u8, String> {
        let folder = running.folder().to_owned();
        let (report, mut books) = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                running.down(Folder::Keep).await;
                return Err(format!("{error}\nlogs are kept in {}", folder.display()));
            }
        };
        let keep = self.args.keep || report.verdict != Verdict::Pass;
        running.down(if keep { Folder::Keep } else { Folder::Remove }).await;
        let full = FullReport {
            topology: self.topology.name(),
            profile: self.args.profile().to_string(),
            replay: &self.replay,
            report: &report,
        };
        let json = serde_json::to_string_pretty(&full).map_err(|error| format!("the report is no JSON: {error}"))?;
        for place in self
            .args
            .report
            .iter()
            .map(|place| place.as_path())
            .chain(keep.then_some(folder.as_path()))
        {
            write_report(place, &json)?;
        }
        if keep {
            books
                .save_to(&folder.join("observations.db"))
                .await
                .map_err(|error| error.to_string())?;
        }
        if self.args.json {
            print(&format!("{json}\n"));
        } else {
            print(&text::render(&report, width()));
        }
        if keep {
            self.say(&format!(
                "kept in {}: logs, data, report.json, and all that was observed in observations.db (SQLite)",
                folder.display()
            ));
        }
        self.frame();
        Ok(exit_code(report.verdict))
    }

    /// The first and the last line of every run.
    fn frame(&self) {
        self.say(&format!("seed {}; replay with: {}", self.seed, self.replay));
    }

    /// A line of the result, or of what goes beside it where the result is JSON.
    fn say(&self, line: &str) {
        if self.args.json {
            eprintln!("{line}");
        } else {
            print(&format!("{line}\n"));
        }
    }
}

fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => exit::PASS,
        Verdict::Fail => exit::FAIL,
        Verdict::Inconclusive => exit::INCONCLUSIVE,
    }
}

fn write_report(folder: &Path, json: &str) -> Result<(), String> {
    let file = folder.join("report.json");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&file, json))
        .map_err(|error| format!("the report can't be written to {}: {error}", file.display()))
}

/// Short enough to be typed again.
fn fresh_seed() -> u64 {
    RandomState::new().build_hasher().finish() % 1_000_000
}

fn width() -> u16 {
    let terminal = io::stdout().is_terminal().then(crossterm::terminal::size);
    match terminal {
        Some(Ok((columns, _))) => columns.clamp(60, 160),
        _ => 120,
    }
}

fn complain(error: &str) -> u8 {
    eprintln!("seam run: {error}");
    exit::COULD_NOT_RUN
}

fn interrupted() -> u8 {
    complain("interrupted; everything it started is gone")
}

/// A reader that has gone away is no failure of the run.
fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}
