use std::{
    io::{self, Write},
    path::PathBuf,
};

use crossterm::{
    cursor::{MoveToColumn, MoveUp},
    queue, terminal,
    terminal::{Clear, ClearType},
};

use super::{Display, table::table};
use crate::{
    backend::{NodeState, Running},
    commands::output::{self, Reader},
    topology::Topology,
};

/// Columns and rows of a terminal that does not say.
const SIZE: (u16, u16) = (80, 24);
/// The last lines of the log of a dead node that are shown.
const TAIL_LINES: usize = 3;

/// A table on a terminal, drawn over itself whenever something is new.
#[derive(Debug)]
pub(super) struct Screen {
    title: String,
    folder: PathBuf,
    drawn: String,
    height: u16,
}

impl Screen {
    pub(super) fn new(topology: &Topology, running: &Running) -> Self {
        let title = format!("{} is up; Ctrl-C stops it", topology.name());
        Self {
            title,
            folder: running.folder().join("logs"),
            drawn: String::new(),
            height: 0,
        }
    }

    fn picture(&self, running: &Running, width: u16, height: u16) -> String {
        let nodes = running.nodes();
        let mut lines = vec![
            self.title.clone(),
            format!("logs: {}", self.folder.display()),
            String::new(),
        ];
        lines.extend(table(&nodes, width).lines().map(str::to_owned));
        for node in nodes.iter().filter(|node| matches!(node.state, NodeState::Died(_))) {
            lines.push(format!("{} said last:", node.name));
            lines.extend(
                running
                    .log_tail(&node.name, TAIL_LINES)
                    .into_iter()
                    .map(|line| format!("  {line}")),
            );
        }
        // A line that wraps, moves the cursor or scrolls away could not be drawn over.
        let fit = |line: String| {
            line.chars()
                .filter(|shown| !shown.is_control())
                .take(usize::from(width))
                .collect::<String>()
        };
        lines
            .into_iter()
            .take(usize::from(height - 1))
            .map(fit)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl Display for Screen {
    fn show(&mut self, running: &Running) -> Result<Reader, String> {
        let (width, height) = terminal::size().ok().filter(|size| *size != (0, 0)).unwrap_or(SIZE);
        let picture = self.picture(running, width.max(1), height.max(2));
        if picture == self.drawn {
            return Ok(Reader::Reads);
        }
        let drawing = drawing(&picture, self.height).map_err(|error| format!("no picture: {error}"))?;
        self.height = u16::try_from(picture.lines().count()).unwrap_or(u16::MAX);
        self.drawn = picture;
        output::draw(&drawing)
    }
}

/// The bytes that draw a picture over one of `height` lines.
fn drawing(picture: &str, height: u16) -> io::Result<Vec<u8>> {
    let mut drawing = Vec::new();
    if height > 0 {
        queue!(drawing, MoveUp(height))?;
    }
    queue!(drawing, MoveToColumn(0), Clear(ClearType::FromCursorDown))?;
    writeln!(drawing, "{picture}")?;
    Ok(drawing)
}
