//! SQL: payments, refunds, the ledger, and what is due. Everything that writes takes part in the caller's write.

mod due;
mod ledger;
mod payments;
mod refunds;
mod schema;

pub(crate) use due::{Due, Work, due};
pub(crate) use ledger::book;
pub(crate) use payments::{Origin, Record, Settlement, find, insert, list, load, reserve_refund, save};
pub(crate) use refunds::{
    RefundRecord, answer_refund, find_refund, give_back, give_up, insert_refund, load_refund, postpone_refund,
};
pub(crate) use schema::MIGRATIONS;
