//! A provider whose every answer is chosen by a test.

use std::sync::Mutex;

use commerce::Money;

use super::{Hold, Operation, Provider, ProviderError, Verdict};

/// The answer to a look-up: `None` if there is no such operation.
pub(crate) type Found = Result<Option<Verdict>, ProviderError>;

/// Answers look-ups, voids and the other commands as told, and remembers the commands.
pub(crate) struct Scripted {
    pub(crate) hold: Found,
    pub(crate) capture: Found,
    pub(crate) void: Result<Verdict, ProviderError>,
    /// The answer to authorisations, captures and refunds.
    pub(crate) command: Result<Verdict, ProviderError>,
    pub(crate) sent: Mutex<Vec<&'static str>>,
}

impl Scripted {
    /// Knows of nothing, and does whatever it is asked for.
    pub(crate) fn willing() -> Self {
        Self {
            hold: Ok(None),
            capture: Ok(None),
            void: Ok(Verdict::Done),
            command: Ok(Verdict::Done),
            sent: Mutex::default(),
        }
    }

    /// The commands that were sent since the last look.
    pub(crate) fn sent(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.sent.lock().unwrap())
    }

    fn answer(
        &self,
        command: &'static str,
        answer: &Result<Verdict, ProviderError>,
    ) -> Result<Operation, ProviderError> {
        self.sent.lock().unwrap().push(command);
        answer.clone().map(operation)
    }
}

pub(crate) fn silence() -> ProviderError {
    ProviderError::NoAnswer("for the test".to_owned())
}

pub(crate) fn refused() -> ProviderError {
    ProviderError::Refused("for the test".to_owned())
}

pub(crate) fn declined() -> Verdict {
    Verdict::Declined("for the test".to_owned())
}

fn operation(verdict: Verdict) -> Operation {
    let id = "at the provider".to_owned();
    Operation { id, verdict }
}

#[seam::async_trait]
impl Provider for Scripted {
    async fn authorize(&self, _: &str, _: Hold) -> Result<Operation, ProviderError> {
        self.answer("authorize", &self.command)
    }
    async fn capture(&self, _: &str, _: &str, _: Money) -> Result<Operation, ProviderError> {
        self.answer("capture", &self.command)
    }
    async fn void(&self, _: &str, _: &str) -> Result<Operation, ProviderError> {
        self.answer("void", &self.void)
    }
    async fn refund(&self, _: &str, _: &str, _: Money) -> Result<Operation, ProviderError> {
        self.answer("refund", &self.command)
    }
    async fn find(&self, key: &str) -> Result<Option<Operation>, ProviderError> {
        let found = if key.ends_with(":authorize") {
            &self.hold
        } else {
            &self.capture
        };
        found.clone().map(|verdict| verdict.map(operation))
    }
}
