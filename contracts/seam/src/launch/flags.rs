//! Stages and dials from the flags of an OpenFeature provider.

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use open_feature::{Client, EvaluationError, EvaluationErrorCode};
use tokio::time::{Instant, timeout_at};

use crate::launch::{Dial, Lane, Refused, Settings, Source, Stage, Watch};

/// The time in which a provider has to give all flags of a launch.
pub const FLAGS_TIME: Duration = Duration::from_secs(5);

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
/// force stay. So is one that a provider has not answered within [`FLAGS_TIME`]. It works within a tokio runtime.
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
    /// Held from the first question to the end of a reading, so that an older one is never the last.
    reading: tokio::sync::Mutex<()>,
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
            reading: tokio::sync::Mutex::new(()),
            last,
        };
        let read = flags.evaluated().await;
        *flags.last() = Reading { read, is_news: true };
        Arc::new(flags)
    }

    /// Evaluates the flags again, after the readings that have begun.
    pub async fn fetch(&self) {
        let _alone = self.reading.lock().await;
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
        let until = Instant::now() + FLAGS_TIME;
        Ok(Settings {
            reads: self.lane("reads", until).await?,
            writes: self.lane("writes", until).await?,
            killed: self.killed(until).await?,
            noise: self.value("noise", until).await?,
            ..self.base.clone()
        })
    }

    async fn lane(&self, name: &str, until: Instant) -> Result<Lane, Refused> {
        let stage: Stage = self.value(&format!("{name}.stage"), until).await?;
        let shadowed: Dial = self.value(&format!("{name}.shadowed"), until).await?;
        let served: Dial = self.value(&format!("{name}.served"), until).await?;
        Ok(Lane::new(stage, shadowed, served))
    }

    async fn value<T>(&self, name: &str, until: Instant) -> Result<T, Refused>
    where
        T: FromStr<Err = Refused> + Default,
    {
        let flag = format!("{}.{name}", self.launch);
        match known(&flag, until, self.client.get_string_value(&flag, None, None)).await? {
            Some(text) => text.parse().map_err(|refused: Refused| Refused::flag(flag, refused)),
            None => Ok(T::default()),
        }
    }

    async fn killed(&self, until: Instant) -> Result<bool, Refused> {
        let flag = format!("{}.killed", self.launch);
        let evaluated = known(&flag, until, self.client.get_bool_value(&flag, None, None));
        Ok(evaluated.await?.unwrap_or(false))
    }
}

/// The value of a flag; `None` if there is no such flag.
async fn known<T>(
    flag: &str,
    until: Instant,
    evaluated: impl Future<Output = Result<T, EvaluationError>>,
) -> Result<Option<T>, Refused> {
    let Ok(evaluated) = timeout_at(until, evaluated).await else {
        let problem =
            format!("the provider gave no answer within {FLAGS_TIME:?} for all flags; see whether it can be reached");
        return Err(Refused::flag(flag, problem));
    };
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
