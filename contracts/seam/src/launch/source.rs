use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use crate::launch::{Refused, Settings, Stage};

/// The place where the settings of a launch come from.
pub trait Source: Send + Sync + fmt::Debug + 'static {
    /// Reads the settings; `None` if they are as they were at the last call. An error leaves those in force that are.
    fn read(&self) -> Result<Option<Settings>, Refused>;

    /// The stages of reads and writes that were in force last, before a restart. `None` if this source does not
    /// remember: then the first settings may have any stage.
    fn last(&self) -> Result<Option<(Stage, Stage)>, Refused> {
        Ok(None)
    }

    /// Remembers the stages of settings that come into force. If it fails they don't.
    fn remember(&self, _settings: &Settings) -> Result<(), Refused> {
        Ok(())
    }

    /// Writes settings that an operator turned, so that the source has them from now on, over a restart too. They come
    /// into force only if it succeeds, and they can be remembered after that; if not, it is called with those before. A
    /// source that is written elsewhere refuses, as it does by default.
    fn write(&self, _settings: &Settings) -> Result<(), Refused> {
        Err(Refused::ReadOnly)
    }
}

/// Settings that the program sets itself, without a memory. For tests.
#[derive(Debug)]
pub struct Fixed(Mutex<Option<Settings>>);

impl Fixed {
    /// A source of these settings.
    pub fn new(settings: Settings) -> Self {
        Self(Mutex::new(Some(settings)))
    }

    /// Replaces the settings. They come into force when the launch reads its source.
    pub fn set(&self, settings: Settings) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(settings);
    }
}

impl Source for Fixed {
    fn read(&self) -> Result<Option<Settings>, Refused> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).take())
    }

    fn write(&self, _settings: &Settings) -> Result<(), Refused> {
        Ok(())
    }
}
