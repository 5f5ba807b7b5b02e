use std::{borrow::Cow, collections::HashMap, ops::Range};

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Reason, TestRunner},
};

use super::{
    Cell,
    model::{CallOf, Model},
    sequence::{ExpectedReply, expected_reply},
};
use crate::chance::mix;

/// The number of successive cases that share their counts. A case that is replayed alone draws at most so many.
const BLOCK: u64 = 256;
/// The most calls that are drawn for one place of a sequence.
const MOST_DRAWS: usize = 16;
/// A call is rare enough if its score is at most the average of a cell, divided by this.
const RARE: u64 = 4;
/// Scores are multiples of this, so that averages over few cells differ.
const SCALE: u64 = 16;

/// Leans generation towards cells that are rarely met.
///
/// In three of four cases every second call is chosen from several that the model draws: the one whose cell, or the
/// state in which it leaves its subject, was met least often. All else stays as it was drawn, so that no run of calls
/// that the model draws is lost. A choice depends on the seed and on the earlier cases of the same block alone, so a
/// case can be drawn again.
pub(super) struct Guide {
    /// The case whose predecessors in the block are counted.
    next: u64,
    met: HashMap<Cell, u64>,
    states: HashMap<Cow<'static, str>, State>,
    /// The number of calls counted.
    calls: u64,
    /// The number of cells that can be reached.
    cells: u64,
    /// Set if calls of the case may be chosen.
    is_leaning: bool,
    /// Set if the latest call was chosen.
    is_choosing: bool,
}

#[derive(Default)]
struct State {
    /// The number of calls that met it.
    met: u64,
    /// The number of its cells that can be reached.
    cells: u64,
}

/// A call that was drawn, and can be made simpler.
type Tree<M> = Box<dyn ValueTree<Value = CallOf<M>>>;

/// A call that was drawn, and the model after it.
struct Candidate<M: Model> {
    tree: Tree<M>,
    model: M,
    reply: ExpectedReply<M>,
}

impl Guide {
    pub(super) fn of<M: Model>() -> Self {
        let reachable = M::reachable();
        let cells = reachable.len() as u64;
        let mut states: HashMap<_, State> = HashMap::new();
        for cell in reachable {
            states.entry(cell.state).or_default().cells += 1;
        }
        Self {
            next: 0,
            met: HashMap::new(),
            states,
            calls: 0,
            cells,
            is_leaning: false,
            is_choosing: false,
        }
    }

    /// Counts on from the case before, and returns the earlier cases that have to be drawn before it.
    pub(super) fn begin(&mut self, case: u64) -> Range<u64> {
        let first = case - case % BLOCK;
        let is_next = self.next == case && case != first;
        if !is_next {
            self.met.clear();
            self.states.values_mut().for_each(|state| state.met = 0);
            self.calls = 0;
        }
        self.next = case + 1;
        if is_next { case..case } else { first..case }
    }

    /// Decides whether the calls of a case are chosen.
    pub(super) fn lean(&mut self, case: u64) {
        // Not every fourth case, since subjects may be sampled by every fourth.
        self.is_leaning = !mix(case).is_multiple_of(4);
        self.is_choosing = false;
    }

    /// Draws the next call and applies it to the model.
    pub(super) fn draw<M: Model>(
        &mut self,
        model: &mut M,
        runner: &mut TestRunner,
    ) -> Result<(Tree<M>, ExpectedReply<M>), Reason> {
        let strategy = model.next_call();
        let mut candidate = || {
            let tree: Tree<M> = Box::new(strategy.new_tree(runner)?);
            let mut model = model.clone();
            let reply = expected_reply(&mut model, tree.current());
            Ok::<_, Reason>(Candidate { tree, model, reply })
        };
        let mut rarest = candidate()?;
        self.is_choosing = self.is_leaning && !self.is_choosing;
        if self.is_choosing {
            let mut score = self.score(&rarest);
            for _ in 1..MOST_DRAWS {
                if score * self.cells * RARE <= self.calls * SCALE {
                    break;
                }
                // A model that can't draw another call has drawn one, and that is enough.
                let Ok(other) = candidate() else { break };
                let others = self.score(&other);
                if others < score {
                    (rarest, score) = (other, others);
                }
            }
        }
        *model = rarest.model;
        self.met(&rarest.reply.cell);
        Ok((rarest.tree, rarest.reply))
    }

    /// Counts a call.
    pub(super) fn met(&mut self, cell: &Cell) {
        self.calls += 1;
        match self.met.get_mut(cell) {
            Some(times) => *times += 1,
            None => {
                self.met.insert(cell.clone(), 1);
            }
        }
        if let Some(state) = self.states.get_mut(&cell.state) {
            state.met += 1;
        }
    }

    /// The number of times that the cell was met, or the average cell of the state after the call if that is less.
    fn score<M: Model>(&self, Candidate { model, reply, .. }: &Candidate<M>) -> u64 {
        let times = self.met.get(&reply.cell).copied().unwrap_or(0) * SCALE;
        match self.states.get(&model.state(&reply.call)) {
            Some(State { met, cells }) => times.min(met * SCALE / cells),
            None => times,
        }
    }
}
