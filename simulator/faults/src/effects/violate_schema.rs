use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rewritten::Rewritten;
use crate::operations::{Schema, violate};

/// Breaks one constraint that the upstream's OpenAPI document puts on the JSON of a reply: drops a required member,
/// gives a value another type, puts null where it is not allowed, or a value outside of an enum. The seed draws which
/// and where; all other bytes stay, but for the spaces of an object that loses a member.
///
/// The reply is broken for certain: what is left is checked against the schema. A reply without a JSON schema in the
/// document, one that breaks its schema already, and one that has nothing to break are recorded as unfit. The link
/// needs the document of its upstream ([`Faults::described`](crate::Faults::described)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ViolateSchema {}

impl ViolateSchema {
    pub(super) fn rewrite(content: &str, key: u64, schema: Option<Schema<'_>>) -> Rewritten {
        let Some(schema) = schema else {
            return Rewritten::Unfit("the document has no JSON schema for this reply".to_owned());
        };
        match violate(content, schema, key) {
            Ok(changed) => Rewritten::Changed(changed),
            Err(why) => Rewritten::Unfit(why.to_owned()),
        }
    }
}
