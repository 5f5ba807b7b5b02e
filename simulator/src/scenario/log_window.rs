use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use crate::steps::{Edge, LogPart, World};

/// Part of a run in the log of one node, which is told while the run goes on.
pub(super) struct LogWindow<'a> {
    world: &'a dyn World,
    node: &'a str,
    edge: Edge,
    parts: RefCell<Vec<LogPart>>,
    /// Moment on the world's clock at which it opens.
    due: Cell<Option<Duration>>,
}

impl<'a> LogWindow<'a> {
    /// A window that is not open yet.
    pub(super) fn new(world: &'a dyn World, node: &'a str, edge: Edge) -> Self {
        Self {
            world,
            node,
            edge,
            parts: RefCell::default(),
            due: Cell::default(),
        }
    }

    /// Opens it this long after now, unless it is open. Until then, [`LogWindow::open_if_due`] must be called again and
    /// again: a log does not tell later what it had at a moment.
    pub(super) fn open(&self, after: Duration) {
        self.due.set(Some(self.world.now() + after));
        self.open_if_due();
    }

    /// Opens it if its moment has come.
    pub(super) fn open_if_due(&self) {
        if self.due.get().is_none_or(|due| due > self.world.now()) {
            return;
        }
        self.due.set(None);
        let mut parts = self.parts.borrow_mut();
        if parts.last().is_none_or(|last| last.to.is_some()) {
            parts.push(LogPart {
                from: self.world.log_lengths(self.node),
                to: None,
                completed: self.edge == Edge::Ended,
            });
        }
    }

    /// Closes it now, if it is open.
    pub(super) fn close(&self) {
        self.due.set(None);
        if let Some(last) = self.parts.borrow_mut().last_mut() {
            last.to.get_or_insert_with(|| self.world.log_lengths(self.node));
        }
    }

    /// Forgets that it was open.
    pub(super) fn forget(&self) {
        self.due.set(None);
        self.parts.borrow_mut().clear();
    }

    /// The parts of the log that were written while it was open.
    pub(super) fn parts(&self) -> Vec<LogPart> {
        self.parts.borrow().clone()
    }
}
