//! Effects that rewrite the JSON of whole replies.

use super::{Effect, ViolateSchema};
use crate::{
    fault::Problem,
    json::{self, is_pointer},
    operations::Schema,
};

/// Content of a reply after an effect that rewrites it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rewritten {
    Changed(String),
    /// Chance spared all of it.
    Spared,
    /// There is nothing that the effect acts on, for this reason.
    Unfit(String),
}

impl Effect {
    /// Tells if it rewrites the content of replies, for which they are held until they are whole.
    pub(crate) fn rewrites(&self) -> bool {
        matches!(
            self,
            Self::WithholdItems(_)
                | Self::ReorderItems(_)
                | Self::DuplicateItems(_)
                | Self::AlterJson(_)
                | Self::ViolateSchema(_)
        )
    }

    /// Rewrites the JSON of a reply, for which there may be a schema.
    pub(crate) fn rewrite(&self, content: &str, key: u64, schema: Option<Schema<'_>>) -> Rewritten {
        match self {
            Self::WithholdItems(withhold) => withhold.rewrite(content, key),
            Self::ReorderItems(reorder) => reorder.rewrite(content, key),
            Self::DuplicateItems(duplicate) => duplicate.rewrite(content, key),
            Self::AlterJson(alter) => alter.rewrite(content),
            Self::ViolateSchema(_) => ViolateSchema::rewrite(content, key, schema),
            _ => Rewritten::Unfit(format!("{} rewrites no reply", self.kind())),
        }
    }
}

/// Finds the list of a page that an effect acts on, with at least so many items: its text and theirs.
pub(super) fn page<'a>(content: &'a str, pointer: &str, least: usize) -> Result<(&'a str, Vec<&'a str>), Rewritten> {
    let list = json::find(content, pointer);
    let Some((list, items)) = list.and_then(|list| Some((list, json::items(list)?))) else {
        return Err(Rewritten::Unfit(format!("the reply has no list at {pointer:?}")));
    };
    if items.len() < least {
        let (seen, s) = (items.len(), if items.len() == 1 { "" } else { "s" });
        return Err(Rewritten::Unfit(format!(
            "the page has {seen} item{s}, wanted at least {least}"
        )));
    }
    Ok((list, items))
}

pub(super) fn check_pointer(field: &str, pointer: &str) -> Result<(), Problem> {
    if is_pointer(pointer) {
        return Ok(());
    }
    Err(Problem::new(
        field,
        format!("{pointer:?}"),
        "a JSON pointer such as /data/events",
    ))
}
