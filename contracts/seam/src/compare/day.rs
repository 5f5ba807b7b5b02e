use std::{fmt, str::FromStr, time::SystemTime};

/// A calendar day in UTC, such as `2027-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: i64,
    month: u8,
    day: u8,
}

/// A text that names no day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{seen:?} is no day: wanted one such as 2027-01-31")]
pub struct NoDay {
    seen: String,
}

impl Day {
    /// The day of that date; `None` if the calendar has none.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let year = i64::from(year);
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            _ => return None,
        };
        (1..=last).contains(&day).then_some(Self { year, month, day })
    }

    /// The day in UTC at that time.
    pub fn at(time: SystemTime) -> Self {
        let seconds = time
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        // Days since 0000-03-01, in eras of 400 years, since a leap day then ends a year.
        let days = i64::try_from(seconds / 86_400).unwrap_or(0) + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let march = (5 * of_year + 2) / 153;
        let month = if march < 10 { march + 3 } else { march - 9 };
        let narrow = |value: i64| u8::try_from(value).unwrap_or(0);
        Self {
            year: year + era * 400 + i64::from(month <= 2),
            month: narrow(month),
            day: narrow(of_year - (153 * march + 2) / 5 + 1),
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Self, NoDay> {
        let mut parts = text.split('-');
        let mut next = |digits: usize| {
            parts
                .next()
                .filter(|part| part.len() == digits)
                .and_then(|part| part.parse().ok())
        };
        let day = match (next(4), next(2), next(2)) {
            (Some(year), Some(month), Some(day)) => {
                let narrow = |value: u16| u8::try_from(value).unwrap_or(0);
                Self::new(year, narrow(month), narrow(day))
            }
            _ => None,
        };
        day.filter(|day| day.to_string() == text)
            .ok_or_else(|| NoDay { seen: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::Day;

    #[test]
    fn a_time_falls_on_its_day_in_utc() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_767_225_599, "2025-12-31"),
            (1_767_225_600, "2026-01-01"),
            (4_107_542_400, "2100-03-01"),
        ] {
            let at = Day::at(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!((at.to_string().as_str(), day.parse()), (day, Ok(at)), "{seconds}");
        }
    }

    #[test]
    fn days_are_in_order_and_only_those_of_the_calendar() {
        let day = |text: &str| text.parse::<Day>();
        assert!(day("2026-12-31").unwrap() < day("2027-01-01").unwrap());
        assert!(day("2026-09-30").unwrap() < day("2026-10-01").unwrap());
        for none in [
            "2027-02-29",
            "2100-02-29",
            "2027-13-01",
            "2027-00-10",
            "2027-1-1",
            "2027-01-32",
            "2027-04-31",
            "+027-01-01",
            "",
        ] {
            assert!(day(none).unwrap_err().to_string().contains(none), "{none}");
        }
    }
}
