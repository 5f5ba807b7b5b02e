//! Comparison of outputs with committed files.

use std::path::PathBuf;

/// Compares `seen` with the file of this name; with `UPDATE_GOLDEN=1` it becomes the file.
pub(crate) fn golden(name: &str, seen: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, seen).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == seen,
        "tests/golden/{name} has changed. It was:\n{kept}\nand is:\n{seen}\n\
         if it is meant: UPDATE_GOLDEN=1 cargo test --workspace --test suite, then read the diff"
    );
}
