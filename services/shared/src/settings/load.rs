use std::{collections::BTreeMap, env, fmt::Write, sync::Arc};

use super::{Declared, Setting};

/// The settings of this process, checked when it starts.
#[derive(Clone)]
pub struct Settings {
    values: Arc<BTreeMap<String, String>>,
}

/// Why the settings can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A variable that is needed is absent.
    #[error("{name} is not set, wanted {form}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What a value looks like.
        form: &'static str,
    },
    /// A variable holds something else than it should.
    #[error("{name} is {value:?}, wanted {form}")]
    Malformed {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What a value looks like.
        form: &'static str,
    },
    /// Several things are wrong; one line each.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Several(Vec<SettingsError>),
}

impl Settings {
    /// Reads and checks all `declared` variables of the environment; every one that is wrong is reported, not only the first.
    pub fn from_environment(declared: &[Declared]) -> Result<Self, SettingsError> {
        Self::new(declared, |name| {
            env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    /// The same from pairs instead of the environment, for tests and for programs that embed a module.
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
            // An empty variable is an absent one: that is how a compose file or a shell unsets it.
            match read(setting.name).filter(|value| !value.is_empty()) {
                Some(value) if setting.accepts(&value) => {
                    values.insert(setting.name.to_owned(), value);
                }
                Some(value) => wrong.push(SettingsError::Malformed {
                    name: setting.name,
                    value,
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

    /// Checks that every required one of `declared` has a value or a default, for modules whose settings were read as optional.
    /// Reports all that have not.
    pub fn check(&self, declared: &[Declared]) -> Result<(), SettingsError> {
        Self::new(declared, |name| self.values.get(name).cloned()).map(drop)
    }

    /// The value, or the default. Fails if there is neither.
    pub fn get<T>(&self, setting: &Setting<T>) -> Result<T, SettingsError> {
        self.find(setting)?.ok_or(SettingsError::Missing {
            name: setting.name,
            form: setting.form,
        })
    }

    /// The value, or the default, if there is one.
    pub fn find<T>(&self, setting: &Setting<T>) -> Result<Option<T>, SettingsError> {
        let Some(text) = self.values.get(setting.name).map(String::as_str).or(setting.default) else {
            return Ok(None);
        };
        let malformed = || SettingsError::Malformed {
            name: setting.name,
            value: text.to_owned(),
            form: setting.form,
        };
        (setting.parse)(text).map(Some).ok_or_else(malformed)
    }

    /// The text that `--help` prints.
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
