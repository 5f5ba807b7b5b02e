//! Comparison of two implementations' replies, with the differences that are allowed.
//!
//! One side is the *reference*: the model of an equivalence suite, or the implementation in use of a dark
//! launch. The other is the *subject*. A [`Comparison`] goes through the replies of one subject in one sequence
//! of calls and names the first [`Mismatch`] that no [`Rule`] allows.
//!
//! ```
//! use seam::compare::{Comparison, Rule};
//! use serde_json::json;
//!
//! let rules = [Rule::renamed("id", "the orders team", "each implementation generates its own")];
//! let mut comparison = Comparison::under(&rules);
//!
//! let first = comparison.compare(&json!({ "id": 1, "total": 450 }), &json!({ "id": "b-17", "total": 450 }));
//! assert!(first.is_ok());
//! let other_id = comparison.compare(&json!({ "id": 1, "total": 450 }), &json!({ "id": "b-18", "total": 450 }));
//! assert_eq!(other_id.unwrap_err().to_string(), r#"at /id: wanted "b-17", got "b-18""#);
//! ```

mod comparison;
mod day;
mod mismatch;
mod renaming;
mod rule;

pub use comparison::Comparison;
pub use day::{Day, NoDay};
pub use mismatch::Mismatch;
pub use rule::Rule;

#[cfg(feature = "testing")]
pub(crate) use mismatch::pointer;
