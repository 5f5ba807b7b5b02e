use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use crate::{JournalError, journal::Journal};

/// Largest number of messages kept.
const CAPACITY: usize = 100_000;

/// A message as one recipient's mailbox keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The header `Message-ID`; a generated id if the message has none.
    pub id: String,
    /// Recipient in the envelope.
    pub to: String,
    /// Sender in the envelope.
    pub from: String,
    /// The header `Subject` as it was sent.
    pub subject: String,
    /// Headers by lower-case name, unfolded; repeated ones are joined with a comma.
    pub headers: BTreeMap<String, String>,
    /// Text after the headers, not decoded, with lines ended by LF.
    pub body: String,
    /// Number of deliveries. Only the first was kept.
    pub deliveries: u64,
}

/// Failure to keep a message.
#[derive(Debug, thiserror::Error)]
pub(super) enum DeliveryError {
    #[error("mailbox is full")]
    Capacity,
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// All mailboxes. A message is kept once `deliver` has returned for it.
#[derive(Debug)]
pub(super) struct Mailbox(Mutex<Contents>);

#[derive(Debug)]
struct Contents {
    journal: Journal<Message>,
    messages: Vec<Message>,
    indices: HashMap<(String, String), usize>,
    /// Number of deliveries to date, those in the journal included.
    deliveries: u64,
}

impl Mailbox {
    pub(super) fn open(data: Option<&Path>) -> Result<Self, JournalError> {
        let (journal, kept) = Journal::open(data, "mail-sink.jsonl")?;
        let mut contents = Contents {
            journal,
            messages: Vec::new(),
            indices: HashMap::new(),
            deliveries: 0,
        };
        kept.into_iter().for_each(|message| contents.take(message));
        Ok(Self(Mutex::new(contents)))
    }

    /// Keeps a message for each recipient, or fails and keeps it for none of them.
    pub(super) fn deliver(&self, from: &str, recipients: &[String], data: &[u8]) -> Result<(), DeliveryError> {
        let (headers, body) = split(&String::from_utf8_lossy(data));
        let mut contents = self.lock();
        let id = headers
            .get("message-id")
            .cloned()
            .unwrap_or_else(|| format!("<{}@outside>", contents.deliveries));
        let message = |to: &String| Message {
            id: id.clone(),
            to: to.clone(),
            from: from.to_owned(),
            subject: headers.get("subject").cloned().unwrap_or_default(),
            headers: headers.clone(),
            body: body.clone(),
            deliveries: 1,
        };
        let messages: Vec<Message> = recipients.iter().map(message).collect();
        if contents.messages.len() + messages.len() > CAPACITY {
            return Err(DeliveryError::Capacity);
        }
        contents.journal.append(&messages)?;
        messages.into_iter().for_each(|message| contents.take(message));
        Ok(())
    }

    /// Returns the kept messages, oldest first: those of the recipient `to`, or all of them.
    pub(super) fn messages(&self, to: Option<&str>) -> Vec<Message> {
        self.lock()
            .messages
            .iter()
            .filter(|message| to.is_none_or(|to| message.to == to))
            .cloned()
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    fn take(&mut self, message: Message) {
        self.deliveries += 1;
        let next = self.messages.len();
        let index = *self
            .indices
            .entry((message.to.clone(), message.id.clone()))
            .or_insert(next);
        match self.messages.get_mut(index) {
            Some(known) => known.deliveries += 1,
            None => self.messages.push(message),
        }
    }
}

fn split(text: &str) -> (BTreeMap<String, String>, String) {
    let text = text.replace("\r\n", "\n");
    let (head, body) = match text.strip_prefix('\n') {
        Some(body) => ("", body),
        None => text.split_once("\n\n").unwrap_or((&text, "")),
    };
    let unfolded = head.replace("\n ", " ").replace("\n\t", " ");
    let mut headers = BTreeMap::<String, String>::new();
    for (name, value) in unfolded.lines().filter_map(|line| line.split_once(':')) {
        headers
            .entry(name.trim().to_ascii_lowercase())
            .and_modify(|known| *known = format!("{known}, {}", value.trim()))
            .or_insert_with(|| value.trim().to_owned());
    }
    (headers, body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_unfolded_and_the_body_begins_after_the_first_empty_line() {
        let (headers, body) = split("Subject: one\r\n two\r\nX-A: 1\r\nx-a: 2\r\n\r\nfirst\r\n\r\nsecond: line\r\n");

        assert_eq!(headers.get("subject").map(String::as_str), Some("one two"));
        assert_eq!(headers.get("x-a").map(String::as_str), Some("1, 2"));
        assert_eq!(body, "first\n\nsecond: line\n");
    }
}
