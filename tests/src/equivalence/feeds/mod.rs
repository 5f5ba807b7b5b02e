//! The ways from a module's log to its consumers, as subjects of one suite: whatever the way, and whatever
//! breaks on it, each event takes effect once and in order.
//!
//! A [`History`] is drawn and applied to one module and to one consumer per [`Adapter`]. When everything has
//! settled, the suite judges the log, the replies that each consumer read, its effects and its dead letters.

mod adapter;
mod channel;
mod commit;
mod consumer;
mod cut;
mod databases;
mod failure;
mod history;
mod judge;
mod log;
pub mod planted;
mod process;
mod recorder;
mod run;
mod site;
mod suite;
mod tally;
mod violation;
mod watched;

pub use adapter::{ADAPTERS, Adapter, BROKER, Connect, broker, local, router, tcp};
pub use commit::{Commit, Store, with_the_change};
pub use cut::Cut;
pub use failure::{Counterexample, Failure};
pub use history::{Harm, History, Point, Step, Write};
pub use log::{Answer, Log};
pub use process::End;
pub use recorder::{Application, Apply, Strike, in_one_write, insert};
pub use site::{Port, Site};
pub use suite::{Report, Subject, Suite};
pub use tally::Tally;
pub use violation::{Property, Violation};
