use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rewritten::{Rewritten, check_pointer, page};
use crate::{
    draw::{Draws, below},
    fault::Problem,
    json::{list, replaced},
};

/// Swaps neighbours in the pages that replies hold, such as events. The seed draws which, at least one pair of each
/// page. No item moves further than by one place, and none is lost.
///
/// A page with fewer than two items is recorded as unfit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReorderItems {
    /// JSON pointer to the list of items, such as `/data/events`.
    pub items: String,
}

impl ReorderItems {
    pub(super) fn check(&self) -> Result<(), Problem> {
        check_pointer("does.reorder_items.items", &self.items)
    }

    pub(super) fn rewrite(&self, content: &str, key: u64) -> Rewritten {
        let (whole, mut items) = match page(content, &self.items, 2) {
            Ok(page) => page,
            Err(unfit) => return unfit,
        };
        let pairs = items.len() as u64 - 1;
        let mut draws = Draws::new(key, "reorder_items");
        // One pair is always swapped; the others by chance, as far as they don't overlap.
        let sure = usize::try_from(below(draws.bits(), pairs)).unwrap_or(0);
        let mut first = 0;
        while first + 1 < items.len() {
            let is_drawn = draws.number() < 0.5 && first + 1 != sure;
            if first == sure || is_drawn {
                items.swap(first, first + 1);
                first += 1;
            }
            first += 1;
        }
        Rewritten::Changed(replaced(content, whole, &list(&items)))
    }
}
