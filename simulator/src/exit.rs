//! The exit codes of `seam`, the same in every command and every output format.

/// Pass, or yes.
pub const PASS: u8 = 0;
/// Fail, or no.
pub const FAIL: u8 = 1;
/// Could not run: wrong usage, a missing tool, a broken file, something unreachable, or interrupted before the end.
pub const COULD_NOT_RUN: u8 = 2;
/// Ran, and proved nothing either way.
pub const INCONCLUSIVE: u8 = 3;
