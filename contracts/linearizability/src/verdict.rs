/// The result of a check. Operations are named by their index in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "only `Linearizable` is a pass"]
pub enum Verdict<R> {
    /// The history is linearizable, and this order shows it.
    Linearizable {
        /// Every answered operation, and those pending ones that took effect.
        order: Vec<usize>,
    },
    /// The history is not linearizable: no order explains all of its replies.
    NotLinearizable {
        /// The longest order that the search met, which cannot go on. Others may explain more replies before they
        /// come to their end.
        prefix: Vec<usize>,
        /// The operations that real time allows next. The model gives none of them the recorded reply.
        refused: Vec<Refused<R>>,
    },
    /// The limit of the specification was reached first. This is not a pass.
    Undecided {
        /// The steps explored by then.
        explored: usize,
    },
}

/// An operation whose recorded reply differs from the model's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused<R> {
    /// Its index in the history.
    pub operation: usize,
    /// The reply of the model.
    pub expected: R,
}

/// The result of [`check_partitioned`](crate::check_partitioned).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "only `Linearizable` is a pass"]
pub struct PartitionedVerdict<R> {
    /// The way in which the history was divided.
    pub partitioning: Partitioning,
    /// The verdict on the whole history. If keys were checked apart and some fail, this is that of the first of
    /// them, in the order of the keys; if none fails and some are undecided, that of the first of those.
    pub verdict: Verdict<R>,
}

/// The way in which a history was divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Partitioning {
    /// The operations of each key were checked apart.
    ByKey {
        /// The number of keys.
        keys: usize,
        /// The keys whose operations are not linearizable, sorted.
        failing: Vec<String>,
        /// The keys for which the limit was reached, sorted.
        undecided: Vec<String>,
    },
    /// All operations were checked together, because this one has no key.
    NoKey {
        /// Its index in the history.
        operation: usize,
    },
    /// All operations were checked together: each key passes alone, but the model replies otherwise when it
    /// handles them all, so operations under one key show under another.
    NotIndependent,
}

impl<R> Verdict<R> {
    /// Returns `true` if the history is certainly linearizable.
    pub fn is_linearizable(&self) -> bool {
        matches!(self, Self::Linearizable { .. })
    }

    /// Returns `true` if the history is certainly not linearizable.
    pub fn is_not_linearizable(&self) -> bool {
        matches!(self, Self::NotLinearizable { .. })
    }

    /// The same verdict with index `i` replaced by `numbers[i]`.
    pub(crate) fn renumbered(self, numbers: &[usize]) -> Self {
        let renumber = |order: Vec<usize>| order.into_iter().map(|index| numbers[index]).collect();
        match self {
            Self::Linearizable { order } => Self::Linearizable { order: renumber(order) },
            Self::NotLinearizable { prefix, refused } => Self::NotLinearizable {
                prefix: renumber(prefix),
                refused: refused
                    .into_iter()
                    .map(|Refused { operation, expected }| Refused {
                        operation: numbers[operation],
                        expected,
                    })
                    .collect(),
            },
            Self::Undecided { explored } => Self::Undecided { explored },
        }
    }
}
