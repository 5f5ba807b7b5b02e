use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use commerce::Money;
use tokio::time::Instant;

use crate::provider::{Hold, Operation, Provider, ProviderError};

/// Repeated attempts a second, which is thousandths of one in a millisecond.
const PER_SECOND: u64 = 10;
/// Share of a repetition that a first attempt adds, in thousandths.
const SHARE: u64 = 200;
/// One repetition, in thousandths.
const ONE: u64 = 1_000;
/// Most repetitions that are saved.
const MOST: u64 = 10 * ONE;
/// Time in which the steady rate allows one.
const WAIT: Duration = Duration::from_millis(ONE / PER_SECOND);

/// Pace of repeated attempts while the provider does not answer: a fifth of the first attempts and ten a second beside
/// them, however much work is open. With the first answer everything that is due goes on. A clone is another handle.
///
/// Pauses that grow for each piece of work alone do not bound the sum: many who failed together come back together.
#[derive(Clone, Debug)]
pub(crate) struct Pace(Arc<Mutex<Balance>>);

#[derive(Debug)]
struct Balance {
    thousandths: u64,
    at: Instant,
    is_silent: bool,
}

/// A provider whose answers a [`Pace`] hears of.
pub(crate) struct Paced {
    provider: Arc<dyn Provider>,
    pace: Pace,
}

impl Pace {
    /// The pace of a provider that is taken to answer.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Balance {
            thousandths: MOST,
            at: Instant::now(),
            is_silent: false,
        })))
    }

    /// Wraps the provider, so that its answers and its silence are noted.
    pub(crate) fn of(&self, provider: Arc<dyn Provider>) -> Arc<dyn Provider> {
        Arc::new(Paced {
            provider,
            pace: self.clone(),
        })
    }

    /// Counts an attempt that is about to be made, of a piece of work with so many earlier ones. `Err` with the time to
    /// wait if it must not be made now.
    pub(crate) fn take(&self, attempts: i64) -> Result<(), Duration> {
        let mut balance = self.balance();
        balance.earn();
        if attempts == 0 {
            balance.thousandths = (balance.thousandths + SHARE).min(MOST);
            return Ok(());
        }
        if !balance.is_silent {
            return Ok(());
        }
        balance.thousandths = balance.thousandths.checked_sub(ONE).ok_or(WAIT)?;
        Ok(())
    }

    fn heard<T>(&self, answer: Result<T, ProviderError>) -> Result<T, ProviderError> {
        self.balance().is_silent = matches!(answer, Err(ProviderError::NoAnswer(_)));
        answer
    }

    fn balance(&self) -> MutexGuard<'_, Balance> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Balance {
    fn earn(&mut self) {
        let millis = u64::try_from(self.at.elapsed().as_millis()).unwrap_or(u64::MAX);
        // What is less than a millisecond stays for the next time.
        self.at += Duration::from_millis(millis);
        let earned = millis.saturating_mul(PER_SECOND);
        self.thousandths = self.thousandths.saturating_add(earned).min(MOST);
    }
}

#[seam::async_trait]
impl Provider for Paced {
    async fn authorize(&self, key: &str, hold: Hold) -> Result<Operation, ProviderError> {
        self.pace.heard(self.provider.authorize(key, hold).await)
    }

    async fn capture(&self, key: &str, authorization_id: &str, amount: Money) -> Result<Operation, ProviderError> {
        self.pace
            .heard(self.provider.capture(key, authorization_id, amount).await)
    }

    async fn void(&self, key: &str, authorization_id: &str) -> Result<Operation, ProviderError> {
        self.pace.heard(self.provider.void(key, authorization_id).await)
    }

    async fn refund(&self, key: &str, charge_id: &str, amount: Money) -> Result<Operation, ProviderError> {
        self.pace.heard(self.provider.refund(key, charge_id, amount).await)
    }

    async fn find(&self, key: &str) -> Result<Option<Operation>, ProviderError> {
        self.pace.heard(self.provider.find(key).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number of repeated attempts that go through in so many milliseconds, one tried in each, with first attempts
    /// every so often.
    async fn repeated(pace: &Pace, millis: u64, first_every: u64) -> u64 {
        let mut taken = 0;
        for milli in 0..millis {
            if milli % first_every == 0 {
                assert_eq!(pace.take(0), Ok(()), "a first attempt is always made");
            }
            taken += u64::from(pace.take(3).is_ok());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        taken
    }

    fn silence(pace: &Pace) {
        let _ = pace.heard::<()>(Err(ProviderError::NoAnswer("503".to_owned())));
    }

    #[tokio::test(start_paused = true)]
    async fn while_the_provider_is_silent_repetitions_are_a_fifth_of_the_first_attempts_and_ten_a_second() {
        let pace = Pace::new();
        silence(&pace);

        let saved = MOST / ONE;
        let alone = repeated(&pace, 5_000, u64::MAX).await;
        let beside_a_hundred = repeated(&pace, 5_000, 50).await;

        assert!((saved + 48..=saved + 51).contains(&alone), "{alone}");
        assert!((68..=72).contains(&beside_a_hundred), "{beside_a_hundred}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_of_any_kind_lets_everything_go_on() {
        let pace = Pace::new();
        silence(&pace);
        while pace.take(1).is_ok() {}

        let refused = pace.heard::<()>(Err(ProviderError::Refused("409 closed".to_owned())));

        assert!(refused.is_err() && (0..1_000).all(|_| pace.take(1).is_ok()));
        silence(&pace);
        assert_eq!(pace.take(1), Err(WAIT), "what an answer allowed is not saved");
    }
}
