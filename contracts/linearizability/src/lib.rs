//! Checks whether a history of concurrent calls is linearizable, and minimizes one that is not.
//!
//! A history is *linearizable* if its operations can be put into one order in which each takes effect at one
//! moment between its invocation and its response, and in which a sequential [`Specification`] gives the
//! responses that were recorded (Herlihy and Wing, 1990). A pending operation, one without a response, may have
//! taken effect at any moment after its invocation, or never.
//!
//! - [`check()`] decides this for a whole history, [`check_partitioned`] for each key apart.
//! - [`minimize()`] and [`minimize_partitioned`] reduce a history that is not linearizable to a
//!   [`Counterexample`], which prints as one lane for each caller.
//!
//! ```
//! use linearizability::{Operation, Response, Specification, check, minimize};
//!
//! struct Register;
//!
//! #[derive(Clone, Debug)]
//! enum Call { Write(u32), Read }
//!
//! impl Specification for Register {
//!     type Call = Call;
//!     type Reply = u32;
//!     type State = u32;
//!
//!     fn initial(&self) -> u32 { 0 }
//!
//!     fn apply(&self, state: &mut u32, call: &Call) -> u32 {
//!         if let Call::Write(value) = call { *state = *value }
//!         *state
//!     }
//! }
//!
//! let operation = |caller, invoked, call, at, reply| Operation {
//!     caller, invoked, call, response: Some(Response { at, reply }),
//! };
//! let stale_read = [operation(0, 1, Call::Write(7), 2, 7), operation(1, 3, Call::Read, 4, 0)];
//!
//! assert!(!check(&Register, &stale_read).is_linearizable());
//! println!("{}", minimize(&Register, &stale_read).expect("it is not linearizable"));
//! ```
//!
//! # Search
//!
//! The search is Wing and Gong's (1993) with Lowe's memory of visited configurations (2017), extended to
//! pending operations. The problem is NP-complete. Four things keep it fast: reads do not branch; keys are checked
//! apart (P-compositionality; Horn and Kroening, 2015); calls are tried in the order of their answers; and where
//! that is not enough, the replies of the reads to come show which call was next. Histories of fifty callers and
//! 1,900 calls are decided, most of them in tens of milliseconds (`cargo bench --bench crowd`).
//! [`Specification::limit`] keeps it finite; a search that reaches it ends as [`Verdict::Undecided`], never as a pass.

mod bits;
mod budget;
mod check;
mod counterexample;
mod dead_ends;
mod descent;
mod lanes;
mod minimize;
mod operation;
mod partition;
mod placed;
mod search;
mod specification;
mod verdict;

pub use check::check;
pub use counterexample::{Allowed, Counterexample, Start};
pub use minimize::{minimize, minimize_partitioned};
pub use operation::{Numbered, Operation, Response};
pub use partition::check_partitioned;
pub use specification::Specification;
pub use verdict::{PartitionedVerdict, Partitioning, Refused, Verdict};
