//! The outside world as nodes: a payment provider, a mail server and a push endpoint that keep what they were given.
//!
//! Each is a binary of its own (`payment-provider`, `mail-sink`, `push-sink`) and can be started in process by a test. With a data
//! folder, whatever was acknowledged survives a kill of the process (not a power cut: nothing is synced to the disk).

mod host;
mod journal;
mod mail;
mod node;
mod provider;
mod push;

pub use journal::JournalError;
pub use mail::{MailSink, Message};
pub use node::{MailOptions, NodeError, Options, announce, bind, exit_code, stopped};
pub use provider::{Ledger, LedgerCharge, Operation, OperationKind, OperationStatus, PaymentProvider};
pub use push::{Push, PushSink};
