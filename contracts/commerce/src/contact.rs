use std::fmt;

use serde::{Deserialize, Serialize};

use utoipa::openapi::{AllOfBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};

use crate::{
    Invalid, check,
    json::HIDDEN,
    schema::{named_schema, text_rule},
};

/// Largest length of an address, in characters (RFC 5321).
const LONGEST_EMAIL: usize = 254;

const PUSH_TOKEN: check::Text = check::Text::visible(1_000);

named_schema!(Email, described_address());
text_rule!(PushToken, PUSH_TOKEN);

/// Address and device at which a customer is notified. Personal data: never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Mail address with one `@`, at most 254 characters (RFC 5321).
    #[schema(value_type = Email)]
    pub email: String,
    /// Token of a device for push messages: 1 to 1,000 visible ASCII characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PushToken>)]
    pub push_token: Option<String>,
}

impl Contact {
    /// Refuses an address that no mail server would accept, and a push token that is empty, too long or not visible
    /// ASCII.
    ///
    /// The error does not repeat either of them.
    pub fn validate(&self) -> Result<(), Invalid> {
        if !is_address(&self.email) {
            return Err(Invalid::new(
                "contact.email",
                HIDDEN,
                "an address such as ada@example.org, at most 254 characters",
            ));
        }
        match &self.push_token {
            Some(token) => PUSH_TOKEN.check("contact.push_token", token, HIDDEN),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact(redacted)")
    }
}

/// Accepts the dot-atom form of RFC 5321, which every mail server takes. Quoted local parts and address literals
/// are left out on purpose.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_atom = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    let is_label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() <= LONGEST_EMAIL && local.len() <= 64 && local.split('.').all(is_atom) && domain.split('.').all(is_label)
}

/// The form that [`is_address`] accepts, in two patterns: no single one without look-ahead counts the characters before
/// the `@` and forbids two dots in a row.
fn described_address() -> AllOfBuilder {
    let form = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
        .max_length(Some(LONGEST_EMAIL))
        .pattern(Some(concat!(
            r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*",
            r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$",
        )));
    let local = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^[^@]{1,64}@"));
    AllOfBuilder::new()
        .item(form)
        .item(local)
        .description(Some("Mail address in dot-atom form (RFC 5321)"))
}
