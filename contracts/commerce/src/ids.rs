use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::openapi::{KnownFormat, SchemaFormat};
use uuid::Uuid;

use crate::{Invalid, check, schema::text_schema};

/// Pattern of an id in its one form on the wire (RFC 9562).
const CANONICAL: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

/// Namespace of every id that is derived from an idempotency key (UUIDv5, RFC 9562 section 5.5).
const NAMESPACE: Uuid = Uuid::from_u128(0x7365_616d_2d63_4f6d_8d65_7263_652d_6964);

/// Parses a UUID in its canonical form (RFC 9562, section 4), the only one that is taken: one id has one path.
pub fn parse_uuid(text: &str) -> Result<Uuid, Invalid> {
    let parsed = Uuid::try_parse(text).ok();
    let canonical = |id: &Uuid| id.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text;
    let wanted = "a UUID in lower case, with dashes";
    parsed.filter(canonical).ok_or_else(|| Invalid::new("id", text, wanted))
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "Uuid")]
        pub struct $name(pub Uuid);

        impl $name {
            /// Derives the id of these parts, the same in every implementation: UUIDv5 over the parts, each
            /// prefixed with its length.
            pub fn derive(parts: &[&str]) -> Self {
                let mut name = String::from(stringify!($name));
                for part in parts {
                    name.push_str(&format!("/{}:{part}", part.len()));
                }
                Self(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        text_schema!($name, |text| text
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
            .pattern(Some(CANONICAL)));

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                parse_uuid(text).map(Self).map_err(|invalid| Invalid { field: stringify!($name).to_owned(), ..invalid })
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                text.parse()
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

uuid_id!(
    /// An order, derived from its caller and idempotency key.
    OrderId
);
uuid_id!(
    /// A payment, derived from its order and the number of the attempt.
    PaymentId
);
uuid_id!(
    /// A notification, derived from the event or key that caused it.
    NotificationId
);

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $rule:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            const RULE: check::Text = $rule;

            /// Returns the text as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                Self::RULE.check(stringify!($name), &text, &text)?;
                Ok(Self(text))
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        text_schema!($name, |text| $name::RULE.describe(text));
    };
}

text_id!(
    /// A customer, guests included. 1 to 64 visible ASCII characters.
    CustomerId, check::Text::visible(64)
);
text_id!(
    /// A stock keeping unit: the name of a product. 1 to 64 visible ASCII characters.
    Sku, check::Text::visible(64)
);
text_id!(
    /// Name of one intent of one caller: the same key with the same request is the same command, however often it
    /// is sent. 1 to 255 visible ASCII characters other than `"` and `\`.
    IdempotencyKey, check::Text::unquoted(255)
);
