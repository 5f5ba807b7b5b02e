//! Rules of single values. Each stands in one place: the check that refuses a value and the schema that the OpenAPI
//! document prints read the same constants.
//!
//! Validation looks at a request alone, before any state is read. A refusal names the field, the value seen and the
//! range.

use std::fmt::Display;

use utoipa::openapi::{KnownFormat, ObjectBuilder, SchemaFormat, Type};

use crate::Invalid;

/// Rule of a whole number: `least` to `most`, both included.
#[derive(Clone, Copy)]
pub(crate) struct Number {
    pub(crate) least: i64,
    pub(crate) most: i64,
}

impl Number {
    /// Refuses a number outside the range.
    pub(crate) fn check(&self, field: &str, value: i64) -> Result<(), Invalid> {
        let Self { least, most } = *self;
        if (least..=most).contains(&value) {
            return Ok(());
        }
        let wanted = match most {
            i64::MAX => format!("{least} or more"),
            most => format!("{least} to {most}"),
        };
        Err(Invalid::new(field, value, wanted))
    }

    /// Describes the numbers that the rule accepts.
    pub(crate) fn describe(&self) -> ObjectBuilder {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(self.least))
            .maximum(Some(self.most))
    }
}

/// Rule of a text: 1 to `most` characters, each and all of them of one kind.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    most: usize,
    kind: &'static Kind,
}

/// Texts of one kind. `pattern` and `accepts` say the same: the first for other programs, in the part of regular
/// expressions that JavaScript, Python and Rust share, the second at the speed of a comparison. `tests/suite/patterns`
/// compares them.
pub(crate) struct Kind {
    pattern: &'static str,
    accepts: fn(&str) -> bool,
    name: &'static str,
}

const VISIBLE: Kind = Kind {
    pattern: "^[!-~]+$",
    accepts: |text| text.bytes().all(|b| b.is_ascii_graphic()),
    name: "visible ASCII characters",
};

const UNQUOTED: Kind = Kind {
    pattern: r"^[!#-\[\]-~]+$",
    accepts: |text| text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\'),
    name: "visible ASCII characters, no quote or backslash",
};

/// Free text. Control characters other than line breaks and tabs are refused, because some databases and mail servers
/// reject them.
const FREE: Kind = Kind {
    pattern: concat!(
        r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*",
        r"[^\u0000-\u0020\u007F-\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]",
        r"[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$",
    ),
    accepts: |text| {
        let legal = |c: char| !c.is_control() || matches!(c, '\n' | '\t' | '\r');
        !text.trim().is_empty() && text.chars().all(legal)
    },
    name: "characters, not all blank, no control characters",
};

impl Text {
    /// Makes the rule of texts of visible ASCII.
    pub(crate) const fn visible(most: usize) -> Self {
        Self { most, kind: &VISIBLE }
    }

    /// Makes the rule of texts of visible ASCII that stand between quotes as they are.
    pub(crate) const fn unquoted(most: usize) -> Self {
        Self { most, kind: &UNQUOTED }
    }

    /// Makes the rule of text that people write: not all blank, no control characters.
    pub(crate) const fn free(most: usize) -> Self {
        Self { most, kind: &FREE }
    }

    /// Tells if the rule accepts a text.
    pub(crate) fn accepts(&self, text: &str) -> bool {
        (1..=self.most).contains(&text.chars().count()) && (self.kind.accepts)(text)
    }

    /// Refuses a text; the error shows `shown` as the value.
    pub(crate) fn check(&self, field: &str, text: &str, shown: impl Display) -> Result<(), Invalid> {
        if self.accepts(text) {
            return Ok(());
        }
        Err(Invalid::new(field, shown, self.wanted()))
    }

    fn wanted(&self) -> String {
        format!("1 to {} {}", self.most, self.kind.name)
    }

    /// Describes the texts that the rule accepts.
    pub(crate) fn describe(&self, text: ObjectBuilder) -> ObjectBuilder {
        text.min_length(Some(1))
            .max_length(Some(self.most))
            .pattern(Some(self.kind.pattern))
            .description(Some(self.wanted()))
    }
}
