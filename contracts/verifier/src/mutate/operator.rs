use serde::{Serialize, Serializer};

/// Way to change a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// Leaves a field, a header or the whole body out.
    Dropped,
    /// Puts `null` in place of another value.
    Null,
    /// Puts text in place of another type.
    AsText,
    /// Puts a number in place of another type.
    AsNumber,
    /// Puts an object in place of another type.
    AsObject,
    /// Adds a half to a whole number.
    Decimal,
    /// Puts in another value of the same type, which the pact does not allow.
    OutOfRange,
    /// Puts in another value of the same type, which the pact allows.
    InRange,
    /// Removes all elements of a list.
    Emptied,
    /// Adds elements to a list.
    Longer,
    /// Gives a field another name.
    Renamed,
    /// Replaces success by failure, or the reverse.
    StatusClass,
    /// Replaces the status by another one of its class.
    Status,
}

impl Operator {
    /// All operators, in the order of the enum.
    pub const ALL: [Self; 13] = [
        Self::Dropped,
        Self::Null,
        Self::AsText,
        Self::AsNumber,
        Self::AsObject,
        Self::Decimal,
        Self::OutOfRange,
        Self::InRange,
        Self::Emptied,
        Self::Longer,
        Self::Renamed,
        Self::StatusClass,
        Self::Status,
    ];

    /// Name in reports, such as `as text`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Null => "null",
            Self::AsText => "as text",
            Self::AsNumber => "as number",
            Self::AsObject => "as object",
            Self::Decimal => "decimal",
            Self::OutOfRange => "out of range",
            Self::InRange => "in range",
            Self::Emptied => "empty list",
            Self::Longer => "longer list",
            Self::Renamed => "renamed",
            Self::StatusClass => "status class",
            Self::Status => "status",
        }
    }
}

impl Serialize for Operator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
