use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rewritten::{Rewritten, check_pointer, page};
use crate::{
    draw::Draws,
    fault::Problem,
    json::{list, replaced},
};

/// Repeats items of the pages that replies hold, such as events: the copy stands right behind the original.
///
/// A page without items is recorded as unfit; one of which chance spares all items, as not drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateItems {
    /// JSON pointer to the list of items, such as `/data/events`.
    pub items: String,
    /// Probability of each item to be there twice, from 0 to 1. By default 1.
    #[serde(default = "always")]
    #[schemars(range(min = 0, max = 1))]
    pub probability: f64,
}

fn always() -> f64 {
    1.0
}

impl DuplicateItems {
    pub(super) fn check(&self) -> Result<(), Problem> {
        check_pointer("does.duplicate_items.items", &self.items)?;
        match (0.0..=1.0).contains(&self.probability) {
            true => Ok(()),
            false => Err(Problem::new(
                "does.duplicate_items.probability",
                self.probability,
                "0 to 1",
            )),
        }
    }

    pub(super) fn rewrite(&self, content: &str, key: u64) -> Rewritten {
        let (whole, items) = match page(content, &self.items, 1) {
            Ok(page) => page,
            Err(unfit) => return unfit,
        };
        let mut draws = Draws::new(key, "duplicate_items");
        let mut repeated = Vec::with_capacity(2 * items.len());
        for item in &items {
            repeated.push(*item);
            if draws.number() < self.probability {
                repeated.push(item);
            }
        }
        if repeated.len() == items.len() {
            return Rewritten::Spared;
        }
        Rewritten::Changed(replaced(content, whole, &list(&repeated)))
    }
}
