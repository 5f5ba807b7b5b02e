use std::{
    collections::{BTreeMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

/// Ids that are remembered. A call that comes later than this many others counts its request once more.
const REMEMBERED: usize = 4_096;

/// Counts different ids, and how often the most frequent of them came, in bounded memory.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    recent: BTreeMap<u64, u64>,
    order: VecDeque<u64>,
    /// Number of different ids.
    pub(super) different: u64,
    /// Number of times that one of them came at most.
    pub(super) most: u64,
}

impl Distinct {
    pub(super) fn note(&mut self, id: &str) {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let id = hasher.finish();
        let times = self.recent.entry(id).or_default();
        *times += 1;
        self.most = self.most.max(*times);
        if *times > 1 {
            return;
        }
        self.different += 1;
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.recent.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_what_is_remembered_is_counted_once() {
        let mut ids = Distinct::default();
        for id in 0..10_000 {
            ids.note(&format!("request {id}"));
            ids.note(&format!("request {id}"));
        }
        ids.note("request 9999");
        assert_eq!((ids.different, ids.most), (10_000, 3));
        assert_eq!((ids.recent.len(), ids.order.len()), (REMEMBERED, REMEMBERED));
    }
}
