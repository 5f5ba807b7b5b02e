//! Strict verification of a running provider against its pacts.
//!
//! pact_models reads the pacts, and pact_matching compares the replies. This crate sends the requests, and adds
//! what pact_verifier leaves open: the interactions are counted from the files and every one of them has to be
//! verified; nothing to verify is never green; a `pending` flag in a file is refused, and so is what can't be judged
//! here (`LIMITS.md`); a message counts only if its source answered with success; every state that was set up is torn
//! down, also after a failure. No usage data is sent to anybody: pact_verifier, which would, is not linked.

mod broker;
mod difference;
mod encoding;
mod http_provider;
mod interaction;
mod judge;
pub mod mutate;
mod numbers;
mod open_states;
mod problem;
mod provider;
pub mod report;
mod request;
mod selection;
mod serve;
mod text_rules;
mod verification;
mod verify;

pub use broker::{Broker, BrokerError, BrokerPact, Token};
pub use difference::{Difference, Part};
pub use http_provider::HttpProvider;
pub use open_states::Interrupted;
pub use problem::Problem;
pub use provider::{Message, Provider, ProviderError, Values};
pub use selection::{Filter, Selection};
pub use serve::serve;
pub use verification::{ConsumerResult, InteractionResult, Outcome, Stage, Verdict, Verification};
pub use verify::{verify, verify_interruptibly};
