use std::{collections::BTreeMap, env, fmt::Write, sync::Arc};

use seam::http::redacted;

use super::{Declared, Setting};

/// The settings of a process, which were checked when it started.
#[derive(Clone)]
pub struct Settings {
    values: Arc<BTreeMap<String, String>>,
}

/// Reason why the settings can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A required variable is absent.
    #[error("{name} is not set, wanted {form}")]
    Missing {
        /// Name of the variable.
        name: &'static str,
        /// Form of a value that would be accepted.
        form: &'static str,
    },
    /// A variable holds a value of another form.
    #[error("{name} is {value:?}, wanted {form}")]
    Malformed {
        /// Name of the variable.
        name: &'static str,
        /// The value that was seen, without the passwords in it.
        value: String,
        /// Form of a value that would be accepted.
        form: &'static str,
    },
    /// Several mistakes, one line each.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Several(Vec<SettingsError>),
}

impl Settings {
    /// Reads and checks all `declared` variables of the environment. Fails with every mistake, not only the first.
    pub fn from_environment(declared: &[Declared]) -> Result<Self, SettingsError> {
        Self::new(declared, |name| {
            env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    /// Reads the variables from pairs instead of the environment, for tests and for programs that embed a module.
    pub fn from_pairs<'a>(
        declared: &[Declared],
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SettingsError> {
        let pairs: BTreeMap<_, _> = pairs.into_iter().collect();
        Self::new(declared, |name| pairs.get(name).map(|value| (*value).to_owned()))
    }

    fn new(declared: &[Declared], read: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut values = BTreeMap::new();
        let mut wrong = Vec::new();
        for setting in declared {
            // An empty variable counts as absent, because a compose file or a shell unsets one that way.
            match read(setting.name).filter(|value| !value.is_empty()) {
                Some(value) if setting.accepts(&value) => {
                    values.insert(setting.name.to_owned(), value);
                }
                Some(value) => wrong.push(SettingsError::Malformed {
                    name: setting.name,
                    value: redacted(&value),
                    form: setting.form,
                }),
                None if setting.required && setting.default.is_none() => {
                    wrong.push(SettingsError::Missing {
                        name: setting.name,
                        form: setting.form,
                    });
                }
                None => {}
            }
        }
        match (wrong.pop(), wrong.is_empty()) {
            (None, _) => Ok(Self {
                values: Arc::new(values),
            }),
            (Some(only), true) => Err(only),
            (Some(last), false) => {
                wrong.push(last);
                Err(SettingsError::Several(wrong))
            }
        }
    }

    /// Checks that every required one of `declared` has a value or a default, for modules whose settings were read as
    /// optional. Reports all that have not.
    pub fn check(&self, declared: &[Declared]) -> Result<(), SettingsError> {
        Self::new(declared, |name| self.values.get(name).cloned()).map(drop)
    }

    /// Returns the value or the default. Fails if there is neither.
    pub fn get<T>(&self, setting: &Setting<T>) -> Result<T, SettingsError> {
        self.find(setting)?.ok_or(SettingsError::Missing {
            name: setting.name,
            form: setting.form,
        })
    }

    /// Returns the value or the default; `None` if there is neither.
    pub fn find<T>(&self, setting: &Setting<T>) -> Result<Option<T>, SettingsError> {
        let Some(text) = self.values.get(setting.name).map(String::as_str).or(setting.default) else {
            return Ok(None);
        };
        let malformed = || SettingsError::Malformed {
            name: setting.name,
            value: redacted(text),
            form: setting.form,
        };
        (setting.parse)(text).map(Some).ok_or_else(malformed)
    }

    /// Renders the text that `--help` prints.
    pub fn help(program: &str, about: &str, declared: &[Declared]) -> String {
        let mut text = format!("{about}\n\nUsage: {program} [--help | --version]\n\nEnvironment:\n");
        for setting in declared {
            let rest = match (setting.default, setting.required) {
                (Some(default), _) => format!("default {default}"),
                (None, true) => "required".to_owned(),
                (None, false) => "optional".to_owned(),
            };
            // Writing to a String can't fail.
            let _ = writeln!(
                text,
                "  {:<18} {}\n{:21}{}; {rest}",
                setting.name, setting.help, "", setting.form
            );
        }
        text
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Names only: a value may hold a password.
        f.debug_set().entries(self.values.keys()).finish()
    }
}
