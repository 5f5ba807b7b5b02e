//! A contract whose implementations mint ids of their own, its model, and an implementation with a switch for
//! each way to be wrong.

use std::{
    borrow::Cow,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use proptest::{prelude::*, sample::select};
use seam::{
    BoxFuture, Carrier, Contract, TransportFailure,
    equivalence::{Cell, Instance, Model, Rule, Suite},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[seam::contract(name = "notes")]
pub(crate) trait Notes: Send + Sync {
    #[write]
    async fn write(&self, text: String) -> Result<Note, NotesError>;
    #[read(key = id)]
    async fn read(&self, id: u64) -> Result<Note, NotesError>;
    #[write(key = id)]
    async fn tear(&self, id: u64) -> Result<(), NotesError>;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) id: u64,
    pub(crate) text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum NotesError {
    #[error("no such note")]
    Absent,
    #[error("torn already")]
    Torn,
    #[error(transparent)]
    Transport(#[from] TransportFailure),
}

impl seam::ContractError for NotesError {
    fn transport(&self) -> Option<&TransportFailure> {
        match self {
            Self::Transport(failure) => Some(failure),
            _ => None,
        }
    }
}

/// Notes by id; the ids begin at 1,000.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Book {
    notes: Vec<(Note, bool)>,
    torn: Vec<Value>,
}

const FIRST: u64 = 1_000;

impl Book {
    fn position(&self, id: u64) -> Option<usize> {
        self.notes.iter().position(|(note, _)| note.id == id)
    }

    fn live(&self, id: u64) -> Result<usize, NotesError> {
        match self.position(id) {
            None => Err(NotesError::Absent),
            Some(at) if self.notes[at].1 => Err(NotesError::Torn),
            Some(at) => Ok(at),
        }
    }
}

impl Book {
    fn tear(&mut self, at: usize) {
        self.notes[at].1 = true;
        self.torn.push(json!({ "torn": self.notes[at].0.text }));
    }
}

impl Model for Book {
    type Contract = dyn Notes;

    fn next_call(&self) -> BoxedStrategy<NotesCall> {
        let write = "[a-z]{1,8}".prop_map(|text| NotesCall::Write { text });
        let mut ids: Vec<u64> = self.notes.iter().map(|(note, _)| note.id).collect();
        // One that never is, and one that is not yet.
        ids.extend([1, FIRST + self.notes.len() as u64]);
        let id = select(ids);
        prop_oneof![
            write,
            id.clone().prop_map(|id| NotesCall::Read { id }),
            id.prop_map(|id| NotesCall::Tear { id }),
        ]
        .boxed()
    }

    fn apply(&mut self, call: &NotesCall) -> NotesReply {
        match call.clone() {
            NotesCall::Write { text } => {
                let id = FIRST + self.notes.len() as u64;
                self.notes.push((Note { id, text }, false));
                NotesReply::Write(Ok(self.notes[self.notes.len() - 1].0.clone()))
            }
            NotesCall::Read { id } => NotesReply::Read(self.live(id).map(|at| self.notes[at].0.clone())),
            NotesCall::Tear { id } => NotesReply::Tear(self.live(id).map(|at| self.tear(at))),
        }
    }

    fn state(&self, call: &NotesCall) -> Cow<'static, str> {
        let (NotesCall::Read { id } | NotesCall::Tear { id }) = call else {
            return "any".into();
        };
        match self.live(*id) {
            Ok(_) => "live",
            Err(NotesError::Torn) => "torn",
            Err(_) => "absent",
        }
        .into()
    }

    fn reachable() -> Vec<Cell> {
        Cell::table(&[
            ("any", "write", "ok"),
            ("live", "read", "ok"),
            ("live", "tear", "ok"),
            ("torn", "read", "Torn"),
            ("torn", "tear", "Torn"),
            ("absent", "read", "Absent"),
            ("absent", "tear", "Absent"),
        ])
    }

    fn effects(&self) -> Vec<Value> {
        self.torn.clone()
    }
}

/// Defect of an implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Nowhere,
    /// The third note is written over the first.
    ThirdOverFirst,
    /// A torn note can still be read.
    TornIsRead,
    /// A torn page is not recorded.
    EffectLost,
    /// A torn page is not recorded until the second time that somebody looks.
    EffectLate,
    /// Tearing an absent note panics.
    Panics,
    /// Tearing an absent note never answers.
    Hangs,
    /// Reading gives the note another id than writing did.
    OtherId,
    /// Every note is written under the same id.
    OneIdForAll,
}

/// An implementation with ids of its own.
pub(crate) struct Pad {
    wrong: Wrong,
    book: Mutex<Book>,
    torn: Mutex<Vec<Value>>,
    was_looked_at: AtomicBool,
}

impl Pad {
    fn answer(&self, call: NotesCall) -> NotesReply {
        let mut book = self.book.lock().unwrap();
        let call = own(call, |id| id ^ 0xff_0000);
        let reply = match (&call, self.wrong) {
            (NotesCall::Read { id }, Wrong::TornIsRead) if book.position(*id).is_some() => {
                let at = book.position(*id).unwrap();
                NotesReply::Read(Ok(book.notes[at].0.clone()))
            }
            (NotesCall::Tear { id }, Wrong::Panics) if book.position(*id).is_none() => panic!("nothing to tear"),
            (NotesCall::Write { text }, Wrong::ThirdOverFirst) if book.notes.len() == 2 => {
                book.notes[0].0.text.clone_from(text);
                book.apply(&call)
            }
            _ => book.apply(&call),
        };
        if let (NotesCall::Tear { id }, NotesReply::Tear(Ok(())), true) =
            (&call, &reply, self.wrong != Wrong::EffectLost)
        {
            let at = book.position(*id).unwrap();
            self.torn.lock().unwrap().push(json!({ "torn": book.notes[at].0.text }));
        }
        named(reply, self.wrong)
    }
}

/// The same call with the pad's own ids.
fn own(call: NotesCall, id: impl Fn(u64) -> u64) -> NotesCall {
    match call {
        NotesCall::Read { id: known } => NotesCall::Read { id: id(known) },
        NotesCall::Tear { id: known } => NotesCall::Tear { id: id(known) },
        write @ NotesCall::Write { .. } => write,
    }
}

fn named(reply: NotesReply, wrong: Wrong) -> NotesReply {
    let name = |note: Note, more: u64| Note {
        id: (note.id ^ 0xff_0000) + more,
        text: note.text,
    };
    match reply {
        NotesReply::Write(note) if wrong == Wrong::OneIdForAll => {
            NotesReply::Write(note.map(|note| name(Note { id: FIRST, ..note }, 0)))
        }
        NotesReply::Write(note) => NotesReply::Write(note.map(|note| name(note, 0))),
        NotesReply::Read(note) => NotesReply::Read(note.map(|note| name(note, u64::from(wrong == Wrong::OtherId)))),
        NotesReply::Tear(torn) => NotesReply::Tear(torn),
    }
}

impl Carrier<dyn Notes> for Pad {
    fn carry(&self, call: NotesCall) -> BoxFuture<'_, NotesReply> {
        Box::pin(async move {
            if let (NotesCall::Tear { id: 1 }, Wrong::Hangs) = (&call, self.wrong) {
                std::future::pending::<()>().await;
            }
            self.answer(call)
        })
    }
}

/// A pad that says nothing of what it tore.
pub(crate) fn bare(wrong: Wrong) -> Arc<dyn Notes> {
    <dyn Notes>::via(new(wrong))
}

/// An opened pad that says what it tore.
pub(crate) fn pad(wrong: Wrong) -> Instance<dyn Notes> {
    let pad = new(wrong);
    let said = Arc::clone(&pad);
    Instance::new(<dyn Notes>::via(pad)).with_effects(move || {
        let is_first = !said.was_looked_at.swap(true, SeqCst);
        let torn = match said.wrong {
            Wrong::EffectLate if is_first => Vec::new(),
            _ => said.torn.lock().unwrap().clone(),
        };
        async move { Ok::<_, String>(torn) }
    })
}

fn new(wrong: Wrong) -> Arc<Pad> {
    Arc::new(Pad {
        wrong,
        book: Mutex::default(),
        torn: Mutex::default(),
        was_looked_at: AtomicBool::new(false),
    })
}

/// A suite with a pad that is right and one that is wrong.
pub(crate) fn suite(wrong: Wrong) -> Suite<Book> {
    Suite::new("notes", Book::default())
        .rule(Rule::renamed("id", "notes", "each pad counts for itself"))
        .settling(std::time::Duration::from_millis(20))
        .subject("right", || async { Ok::<_, String>(pad(Wrong::Nowhere)) })
        .subject("wrong", move || async move { Ok::<_, String>(pad(wrong)) })
}
