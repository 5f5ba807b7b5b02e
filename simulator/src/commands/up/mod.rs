//! `seam up`: brings a topology up and shows it until it is told to stop.

mod args;
mod lines;
mod screen;
mod table;

use std::time::Duration;

pub(crate) use args::UpArgs;
use lines::{JsonLines, TextLines};
use screen::Screen;

use super::{
    output::{self, Reader},
    session::{self, NotUp, Session},
};
use crate::{
    backend::{Folder, NodeState, Running},
    exit,
    interrupt::Interrupt,
    progress::Lines,
};

/// The time between two looks at the nodes.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Runs `seam up` and returns the exit code, one of [`crate::exit`]: a node that ran and did not become ready is a
/// failure, one that could not be started is not.
pub(crate) async fn run(args: UpArgs) -> u8 {
    match attempt(&args).await {
        Ok(()) => exit::PASS,
        Err(Stop::NotUp(NotUp::Node(error))) if !error.could_not_run() => {
            output::complain("up", &error.to_string());
            exit::FAIL
        }
        Err(Stop::NotUp(error)) => output::could_not_run("up", &error.to_string()),
        Err(Stop::Other(error)) => output::could_not_run("up", &error),
    }
}

/// The reason why a topology is not kept up.
enum Stop {
    NotUp(NotUp),
    Other(String),
}

async fn attempt(args: &UpArgs) -> Result<(), Stop> {
    let mut interrupt = session::interrupt().map_err(Stop::Other)?;
    let topology = args.topology.load(&args.name).map_err(Stop::Other)?;
    let session = Session::up(topology, &args.topology.options(), &Lines, &mut interrupt).await;
    let session = session.map_err(Stop::NotUp)?;
    let mut display: Box<dyn Display> = if args.json {
        Box::new(JsonLines::new(&session.topology))
    } else if output::is_terminal() {
        Box::new(Screen::new(&session.topology, &session.running))
    } else {
        Box::new(TextLines::default())
    };
    let shown = show(&session.running, display.as_mut(), &mut interrupt).await;
    output::note(&format!("stopping {}", session.topology.name()));
    // The report of a death names the log, so the log must stay.
    let nodes = session.running.nodes();
    let died = nodes.iter().any(|node| matches!(node.state, NodeState::Died(_)));
    let folder = if args.keep || died {
        Folder::Keep
    } else {
        Folder::Remove
    };
    session.down(folder, &mut interrupt).await;
    shown.map_err(Stop::Other)
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
async fn show(running: &Running, display: &mut dyn Display, interrupt: &mut Interrupt) -> Result<(), String> {
    let mut look = tokio::time::interval(LOOK_EVERY);
    while interrupt.or(look.tick()).await.is_ok() {
        if display.show(running)? == Reader::Gone {
            break;
        }
    }
    Ok(())
}
