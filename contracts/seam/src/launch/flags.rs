//! Stages and dials from the flags of an OpenFeature provider.

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use open_feature::{Client, EvaluationError, EvaluationErrorCode};

use crate::launch::{Dial, Lane, Refused, Settings, Source, Stage, Watch};

/// Settings from the flags of an OpenFeature provider, whichever that is.
///
/// | flag | type | without it |
/// |---|---|---|
/// | `NAME.reads.stage`, `NAME.writes.stage` | string: a stage | `off` |
/// | `NAME.reads.shadowed`, `NAME.reads.served`, and of `writes` | string: a share, such as `5 %` | `0 %` |
/// | `NAME.noise` | string: a share | `0 %` |
/// | `NAME.killed` | boolean | `false` |
///
/// NAME is the name of the launch. The provider decides nothing by key: cohorts are those of the launch, so they only
/// grow. Rules are code's, given to [`Flags::open`].
///
/// The flags are evaluated by [`Flags::fetch`] or [`Flags::watch`]; the launch takes them when it reads its source. A
/// flag that has no value for another reason than that it is not there, or a wrong one, is refused: the settings in
/// force stay.
///
/// # Limits
///
/// - Nothing is remembered over a restart, so then the first settings may have any stage.
/// - The flags are evaluated one after the other, so a reading during a change may be of both sides of it. What must
///   not be is refused, and the next reading has all of it.
/// - [`Launch::turn`](crate::launch::Launch::turn) is refused: flags are turned at their provider.
pub struct Flags {
    client: Client,
    launch: String,
    base: Settings,
    last: Mutex<Reading>,
}

struct Reading {
    read: Result<Settings, Refused>,
    is_news: bool,
}

impl Flags {
    /// Takes the flags of a launch, and evaluates them once. `base` has the rules of comparison and what samples show;
    /// the rest of it counts for nothing.
    pub async fn open(client: Client, launch: &str, base: Settings) -> Arc<Self> {
        let last = Mutex::new(Reading {
            read: Ok(Settings::default()),
            is_news: false,
        });
        let flags = Self {
            client,
            launch: launch.to_owned(),
            base,
            last,
        };
        let read = flags.evaluated().await;
        *flags.last() = Reading { read, is_news: true };
        Arc::new(flags)
    }

    /// Evaluates the flags again.
    pub async fn fetch(&self) {
        let read = self.evaluated().await;
        let mut last = self.last();
        if last.read != read {
            *last = Reading { read, is_news: true };
        }
    }

    /// Evaluates the flags again and again, until the returned watch is dropped or nobody holds these flags any more.
    pub fn watch(self: &Arc<Self>, every: Duration) -> Watch {
        let flags = Arc::downgrade(self);
        Watch::of(async move {
            loop {
                tokio::time::sleep(every).await;
                let Some(flags) = flags.upgrade() else { return };
                flags.fetch().await;
            }
        })
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Reading> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn evaluated(&self) -> Result<Settings, Refused> {
        Ok(Settings {
            reads: self.lane("reads").await?,
            writes: self.lane("writes").await?,
            killed: self.killed().await?,
            noise: self.value("noise").await?,
            ..self.base.clone()
        })
    }

    async fn lane(&self, name: &str) -> Result<Lane, Refused> {
        let stage: Stage = self.value(&format!("{name}.stage")).await?;
        let shadowed: Dial = self.value(&format!("{name}.shadowed")).await?;
        let served: Dial = self.value(&format!("{name}.served")).await?;
        Ok(Lane::new(stage, shadowed, served))
    }

    async fn value<T: FromStr<Err = Refused> + Default>(&self, name: &str) -> Result<T, Refused> {
        let flag = format!("{}.{name}", self.launch);
        match known(&flag, self.client.get_string_value(&flag, None, None).await)? {
            Some(text) => text.parse().map_err(|refused: Refused| Refused::flag(flag, refused)),
            None => Ok(T::default()),
        }
    }

    async fn killed(&self) -> Result<bool, Refused> {
        let flag = format!("{}.killed", self.launch);
        let evaluated = self.client.get_bool_value(&flag, None, None).await;
        Ok(known(&flag, evaluated)?.unwrap_or(false))
    }
}

/// The value of a flag; `None` if there is no such flag.
fn known<T>(flag: &str, evaluated: Result<T, EvaluationError>) -> Result<Option<T>, Refused> {
    match evaluated {
        Ok(value) => Ok(Some(value)),
        Err(EvaluationError {
            code: EvaluationErrorCode::FlagNotFound,
            ..
        }) => Ok(None),
        Err(EvaluationError { code, message }) => {
            let message = message.map_or_else(|| code.to_string(), |message| format!("{code}: {message}"));
            Err(Refused::flag(flag, format!("the provider has no value: {message}")))
        }
    }
}

impl Source for Flags {
    fn read(&self) -> Result<Option<Settings>, Refused> {
        let mut last = self.last();
        if !std::mem::replace(&mut last.is_news, false) {
            return Ok(None);
        }
        last.read.clone().map(Some)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flags({})", self.launch)
    }
}
