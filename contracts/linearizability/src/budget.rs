/// The steps that searches may still spend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    limit: usize,
    spent: usize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, spent: 0 }
    }

    pub(crate) fn spend(&mut self, cost: usize) {
        self.spent = self.spent.saturating_add(cost);
    }

    pub(crate) fn spent(&self) -> usize {
        self.spent
    }

    pub(crate) fn is_exceeded(&self) -> bool {
        self.spent > self.limit
    }

    /// Runs one search with at most `limit` of the remaining steps.
    pub(crate) fn within<T>(&mut self, limit: usize, search: impl FnOnce(&mut Self) -> T) -> T {
        let mut part = Self::new(limit.min(self.limit.saturating_sub(self.spent)));
        let result = search(&mut part);
        self.spend(part.spent);
        result
    }
}
