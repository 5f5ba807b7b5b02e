/// A set of small numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bits(Vec<u64>);

const WIDTH: usize = u64::BITS as usize;

impl Bits {
    /// The empty set, of numbers below `end`.
    pub(crate) fn below(end: usize) -> Self {
        Self(vec![0; end.div_ceil(WIDTH)])
    }

    pub(crate) fn insert(&mut self, number: usize) {
        self.0[number / WIDTH] |= 1 << (number % WIDTH);
    }

    pub(crate) fn remove(&mut self, number: usize) {
        self.0[number / WIDTH] &= !(1 << (number % WIDTH));
    }

    pub(crate) fn has(&self, number: usize) -> bool {
        self.0[number / WIDTH] & (1 << (number % WIDTH)) != 0
    }

    /// The least number that is not in the set, or the end if all are.
    pub(crate) fn first_absent(&self) -> usize {
        let full = self.0.iter().take_while(|word| **word == u64::MAX).count();
        let within = self.0.get(full).map_or(0, |word| word.trailing_ones() as usize);
        full * WIDTH + within
    }

    /// Returns `true` if both sets hold the same of the numbers below `end`.
    pub(crate) fn is_same_below(&self, end: usize, other: &Self) -> bool {
        let whole = (end / WIDTH).min(self.0.len());
        let rest = self.0.get(whole).zip(other.0.get(whole));
        let mask = (1 << (end % WIDTH)) - 1;
        self.0[..whole] == other.0[..whole] && rest.is_none_or(|(own, others)| (own ^ others) & mask == 0)
    }

    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(own, others)| own & !others == 0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Bits;

    const END: usize = 130;

    fn set(numbers: impl IntoIterator<Item = usize>) -> Bits {
        let mut bits = Bits::below(END);
        numbers.into_iter().for_each(|number| bits.insert(number));
        bits
    }

    #[test]
    fn what_was_put_in_is_in_until_it_is_taken_out() {
        let mut bits = Bits::below(END);
        let mut known = BTreeSet::new();
        // In an order that goes back and forth over the ends of words, some twice; then every third is taken
        // out, some of them again.
        for step in 0..200 {
            let number = step * 37 % END;
            bits.insert(number);
            known.insert(number);
            if step % 3 == 0 {
                bits.remove(number / 2);
                known.remove(&(number / 2));
            }
            for number in 0..END {
                assert_eq!(bits.has(number), known.contains(&number), "{number} after step {step}");
            }
            let absent = (0..END).find(|number| !known.contains(number));
            assert_eq!(bits.first_absent(), absent.unwrap(), "after step {step}");
        }
    }

    #[test]
    fn the_first_that_is_absent_may_be_the_end_of_a_word_or_of_all() {
        for full in [0, 1, 63, 64, 65, 127, 128, 129, END] {
            assert_eq!(set(0..full).first_absent(), full);
        }
        assert_eq!(set((0..END).filter(|number| *number != 100)).first_absent(), 100);
    }

    #[test]
    fn two_sets_are_the_same_below_the_first_number_in_which_they_differ() {
        let whole = set(0..END);
        for missing in [0, 1, 63, 64, 127, 128, 129] {
            let other = set((0..END).filter(|number| *number != missing));
            for end in [0, 1, 63, 64, 65, 127, 128, 129, END, usize::MAX] {
                assert_eq!(
                    whole.is_same_below(end, &other),
                    end <= missing,
                    "{missing} below {end}"
                );
            }
        }
    }

    #[test]
    fn a_set_is_within_another_if_all_of_it_is() {
        let whole = set([0, 63, 64, 129]);

        assert!(set([]).is_within(&whole) && set([63, 129]).is_within(&whole) && whole.is_within(&whole));
        assert!(!set([1]).is_within(&whole) && !set([128]).is_within(&whole));
        assert!(!whole.is_within(&set([0, 63, 64])));
    }
}
