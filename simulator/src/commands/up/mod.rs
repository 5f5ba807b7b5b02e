//! `seam up`: brings a topology up and shows it until it is told to stop.

mod args;
mod chosen;
mod detached;
mod lines;
mod screen;
mod table;

use std::{env, time::Duration};

pub(crate) use args::UpArgs;
use lines::{JsonLines, TextLines};
use screen::Screen;

use super::{
    live::Keeper,
    output::{self, Reader},
    session::{self, NotUp, Session},
};
use crate::{
    backend::{Folder, NodeState, Options, Running},
    exit,
    interrupt::Interrupt,
    progress::Lines,
};

/// The time between two looks at the nodes.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Variable that tells the `seam up` that a `seam up --detach` has started that it is the one that stays.
const KEPT_UP: &str = "SEAM_KEPT_UP";

/// Runs `seam up` and returns the exit code, one of [`crate::exit`]: a node that ran and did not become ready is a
/// failure, one that could not be started is not.
pub(crate) async fn run(args: UpArgs) -> u8 {
    match attempt(&args).await {
        Ok(code) => code,
        Err(Stop::NotUp(NotUp::Node(error))) if !error.could_not_run() => {
            output::complain("up", &error.to_string());
            exit::FAIL
        }
        Err(Stop::NotUp(error)) => output::could_not_run("up", &error.to_string()),
        Err(Stop::Other(error)) => output::could_not_run("up", &error),
    }
}

/// The topology that is meant where none is named, which is said.
fn only_one() -> Result<String, String> {
    let here = env::current_dir().map_err(|error| format!("the current folder can't be told: {error}"))?;
    let file = chosen::chosen(&here)?.display().to_string();
    output::note(&format!("topology {file}"));
    Ok(file)
}

/// The reason why a topology is not kept up.
enum Stop {
    NotUp(NotUp),
    Other(String),
}

async fn attempt(args: &UpArgs) -> Result<u8, Stop> {
    let mut interrupt = session::interrupt().map_err(Stop::Other)?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => only_one().map_err(Stop::Other)?,
    };
    let mut topology = args.topology.load(&name).map_err(Stop::Other)?;
    if !args.only.is_empty() {
        let chosen = topology.only(&args.only);
        topology = chosen.map_err(|error| Stop::Other(error.to_string()))?;
    }
    if args.detach && env::var_os(KEPT_UP).is_none() {
        let code = detached::start(&topology).await.map_err(Stop::Other)?;
        return Ok(code);
    }
    let options = Options {
        keep_containers: args.keep,
        ..args.topology.options()
    };
    let session = Session::up(topology, &options, &Lines, &mut interrupt).await;
    let session = session.map_err(Stop::NotUp)?;
    let mut display: Box<dyn Display> = if args.json {
        Box::new(JsonLines::new(&session.topology))
    } else if output::is_terminal() {
        Box::new(Screen::new(&session.topology, &session.running))
    } else {
        Box::new(TextLines::default())
    };
    // Kept until all is down: others take its lock for a sign that something is still up.
    let mut keeper = Keeper::new(&session.topology, &session.running);
    let shown = match &mut keeper {
        Ok(keeper) => {
            let running = &session.running;
            let shown = running.unless_lost(show(running, display.as_mut(), keeper, &mut interrupt));
            shown.await.and_then(|shown| shown)
        }
        Err(error) => Err(error.clone()),
    };
    output::note(&format!("stopping {}", session.topology.name()));
    // The report of a death names the log, so the log must stay.
    let nodes = session.running.nodes();
    let died = nodes.iter().any(|node| matches!(node.state, NodeState::Died(_)));
    let died = died || !session.running.deaths().is_empty();
    let folder = if args.keep || died {
        Folder::Keep
    } else {
        Folder::Remove
    };
    session.down(folder, &mut interrupt).await;
    drop(keeper);
    shown.map(|()| exit::PASS).map_err(Stop::Other)
}

/// A form in which the nodes are shown.
trait Display {
    /// Shows the nodes as they are now, if anything is new.
    ///
    /// # Errors
    /// When that can't be written.
    fn show(&mut self, running: &Running) -> Result<Reader, String>;
}

/// Shows the nodes until a signal arrives or nobody reads any more.
async fn show(
    running: &Running,
    display: &mut dyn Display,
    keeper: &mut Keeper,
    interrupt: &mut Interrupt,
) -> Result<(), String> {
    let mut look = tokio::time::interval(LOOK_EVERY);
    while interrupt.or(look.tick()).await.is_ok() {
        if display.show(running)? == Reader::Gone || interrupt.or(keeper.look(running)).await.is_err() {
            break;
        }
    }
    Ok(())
}
