use std::future::Future;

use super::{
    execution::Difference,
    model::{CallOf, Model},
    sequence::{Draw, Drawn, Shape},
};

/// The most runs of a failing sequence that shrinking may take.
const MOST_RUNS: u32 = 4_000;

/// A failing sequence being shrunk for as long as it fails: first to fewer calls, then to simpler ones, until
/// neither helps.
pub(crate) struct Shrinking<M: Model, Fails> {
    drawn: Drawn<M>,
    fails: Fails,
    difference: Difference,
    runs: u32,
}

/// The smallest sequence found.
pub(crate) struct Shrunk<M: Model> {
    pub(crate) drawn: Drawn<M>,
    pub(crate) difference: Difference,
    pub(crate) runs: u32,
}

impl<M, Fails, Run> Shrinking<M, Fails>
where
    M: Model,
    Fails: Fn(&Drawn<M>) -> Run,
    Run: Future<Output = Option<Difference>>,
{
    pub(crate) fn new(drawn: Drawn<M>, difference: Difference, fails: Fails) -> Self {
        Self {
            drawn,
            fails,
            difference,
            runs: 0,
        }
    }

    pub(crate) async fn smallest(mut self) -> Shrunk<M> {
        self.cut_after_the_difference().await;
        while self.fewer().await | self.simpler().await {}
        Shrunk {
            drawn: self.drawn,
            difference: self.difference,
            runs: self.runs,
        }
    }

    async fn still_fails(&mut self) -> bool {
        self.runs += 1;
        match (self.fails)(&self.drawn).await {
            Some(difference) => {
                self.difference = difference;
                true
            }
            None => false,
        }
    }

    async fn cut_after_the_difference(&mut self) {
        let end = (self.difference.step + 1).min(self.drawn.draws.len());
        self.without(end..self.drawn.draws.len()).await;
    }

    /// Removes runs of calls, long ones first.
    async fn fewer(&mut self) -> bool {
        let mut helped = false;
        let mut length = self.drawn.draws.len().div_ceil(2);
        while length > 0 {
            let mut end = self.drawn.draws.len();
            while end > 0 && self.runs < MOST_RUNS {
                let start = end.saturating_sub(length);
                helped |= self.without(start..end).await;
                end = start;
            }
            length /= 2;
        }
        helped
    }

    async fn without(&mut self, range: std::ops::Range<usize>) -> bool {
        if range.is_empty() || range.len() == self.drawn.draws.len() {
            return false;
        }
        let start = range.start;
        let taken: Vec<Draw<CallOf<M>>> = self.drawn.draws.drain(range).collect();
        if self.still_fails().await {
            return true;
        }
        self.drawn.draws.splice(start..start, taken);
        false
    }

    async fn simpler(&mut self) -> bool {
        let mut helped = false;
        for position in 0..self.drawn.draws.len() {
            helped |= self.simpler_at(position).await;
        }
        helped
    }

    /// Walks down the value tree of one call as proptest's own runner does, and settles on the simplest call
    /// that still fails. A call is settled for good, so a later round does not pay for its tree again.
    async fn simpler_at(&mut self, position: usize) -> bool {
        let mut simplest = self.drawn.draws[position].current();
        let before = simplest.clone();
        let mut moved = self.tree(position, |tree| tree.simplify());
        while moved && self.runs < MOST_RUNS {
            let call = self.drawn.draws[position].current();
            moved = if self.still_fails().await {
                simplest = call;
                self.tree(position, |tree| tree.simplify())
            } else {
                self.tree(position, |tree| tree.complicate())
            };
        }
        let helped = simplest != before;
        self.drawn.draws[position].call = Shape::Settled(simplest);
        helped
    }

    fn tree(
        &mut self,
        position: usize,
        step: impl FnOnce(&mut dyn proptest::strategy::ValueTree<Value = CallOf<M>>) -> bool,
    ) -> bool {
        match &mut self.drawn.draws[position].call {
            Shape::Shrinking(tree) => step(tree.as_mut()),
            Shape::Settled(_) => false,
        }
    }
}
