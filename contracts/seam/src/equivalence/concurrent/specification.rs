use std::fmt;

/// What the operations of a history should have done: a model that handles one call after the other.
pub struct Specification<'a, C, R, S> {
    initial: S,
    step: Box<Step<'a, C, R, S>>,
    agrees: Box<Agrees<'a, R>>,
    is_read: Box<IsRead<'a, C>>,
    limit: usize,
}

type Step<'a, C, R, S> = dyn Fn(&mut S, &C) -> R + 'a;
type Agrees<'a, R> = dyn Fn(&R, &R) -> bool + 'a;
type IsRead<'a, C> = dyn Fn(&C) -> bool + 'a;

impl<'a, C, R, S> Specification<'a, C, R, S> {
    /// A model that begins in `initial`, handles a call with `step` and takes what was seen for what it expected if
    /// `agrees(expected, seen)`.
    ///
    /// `step` depends on nothing but its arguments, and goes the same way from states that are equal: the search remembers
    /// states and does not go on from one twice. Is the model wrong about one caller alone, it is wrong here too: compare
    /// it sequentially first.
    ///
    /// `limit` bounds each search: the steps of the model that it takes, and something for looking up where it has been. It
    /// keeps no more states than that. A hundred operations with eight of them open at a time take thousands of steps if
    /// answers tell something of the state, tens of thousands if not; 1,000,000 take some seconds without optimisation.
    pub fn new(
        initial: S,
        step: impl Fn(&mut S, &C) -> R + 'a,
        agrees: impl Fn(&R, &R) -> bool + 'a,
        limit: usize,
    ) -> Self {
        Self {
            initial,
            step: Box::new(step),
            agrees: Box::new(agrees),
            is_read: Box::new(|_| false),
            limit,
        }
    }

    /// Says which calls change no state, whatever it is. The verdicts stay the same, but searches need not try when a read
    /// takes effect beside other calls. A search panics where the model does change its state on one.
    #[must_use]
    pub fn with_reads(mut self, is_read: impl Fn(&C) -> bool + 'a) -> Self {
        self.is_read = Box::new(is_read);
        self
    }

    pub(super) fn initial(&self) -> &S {
        &self.initial
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn step(&self, state: &mut S, call: &C) -> R {
        (self.step)(state, call)
    }

    pub(super) fn agrees(&self, expected: &R, seen: &R) -> bool {
        (self.agrees)(expected, seen)
    }

    pub(super) fn is_read(&self, call: &C) -> bool {
        (self.is_read)(call)
    }
}

impl<C, R, S: fmt::Debug> fmt::Debug for Specification<'_, C, R, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Specification")
            .field("initial", &self.initial)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
