use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{Contract, chance::mix, launch::Refused};

/// A share of the keys, in steps of 1/100,000. Its text is in percent with up to three decimals, such as `2.5 %`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dial(u32);

impl Dial {
    /// No key at all.
    pub const NONE: Self = Self(0);
    /// Every key, and the calls without a key.
    pub const ALL: Self = Self(Self::BUCKETS);
    /// The number of buckets that keys fall into.
    pub const BUCKETS: u32 = 100_000;

    /// A share of so many hundred-thousandths: 1,000 are 1 %. More than 100,000 is refused.
    pub fn new(hundred_thousandths: u32) -> Result<Self, Refused> {
        if hundred_thousandths > Self::BUCKETS {
            let seen = format!("{hundred_thousandths}/{}", Self::BUCKETS);
            return Err(Refused::Dial { seen });
        }
        Ok(Self(hundred_thousandths))
    }

    /// The share in hundred-thousandths.
    pub fn hundred_thousandths(self) -> u32 {
        self.0
    }

    pub(crate) fn includes(self, bucket: Bucket) -> bool {
        bucket.0 < self.0
    }
}

impl fmt::Display for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:03}", self.0 % 1_000);
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{} %", self.0 / 1_000),
            decimals => write!(f, "{}.{decimals} %", self.0 / 1_000),
        }
    }
}

impl FromStr for Dial {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        let refused = || Refused::Dial { seen: text.to_owned() };
        let number = text.trim().strip_suffix('%').ok_or_else(refused)?.trim_end();
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(decimals) || decimals.len() > 3 {
            return Err(refused());
        }
        let whole: u32 = whole.parse().map_err(|_| refused())?;
        let decimals: u32 = format!("{decimals:0<3}").parse().map_err(|_| refused())?;
        let share = whole.checked_mul(1_000).and_then(|whole| whole.checked_add(decimals));
        Self::new(share.ok_or_else(refused)?).map_err(|_| refused())
    }
}

impl Serialize for Dial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Dial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// One of [`Dial::BUCKETS`] places that keys fall into. A dial includes all buckets below its share, so a wider
/// dial includes whatever a narrower one did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Bucket(pub(crate) u32);

impl Bucket {
    /// The bucket of calls without a key: only a dial at 100 % includes it.
    pub(crate) const LAST: Self = Self(Dial::BUCKETS - 1);

    /// The bucket for 64 random or hashed bits.
    pub(crate) fn scaled(bits: u64) -> Self {
        let bucket = (u128::from(bits) * u128::from(Dial::BUCKETS)) >> 64;
        Self(u32::try_from(bucket).unwrap_or(0))
    }
}

/// The assignment of keys to buckets, which depends on nothing but the launch's name and the key: not on the process,
/// the time or the version of this library.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cohorts {
    seed: u64,
}

impl Cohorts {
    pub(crate) fn of(launch: &str) -> Self {
        Self {
            seed: hash(0, launch.as_bytes()),
        }
    }

    pub(crate) fn bucket(self, key: &str) -> Bucket {
        Bucket::scaled(hash(self.seed, key.as_bytes()))
    }

    /// The bucket of the call's key, as [`Cohorts::bucket`] has it, without a copy of the key unless it is long. `None`
    /// if the call has none.
    pub(crate) fn bucket_of<C: Contract + ?Sized>(self, call: &C::Call) -> Option<Bucket> {
        let mut key = Key::default();
        C::write_key(call, &mut key).then(|| Bucket::scaled(hash(self.seed, key.bytes())))
    }
}

/// The text of a key, on the stack as long as it is as short as an id.
struct Key {
    short: [u8; 40],
    length: usize,
    long: String,
}

impl Default for Key {
    fn default() -> Self {
        Self {
            short: [0; 40],
            length: 0,
            long: String::new(),
        }
    }
}

impl Key {
    fn bytes(&self) -> &[u8] {
        if self.long.is_empty() {
            &self.short[..self.length]
        } else {
            self.long.as_bytes()
        }
    }
}

impl fmt::Write for Key {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = self.length + part.len();
        match self.short.get_mut(self.length..end) {
            Some(place) if self.long.is_empty() => {
                place.copy_from_slice(part.as_bytes());
                self.length = end;
            }
            _ => {
                if self.long.is_empty() {
                    // Whole parts of texts.
                    self.long.push_str(&String::from_utf8_lossy(&self.short[..self.length]));
                }
                self.long.push_str(part);
            }
        }
        Ok(())
    }
}

/// Eight bytes at a time, and the length, so that zeros at the end count.
pub(crate) fn hash(seed: u64, text: &[u8]) -> u64 {
    let mut state = mix(seed ^ text.len() as u64);
    for chunk in text.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = mix(state ^ u64::from_le_bytes(word));
    }
    state
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::{Bucket, Cohorts, Dial, Key};

    proptest! {
        #[test]
        fn a_cohort_only_grows_as_its_dial_grows(
            key in ".{0,40}",
            narrow in 0..=Dial::BUCKETS,
            more in 0..=Dial::BUCKETS,
        ) {
            let bucket = Cohorts::of("payments").bucket(&key);
            let wide = Dial::new(narrow.saturating_add(more).min(Dial::BUCKETS)).unwrap();
            let narrow = Dial::new(narrow).unwrap();
            prop_assert!(bucket.0 < Dial::BUCKETS);
            let stays = !narrow.includes(bucket) || wide.includes(bucket);
            prop_assert!(stays, "{bucket:?} left between {narrow} and {wide}");
            prop_assert!(Dial::ALL.includes(bucket) && !Dial::NONE.includes(bucket));
        }

        #[test]
        fn a_key_has_one_bucket_however_it_is_written(parts in prop::collection::vec(".{0,30}", 0..5)) {
            let mut key = Key::default();
            for part in &parts {
                key.write_str(part).unwrap();
            }
            let whole = parts.concat();
            prop_assert_eq!(key.bytes(), whole.as_bytes());
        }

        #[test]
        fn a_dial_is_read_from_its_own_text(share in 0..=Dial::BUCKETS) {
            let dial = Dial::new(share).unwrap();
            prop_assert_eq!(dial.to_string().parse(), Ok(dial));
        }
    }

    /// Fixed numbers: were they to change, every running launch would draw its cohorts again.
    #[test]
    fn a_key_stays_in_its_bucket_after_a_restart_and_in_every_version() {
        let bucket = |launch: &str, key: &str| Cohorts::of(launch).bucket(key).0;
        let buckets = [
            bucket("payments", "customer-7"),
            bucket("orders", "customer-7"),
            bucket("payments", ""),
        ];
        assert_eq!(buckets, FIXED);
    }

    const FIXED: [u32; 3] = [5_499, 1_286, 57_705];

    #[test]
    fn keys_spread_evenly_over_the_buckets() {
        let cohorts = Cohorts::of("payments");
        let dial: Dial = "5 %".parse().unwrap();
        let included = (0..100_000)
            .filter(|key| dial.includes(cohorts.bucket(&format!("customer-{key}"))))
            .count();
        assert!(
            (4_700..=5_300).contains(&included),
            "{included} of 100,000 keys are in 5 %"
        );
    }

    #[test]
    fn calls_without_a_key_are_included_by_a_full_dial_only() {
        assert!(Dial::ALL.includes(Bucket::LAST));
        assert!(!Dial::new(Dial::BUCKETS - 1).unwrap().includes(Bucket::LAST));
    }

    #[test]
    fn a_dial_above_100_percent_or_without_its_unit_is_refused_with_what_to_write() {
        for text in [
            "100.001 %",
            "101 %",
            "50",
            "-1 %",
            "1.2345 %",
            "% ",
            "",
            "99999999999 %",
            "1e1 %",
        ] {
            let refused = text.parse::<Dial>().unwrap_err().to_string();
            assert!(
                refused.contains(&format!("{text:?}")) && refused.contains("0 % to 100 %"),
                "{refused}"
            );
        }
        assert!(Dial::new(100_001).unwrap_err().to_string().contains("100001/100000"));
        assert_eq!("2.5 %".parse::<Dial>().unwrap().hundred_thousandths(), 2_500);
        assert_eq!("0.001%".parse::<Dial>().unwrap().hundred_thousandths(), 1);
    }
}
