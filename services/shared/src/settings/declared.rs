use std::fmt;

/// An environment variable: what it is called, what it is for, what it may hold.
pub struct Setting<T> {
    /// The variable's name.
    pub name: &'static str,
    /// What it is for, in one line.
    pub help: &'static str,
    /// What a value looks like.
    pub form: &'static str,
    /// The value where the variable is absent.
    pub default: Option<&'static str>,
    /// Reads a value; `None` if it is not of the form.
    pub parse: fn(&str) -> Option<T>,
}

/// A setting among those a program reads.
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

/// The program can't start without it, unless it has a default.
pub const fn required<T: 'static>(setting: &'static Setting<T>) -> Declared {
    declare(setting, true)
}

/// The program can do without it.
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
    /// The variable's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the program can't start without it; a default will do.
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
