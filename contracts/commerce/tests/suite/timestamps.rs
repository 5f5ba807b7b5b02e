//! Timestamps are read from the task's clock, and written in full or refused.

use std::time::{Duration, SystemTime};

use commerce::Timestamp;
use seam::time::Clock;

/// The first and the last timestamp, in microseconds since the epoch.
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

#[tokio::test]
async fn the_time_of_day_is_that_of_the_tasks_clock() {
    let begin = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);

    let read = Clock::starting_at(begin).scope(async { Timestamp::now() }).await;

    let since = read.as_micros() - 1_000_000_000_000_000;
    assert!((0..60_000_000).contains(&since), "{read}");
}
