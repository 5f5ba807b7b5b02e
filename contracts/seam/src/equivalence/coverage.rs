use std::collections::{BTreeMap, BTreeSet};

use super::Cell;

/// The number of times that each reachable cell of the state machine was met.
#[derive(Clone, Debug)]
pub(crate) struct Coverage {
    cells: BTreeMap<Cell, u64>,
    /// The cells that were met although the model does not list them.
    unreachable: BTreeSet<Cell>,
}

impl Coverage {
    pub(crate) fn of(reachable: Vec<Cell>) -> Self {
        Self {
            cells: reachable.into_iter().map(|cell| (cell, 0)).collect(),
            unreachable: BTreeSet::new(),
        }
    }

    pub(crate) fn met(&mut self, cell: &Cell) {
        match self.cells.get_mut(cell) {
            Some(times) => *times += 1,
            None => {
                self.unreachable.insert(cell.clone());
            }
        }
    }

    pub(crate) fn unmet(&self) -> Vec<Cell> {
        let unmet = self.cells.iter().filter(|(_, times)| **times == 0);
        unmet.map(|(cell, _)| cell.clone()).collect()
    }

    /// The cells that were met less often than `times`, each with the number of times that it was met.
    pub(crate) fn thin(&self, times: u64) -> Vec<(Cell, u64)> {
        let thin = self.cells.iter().filter(|(_, met)| **met < times);
        thin.map(|(cell, met)| (cell.clone(), *met)).collect()
    }

    pub(crate) fn undeclared(&self) -> Vec<Cell> {
        self.unreachable.iter().cloned().collect()
    }

    pub(crate) fn into_cells(self) -> BTreeMap<Cell, u64> {
        self.cells
    }
}
