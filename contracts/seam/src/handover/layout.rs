use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The form of a module's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Name of the module.
    pub module: String,
    /// The newest migration of each chain that the schema consists of.
    pub schema: BTreeMap<String, i64>,
    /// The sets, in an order in which they can be copied.
    pub sets: Vec<SetLayout>,
}

/// The form of a set of aggregates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetLayout {
    /// Name of the set.
    pub name: String,
    /// Columns of each table. Those that the database itself fills are left out.
    pub tables: BTreeMap<String, Vec<String>>,
}

impl Layout {
    /// Says what keeps the data of `self` from being copied to a side with the layout `to`; `None` if nothing does.
    pub fn obstacle(&self, to: &Self) -> Option<String> {
        if self.module != to.module {
            return Some(format!(
                "one side holds the data of {}, the other that of {}; name two sides of one module",
                self.module, to.module
            ));
        }
        if self.schema != to.schema {
            return Some(format!(
                "the schema of {} is {} on the one side and {} on the other; bring both to the same version",
                self.module,
                versions(&self.schema),
                versions(&to.schema)
            ));
        }
        (self.sets != to.sets).then(|| {
            format!(
                "the sets of {} have other tables or columns on the other side; bring both to the same version",
                self.module
            )
        })
    }
}

fn versions(schema: &BTreeMap<String, i64>) -> String {
    let versions: Vec<String> = schema
        .iter()
        .map(|(chain, version)| format!("{chain} {version}"))
        .collect();
    versions.join(" with ")
}
