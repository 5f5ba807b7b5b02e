//! Whether what concurrent callers saw can be explained by one caller after the other.
//!
//! A history of calls and answers is *linearizable* if the calls can be put in one order in which each takes effect at one
//! moment between its call and its answer, and a sequential [`Specification`] gives just the answers that were seen
//! (Herlihy and Wing, 1990). A call that got no answer may have taken effect at any moment after it was made, or never.
//!
//! [`check`] decides it for a whole history, [`check_by_key`] for each key apart; [`smallest`] and [`smallest_by_key`] cut a
//! history that is not linearizable down to a [`Counterexample`], which prints as lanes.
//!
//! ```
//! use seam::equivalence::concurrent::{Answer, Operation, Specification, check, smallest};
//!
//! #[derive(Clone, Debug)]
//! enum Call { Write(u32), Read }
//!
//! let register = Specification::new(
//!     0,
//!     |state: &mut u32, call: &Call| { if let Call::Write(value) = call { *state = *value }; *state },
//!     |expected: &u32, seen: &u32| expected == seen,
//!     10_000,
//! );
//! let operation = |caller, invoked, call, at, reply| Operation { caller, invoked, call, answer: Answer::Came { at, reply } };
//! let stale = [operation(0, 1, Call::Write(7), 2, 7), operation(1, 3, Call::Read, 4, 0)];
//!
//! assert!(!check(&register, &stale).is_linearizable());
//! println!("{}", smallest(&register, &stale).expect("a counterexample"));
//! ```
//!
//! # How it searches
//!
//! Wing and Gong's search (1993) with Lowe's memory of where it has been (2017), extended to calls without an answer. The
//! problem is NP-complete: what keeps it fast is that few calls overlap, that reads do not branch, and that keys are checked
//! apart. The limit of the specification keeps it finite; what it cuts short is [`Verdict::Undecided`], never a pass.

mod bits;
mod budget;
mod by_key;
mod check;
mod counterexample;
mod lanes;
mod operation;
mod search;
mod smallest;
mod specification;
mod verdict;
mod visited;

pub use by_key::check_by_key;
pub use check::check;
pub use counterexample::{Allowed, Counterexample, Numbered, Start};
pub use operation::{Answer, Operation};
pub use smallest::{smallest, smallest_by_key};
pub use specification::Specification;
pub use verdict::{KeyedVerdict, Partition, Refused, Verdict};
