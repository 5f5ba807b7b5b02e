use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Invalid, check::is_visible, json::HIDDEN};

/// Address and device at which a customer is notified. Personal data: never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Mail address with one `@`, at most 254 characters (RFC 5321).
    #[schema(max_length = 254)]
    pub email: String,
    /// Token of a device for push messages: 1 to 1,000 visible ASCII characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
            Some(token) if !is_visible(token, 1_000) => Err(Invalid::new(
                "contact.push_token",
                HIDDEN,
                "1 to 1000 visible ASCII characters",
            )),
            _ => Ok(()),
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
    text.len() <= 254 && local.len() <= 64 && local.split('.').all(is_atom) && domain.split('.').all(is_label)
}
