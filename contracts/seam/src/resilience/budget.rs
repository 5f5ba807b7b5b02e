use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::time::{self, Instant};

/// Thousandths of a retry, the unit of a balance.
const RETRY: u64 = 1_000;
/// Seconds of the steady rate that a balance holds at most.
const SAVED: u64 = 10;

/// An allowance of retries for one destination: a share of its calls, and a steady rate beside it.
///
/// Within any time, retries are at most that share of the calls plus the rate for that time, plus what was saved
/// before: one second's rate at the start, and never more than ten seconds' of it. A retry is paid for before its
/// pause, so those that wait count too. A clone is another handle on the same balance.
///
/// Linkerd and Finagle give 20 % and 10 a second, as [`RetryBudget::default`] does. `tower`'s `TpsBudget` hands ten
/// seconds' rate out at once, which is a first wave of a hundred retries.
#[derive(Clone)]
pub struct RetryBudget(Arc<Budget>);

struct Budget {
    percent: u64,
    per_second: u64,
    balance: Mutex<Balance>,
}

struct Balance {
    thousandths: u64,
    at: Instant,
}

impl RetryBudget {
    /// Creates an allowance of `percent` of the calls, and of `per_second` retries a second beside them.
    pub fn new(percent: u32, per_second: u32) -> Self {
        let per_second = u64::from(per_second);
        Self(Arc::new(Budget {
            percent: u64::from(percent),
            per_second,
            balance: Mutex::new(Balance {
                thousandths: per_second * RETRY,
                at: time::monotonic(),
            }),
        }))
    }

    /// Counts a call, which adds its share of a retry.
    pub(super) fn deposit(&self) {
        let Self(budget) = self;
        budget.with(|balance| balance.thousandths += budget.percent * RETRY / 100);
    }

    /// Takes one retry; `false` if there is none left.
    pub(super) fn withdraw(&self) -> bool {
        self.0.with(|balance| match balance.thousandths.checked_sub(RETRY) {
            Some(left) => {
                balance.thousandths = left;
                true
            }
            None => false,
        })
    }
}

impl Budget {
    fn with<T>(&self, change: impl FnOnce(&mut Balance) -> T) -> T {
        let mut balance = self.balance.lock().unwrap_or_else(PoisonError::into_inner);
        let now = time::monotonic();
        let passed = now
            .saturating_duration_since(balance.at)
            .min(Duration::from_secs(SAVED));
        let millis = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
        if millis > 0 {
            // What is less than a millisecond stays for the next time: reading often must not lose it.
            balance.at = match passed.as_secs() < SAVED {
                true => balance.at + Duration::from_millis(millis),
                false => now,
            };
            balance.thousandths += millis * self.per_second;
        }
        let done = change(&mut balance);
        // A share of a retry must fit, whatever the rate: without one, all retries are paid for by calls.
        let most = (SAVED * self.per_second).max(SAVED) * RETRY;
        balance.thousandths = balance.thousandths.min(most);
        done
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new(20, 10)
    }
}

impl fmt::Debug for RetryBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(budget) = self;
        write!(f, "RetryBudget({} % + {}/s)", budget.percent, budget.per_second)
    }
}
