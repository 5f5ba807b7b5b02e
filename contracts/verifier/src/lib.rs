//! Verifies a running provider against its pacts, strictly.
//!
//! pact_verifier sends the requests and matches the answers. What stands around it here is what it leaves open: which interactions there
//! are is computed from the files and every one of them has to be verified; nothing to verify is never green; a `pending` flag in a file
//! is refused; a message counts only if its source said that it succeeded; whatever was set up is torn down, also after a failure.
//! No usage data is sent to anybody: the entry point that would send it is not used.

mod broker;
mod difference;
mod http_provider;
mod interaction;
pub mod mutate;
mod problem;
mod provider;
pub mod report;
mod selection;
mod serve;
mod verification;
mod verify;

pub use broker::{Broker, BrokerError, BrokerPact, Token};
pub use difference::{Difference, Part};
pub use http_provider::HttpProvider;
pub use problem::Problem;
pub use provider::{Message, Provider, Values};
pub use selection::{Filter, Selection};
pub use serve::serve;
pub use verification::{Checked, ConsumerResult, Outcome, Stage, Verdict, Verification};
pub use verify::verify;
