use std::collections::BTreeMap;

use super::Cell;

/// How often each reachable cell of the state machine was met.
#[derive(Clone, Debug)]
pub(crate) struct Coverage {
    cells: BTreeMap<Cell, u64>,
    /// Met, though the model says that it can't be.
    unreachable: BTreeMap<Cell, u64>,
}

impl Coverage {
    pub(crate) fn of(reachable: Vec<Cell>) -> Self {
        Self {
            cells: reachable.into_iter().map(|cell| (cell, 0)).collect(),
            unreachable: BTreeMap::new(),
        }
    }

    pub(crate) fn met(&mut self, cell: &Cell) {
        match self.cells.get_mut(cell) {
            Some(times) => *times += 1,
            None => *self.unreachable.entry(cell.clone()).or_default() += 1,
        }
    }

    pub(crate) fn unmet(&self) -> Vec<Cell> {
        let unmet = self.cells.iter().filter(|(_, times)| **times == 0);
        unmet.map(|(cell, _)| cell.clone()).collect()
    }

    pub(crate) fn undeclared(&self) -> Vec<Cell> {
        self.unreachable.keys().cloned().collect()
    }

    pub(crate) fn into_cells(self) -> BTreeMap<Cell, u64> {
        self.cells
    }
}
