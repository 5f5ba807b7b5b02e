//! The one source of chance: every random choice is a number that follows from what it decides about.

/// Decides by a number in `[0, 1)` that follows from these five values alone: one more fault, connection or request
/// changes no other number. Connections and requests are counted from 1; a decision about a whole connection has
/// request 0.
///
/// The number is stable over versions: a chain of the finaliser of splitmix64 takes the seed, then each of the
/// others, where a text is its length in bytes followed by its bytes in groups of eight, little-endian, the last one
/// filled with zeros. The upper 53 bits are the number.
pub fn draw(seed: u64, link: &str, connection: u64, request: u64, fault: &str) -> f64 {
    unit(key(seed, link, connection, request, fault))
}

/// Returns the 64 bits behind [`draw`].
pub(crate) fn key(seed: u64, link: &str, connection: u64, request: u64, fault: &str) -> u64 {
    let state = text(mix(seed), link);
    text(take(take(state, connection), request), fault)
}

/// Returns a key for one part of what a key stands for.
pub(crate) fn part(key: u64, name: &str) -> u64 {
    text(key, name)
}

/// Sequence of numbers that follows from one key, for amounts such as a jitter.
#[derive(Debug, Clone)]
pub(crate) struct Draws {
    key: u64,
    taken: u64,
}

impl Draws {
    /// Begins the sequence of a key; different purposes have different sequences.
    pub(crate) fn new(key: u64, purpose: &str) -> Self {
        Self {
            key: part(key, purpose),
            taken: 0,
        }
    }

    /// Returns the next number in `[0, 1)`.
    pub(crate) fn number(&mut self) -> f64 {
        unit(self.bits())
    }

    /// Returns the next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.taken += 1;
        self.at(self.taken)
    }

    /// Returns the bits at a place of the sequence, without moving in it.
    pub(crate) fn at(&self, place: u64) -> u64 {
        take(self.key, place)
    }
}

/// Returns a whole number in `0..bound`, as even as 64 bits allow; 0 if `bound` is 0.
pub(crate) fn below(bits: u64, bound: u64) -> u64 {
    let wide = (u128::from(bits) * u128::from(bound)) >> 64;
    u64::try_from(wide).unwrap_or(0)
}

pub(crate) fn unit(bits: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    let number = (bits >> 11) as f64;
    number / 9_007_199_254_740_992.0
}

fn text(state: u64, text: &str) -> u64 {
    let state = take(state, text.len() as u64);
    text.as_bytes().chunks(8).fold(state, |state, group| {
        let mut word = [0; 8];
        word[..group.len()].copy_from_slice(group);
        take(state, u64::from_le_bytes(word))
    })
}

fn take(state: u64, word: u64) -> u64 {
    mix(state ^ mix(word))
}

/// The finaliser of splitmix64, with its increment.
fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}
