use std::time::Duration;

/// Restarts of a node that ended with another status than 0, or by a signal, without being asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restart {
    /// Restarts in all, over the whole time that the topology is up.
    pub limit: u32,
    /// Pause before the first restart. Each further pause is twice as long, up to 10 s.
    pub backoff: Duration,
}

impl Restart {
    const LONGEST_PAUSE: Duration = Duration::from_secs(10);

    /// Pause before the restart that follows `done` others; `None` if there are no more.
    pub fn pause(&self, done: u32) -> Option<Duration> {
        let doubled = self.backoff.saturating_mul(1 << done.min(16));
        (done < self.limit).then_some(doubled.min(Self::LONGEST_PAUSE))
    }
}

/// End of a node when its topology goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stop {
    /// Signal that asks it to end.
    pub signal: StopSignal,
    /// Time until it is killed; `None` for that of the backend's options.
    pub within: Option<Duration>,
}

/// Signals that ask a program to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StopSignal {
    /// SIGTERM, the usual one.
    #[default]
    Term,
    /// SIGINT, as Ctrl-C sends it.
    Int,
    /// SIGQUIT, a graceful end for some servers.
    Quit,
    /// SIGHUP, as a closed terminal sends it.
    Hup,
    /// SIGUSR1, free for programs to use.
    Usr1,
    /// SIGUSR2, free for programs to use.
    Usr2,
    /// SIGKILL, which a program can't notice.
    Kill,
}

impl StopSignal {
    /// The signal of a name such as `INT` or `SIGINT`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("SIG").unwrap_or(name) {
            "TERM" => Self::Term,
            "INT" => Self::Int,
            "QUIT" => Self::Quit,
            "HUP" => Self::Hup,
            "USR1" => Self::Usr1,
            "USR2" => Self::Usr2,
            "KILL" => Self::Kill,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_end_with_the_last_restart() {
        let restart = Restart {
            limit: 40,
            backoff: Duration::from_millis(300),
        };
        let millis = |done| restart.pause(done).map(|pause| pause.as_millis());
        assert_eq!([millis(0), millis(1), millis(2)], [Some(300), Some(600), Some(1_200)]);
        assert_eq!([millis(39), millis(40)], [Some(10_000), None]);
    }
}
