use std::fmt;

/// An environment variable: its name, its purpose, and the values that it may hold.
pub struct Setting<T> {
    /// Name of the variable.
    pub name: &'static str,
    /// Purpose of the variable in one line, for `--help`.
    pub help: &'static str,
    /// Form of a value, for `--help` and for errors.
    pub form: &'static str,
    /// Value if the variable is absent.
    pub default: Option<&'static str>,
    /// Parses a value; returns `None` if it is not of the form.
    pub parse: fn(&str) -> Option<T>,
}

/// A setting among those that a program reads.
#[derive(Clone, Copy)]
pub struct Declared {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) form: &'static str,
    pub(super) default: Option<&'static str>,
    pub(super) required: bool,
    pub(super) check: fn(&dyn std::any::Any, &str) -> bool,
    pub(super) setting: &'static (dyn std::any::Any + Send + Sync),
}

/// Declares a setting without which the program can't start, unless it has a default.
pub const fn required<T: 'static>(setting: &'static Setting<T>) -> Declared {
    declare(setting, true)
}

/// Declares a setting that may be absent.
pub const fn optional<T: 'static>(setting: &'static Setting<T>) -> Declared {
    declare(setting, false)
}

const fn declare<T: 'static>(setting: &'static Setting<T>, required: bool) -> Declared {
    Declared {
        name: setting.name,
        help: setting.help,
        form: setting.form,
        default: setting.default,
        required,
        check: |setting, text| {
            setting
                .downcast_ref::<Setting<T>>()
                .is_some_and(|known| (known.parse)(text).is_some())
        },
        setting,
    }
}

impl Declared {
    /// Name of the variable.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// True if the program can't start without a value; a default is one.
    pub fn is_required(&self) -> bool {
        self.required
    }

    pub(super) fn accepts(&self, text: &str) -> bool {
        (self.check)(self.setting, text)
    }
}

impl<T> fmt::Debug for Setting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting")
            .field("name", &self.name)
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Declared")
            .field("name", &self.name)
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}
