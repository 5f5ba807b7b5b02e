//! Moments are told in full, or refused.

use commerce::Timestamp;

/// The first and the last moment there is, in microseconds since the epoch.
const ENDS: [i64; 2] = [-377_705_023_201_000_000, 253_402_207_200_000_000];

#[test]
fn the_first_and_the_last_moment_are_read_as_they_are_written() {
    for micros in ENDS {
        let moment = Timestamp::from_micros(micros).unwrap();
        assert_eq!(moment.to_string().parse(), Ok(moment));
    }
}

#[test]
fn a_moment_before_the_first_or_after_the_last_is_refused() {
    for micros in [ENDS[0] - 1, ENDS[1] + 1] {
        assert!(Timestamp::from_micros(micros).is_err(), "{micros}");
    }
}

#[test]
fn a_moment_in_the_last_second_is_refused_though_jiff_reads_it() {
    for text in ["9999-12-30T22:00:00.000001Z", "9999-12-30T22:00:00.999999Z"] {
        let refused = text.parse::<Timestamp>().unwrap_err();
        assert_eq!((refused.field.as_str(), refused.value.as_str()), ("timestamp", text));
    }
}
