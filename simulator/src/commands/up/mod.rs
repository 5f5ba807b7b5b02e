//! `seam up`: brings a topology up and shows it until it is told to stop.

mod args;
mod lines;
mod screen;
mod table;

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

pub(crate) use args::UpArgs;
use lines::{JsonLines, TextLines};
use screen::Screen;

use crate::{
    backend::{self, Folder, NodeState, Running},
    exit,
    interrupt::Interrupt,
    topology::Topology,
};

/// Between two looks at the nodes.
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub(crate) async fn run(args: UpArgs) -> u8 {
    match bring_up(&args).await {
        Ok(()) => exit::PASS,
        Err(Stop::Interrupted) => {
            eprintln!("interrupted before every node was ready; nothing is left running");
            exit::COULD_NOT_RUN
        }
        Err(Stop::Node(error)) => {
            eprintln!("seam up: {error}");
            exit::FAIL
        }
        Err(Stop::CouldNot(reason)) => {
            eprintln!("seam up: {reason}");
            exit::COULD_NOT_RUN
        }
    }
}

/// Why a topology is not up.
enum Stop {
    Interrupted,
    Node(backend::NodeError),
    CouldNot(String),
}

impl Stop {
    fn because(error: impl ToString) -> Self {
        Self::CouldNot(error.to_string())
    }
}

async fn bring_up(args: &UpArgs) -> Result<(), Stop> {
    let mut interrupt = Interrupt::listen().map_err(Stop::because)?;
    let topology = Topology::load(&args.topology, &args.overrides).map_err(Stop::because)?;
    let options = args.options();
    let running = tokio::select! {
        biased;
        () = interrupt.received() => return Err(Stop::Interrupted),
        running = backend::up(&topology, &options, &backend::Lines) => running.map_err(|error| match error {
            backend::UpError::Node(error) => Stop::Node(error),
            other => Stop::because(other),
        })?,
    };
    let mut display: Box<dyn Display> = if args.json {
        Box::new(JsonLines::new(&topology))
    } else if io::stdout().is_terminal() {
        Box::new(Screen::new(&topology, &running))
    } else {
        Box::new(TextLines::default())
    };
    let shown = show(&running, display.as_mut(), &mut interrupt).await;
    eprintln!("stopping {}", topology.name());
    // Whoever was told of a death was also told where its log is.
    let keep = args.keep
        || running
            .nodes()
            .iter()
            .any(|node| matches!(node.state, NodeState::Died(_)));
    let stopped = running.down(if keep { Folder::Keep } else { Folder::Remove });
    tokio::select! {
        () = stopped => {}
        // Asked twice: dropping kills what still runs.
        () = interrupt.received() => {}
    }
    if keep {
        eprintln!("data and logs are kept in {}", running.folder().display());
    }
    shown.map_err(Stop::because)
}

/// Somebody who shows the nodes.
trait Display {
    /// Shows them as they are now, if anything is new. An error ends the showing: nobody looks any more.
    fn show(&mut self, running: &Running) -> io::Result<()>;
}

async fn show(running: &Running, display: &mut dyn Display, interrupt: &mut Interrupt) -> io::Result<()> {
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            biased;
            () = interrupt.received() => return Ok(()),
            _ = look.tick() => {}
        }
        display.show(running)?;
    }
}
