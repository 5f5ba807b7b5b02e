//! SQL: who is to be told, and what was told. Everything that writes takes part in the caller's write.

mod contacts;
mod notifications;

pub(crate) use contacts::{contact_of, keep_contact};
pub(crate) use notifications::{find, insert, list};
