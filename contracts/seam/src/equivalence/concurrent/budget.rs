/// What searches may still spend.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    limit: usize,
    spent: usize,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, spent: 0 }
    }

    pub(super) fn spend(&mut self, cost: usize) {
        self.spent = self.spent.saturating_add(cost);
    }

    pub(super) fn spent(&self) -> usize {
        self.spent
    }

    pub(super) fn is_exceeded(&self) -> bool {
        self.spent > self.limit
    }

    /// Lets a search spend up to `limit` of what is left.
    pub(super) fn within<T>(&mut self, limit: usize, search: impl FnOnce(&mut Self) -> T) -> T {
        let mut part = Self::new(limit.min(self.limit.saturating_sub(self.spent)));
        let result = search(&mut part);
        self.spend(part.spent);
        result
    }
}
