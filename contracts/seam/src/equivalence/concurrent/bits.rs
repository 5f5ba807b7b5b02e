/// A set of small numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Bits(Vec<u64>);

const WIDTH: usize = u64::BITS as usize;

impl Bits {
    /// The empty set, of numbers below `end`.
    pub(super) fn below(end: usize) -> Self {
        Self(vec![0; end.div_ceil(WIDTH)])
    }

    pub(super) fn insert(&mut self, number: usize) {
        self.0[number / WIDTH] |= 1 << (number % WIDTH);
    }

    pub(super) fn remove(&mut self, number: usize) {
        self.0[number / WIDTH] &= !(1 << (number % WIDTH));
    }

    pub(super) fn has(&self, number: usize) -> bool {
        self.0[number / WIDTH] & (1 << (number % WIDTH)) != 0
    }

    /// The least number that is not in the set; may be the end.
    pub(super) fn first_absent(&self) -> usize {
        let full = self.0.iter().take_while(|word| **word == u64::MAX).count();
        let within = self.0.get(full).map_or(0, |word| word.trailing_ones() as usize);
        full * WIDTH + within
    }

    pub(super) fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(own, others)| own & !others == 0)
    }
}
