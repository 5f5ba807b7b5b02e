use std::path::Path;

use tests::seeded_bugs::{EditError, Plant, catalogue};

#[test]
fn every_edit_of_the_planted_bugs_can_be_made() -> Result<(), EditError> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    for bug in catalogue() {
        if let Plant::Patched(edits) = bug.plant {
            for edit in edits {
                edit.applies(root)?;
            }
        }
    }
    Ok(())
}
