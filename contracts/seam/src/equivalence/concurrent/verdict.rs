/// Whether a history is linearizable. Operations are named by their index in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "only `Linearizable` is a pass"]
pub enum Verdict<R> {
    /// It is, and this order shows it.
    Linearizable {
        /// Every operation that was answered, and those without an answer that took effect.
        order: Vec<usize>,
    },
    /// It is not: no order explains it.
    NotLinearizable {
        /// The order that explains the most answers, the first found if there are several.
        prefix: Vec<usize>,
        /// The operations that could come next in real time, none of which could have given the answer that was seen.
        refused: Vec<Refused<R>>,
    },
    /// The limit of the specification was reached first. This is not a pass.
    Undecided {
        /// What was explored by then.
        explored: usize,
    },
}

/// An operation whose answer is not the one that the model gives at that point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused<R> {
    /// Its index in the history.
    pub operation: usize,
    /// What the model answers.
    pub expected: R,
}

/// What came of [`check_by_key`](super::check_by_key).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "only `Linearizable` is a pass"]
pub struct KeyedVerdict<R> {
    /// Whether the keys were checked apart.
    pub partition: Partition,
    /// About the whole history. If keys were checked apart and some fail, this is that of the first of them, in the order of
    /// the keys; if none fails and some are undecided, that of the first of those.
    pub verdict: Verdict<R>,
}

/// How a history was divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Partition {
    /// The operations of each key were checked apart.
    ByKey {
        /// How many keys there are.
        keys: usize,
        /// Those whose operations are not linearizable, in order.
        failing: Vec<String>,
        /// Those for which the limit was reached, in order.
        undecided: Vec<String>,
    },
    /// All were checked together, as this operation has no key.
    NoKey {
        /// Its index in the history.
        operation: usize,
    },
    /// All were checked together: apart the keys pass, but the model answers otherwise when it handles them all. So what is
    /// done under one key shows under another.
    NotIndependent,
}

impl<R> Verdict<R> {
    /// Whether it is linearizable for certain.
    pub fn is_linearizable(&self) -> bool {
        matches!(self, Self::Linearizable { .. })
    }

    /// Whether it is not linearizable for certain.
    pub fn is_not_linearizable(&self) -> bool {
        matches!(self, Self::NotLinearizable { .. })
    }

    /// The same verdict, where index `i` is called `names[i]`.
    pub(super) fn renamed(self, names: &[usize]) -> Self {
        let rename = |order: Vec<usize>| order.into_iter().map(|index| names[index]).collect();
        match self {
            Self::Linearizable { order } => Self::Linearizable { order: rename(order) },
            Self::NotLinearizable { prefix, refused } => Self::NotLinearizable {
                prefix: rename(prefix),
                refused: refused
                    .into_iter()
                    .map(|Refused { operation, expected }| Refused {
                        operation: names[operation],
                        expected,
                    })
                    .collect(),
            },
            Self::Undecided { explored } => Self::Undecided { explored },
        }
    }
}
