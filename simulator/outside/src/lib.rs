//! The outside world as nodes: a payment provider, a mail server and a push endpoint that keep all they receive; and
//! somebody who holds the lock of a database.
//!
//! Each has a binary of its own (`payment-provider`, `mail-sink`, `push-sink`, `database-locker`), and a test can start
//! it in process. With a data folder, acknowledged data survives a kill of the process, but not a power cut, because
//! the disk is not synced.

mod host;
mod journal;
mod lock;
mod mail;
mod node;
mod provider;
mod push;

pub use journal::JournalError;
pub use lock::{DatabaseLocker, HeldLock};
pub use mail::{MailSink, Message};
pub use node::{LockerOptions, MailOptions, NodeError, Options, announce, bind, exit_code, stopped};
pub use provider::{Ledger, LedgerCharge, Operation, OperationKind, OperationStatus, PaymentProvider};
pub use push::{Push, PushSink};
