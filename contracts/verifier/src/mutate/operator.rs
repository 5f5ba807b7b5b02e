use serde::{Serialize, Serializer};

/// One way to change a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// A field, a header or the whole body is left out.
    Dropped,
    /// `null` stands there.
    Null,
    /// Text stands where none stood.
    AsText,
    /// A number stands where none stood.
    AsNumber,
    /// An object stands where none stood.
    AsObject,
    /// A whole number has decimals.
    Decimal,
    /// Another value of the same type, which the pact does not allow.
    OutOfRange,
    /// Another value of the same type, which the pact allows.
    InRange,
    /// A list without elements.
    Emptied,
    /// A list with more elements.
    Longer,
    /// A field under another name.
    Renamed,
    /// Success instead of failure, or the reverse.
    StatusClass,
    /// Another status of the same class.
    Status,
}

impl Operator {
    /// Every one of them.
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

    /// The name in reports.
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
