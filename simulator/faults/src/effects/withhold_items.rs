use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rewritten::{Rewritten, check_pointer, page};
use crate::{
    draw::{Draws, below},
    fault::Problem,
    json::{find, list, replaced},
};

/// Withholds the last items of the pages that replies hold, such as events, so that they come with a later request.
/// The seed draws how many: at least one goes, and at least one stays.
///
/// Nothing is lost as long as the next request asks from the position of the last item that came. A page that names
/// the next position itself needs `next`: it becomes the position of the last item that stays.
///
/// A page with fewer than two items is recorded as unfit, and so is one that lacks what `next` and `position` lead to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithholdItems {
    /// JSON pointer to the list of items, such as `/data/events`.
    pub items: String,
    /// JSON pointer to the position that the next request is to ask from, such as `/data/next`; not needed where
    /// callers take the position of the last item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// JSON pointer, within an item, to its position; for `next` only. By default `/position`.
    #[serde(default = "position", skip_serializing_if = "is_position")]
    pub position: String,
}

fn position() -> String {
    "/position".to_owned()
}

fn is_position(pointer: &str) -> bool {
    pointer == "/position"
}

impl WithholdItems {
    pub(super) fn check(&self) -> Result<(), Problem> {
        check_pointer("does.withhold_items.items", &self.items)?;
        check_pointer("does.withhold_items.position", &self.position)?;
        let next = self.next.as_deref();
        next.map_or(Ok(()), |next| check_pointer("does.withhold_items.next", next))
    }

    pub(super) fn rewrite(&self, content: &str, key: u64) -> Rewritten {
        let (whole, items) = match page(content, &self.items, 2) {
            Ok(page) => page,
            Err(unfit) => return unfit,
        };
        let most = items.len() as u64 - 1;
        let drawn = 1 + below(Draws::new(key, "withhold_items").bits(), most);
        let kept = usize::try_from(drawn).unwrap_or(1);
        let shorter = replaced(content, whole, &list(&items[..kept]));
        let Some(next) = &self.next else {
            return Rewritten::Changed(shorter);
        };
        match (find(&shorter, next), find(items[kept - 1], &self.position)) {
            (Some(old), Some(new)) => Rewritten::Changed(replaced(&shorter, old, new)),
            (None, _) => Rewritten::Unfit(format!("the reply has nothing at {next:?}")),
            (_, None) => Rewritten::Unfit(format!("an item has no position at {:?}", self.position)),
        }
    }
}
