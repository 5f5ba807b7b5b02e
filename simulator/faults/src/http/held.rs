//! A reply that is held until it is whole, for the effects that rewrite its content.

use bytes::{Bytes, BytesMut};

use super::{
    decide::Chosen,
    framing::{Body, Span},
    head::{Headers, ReplyHead},
};
use crate::operations::{self, Schema};

/// Most bytes of content that are held.
const LONGEST_CONTENT: usize = 4 * 1024 * 1024;

/// Parts of a reply that have arrived.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) status: u16,
    head: Bytes,
    is_chunked: bool,
    spans: Vec<Span>,
    length: usize,
}

impl Held {
    /// Begins with the head of a reply; returns it if its body can't be rewritten, which is then recorded.
    pub(super) fn begin(chosen: &Chosen, reply: &ReplyHead, head: Bytes) -> Result<Self, Bytes> {
        let why = match &reply.body {
            _ if chosen.rewriting().next().is_none() => return Err(head),
            Body::Length(0) => Some("the reply has no content"),
            Body::Length(length) if *length > LONGEST_CONTENT as u64 => Some(TOO_LONG),
            _ if !is_json(&reply.headers) => Some("the content of the reply is not JSON"),
            _ if is_coded(&reply.headers) => Some("the content of the reply is compressed"),
            _ => None,
        };
        if let Some(why) = why {
            chosen.rewriting().for_each(|choice| choice.unfit(why));
            return Err(head);
        }
        Ok(Self {
            status: reply.status,
            head,
            is_chunked: matches!(reply.body, Body::Chunked(_)),
            spans: Vec::new(),
            length: 0,
        })
    }

    /// Takes the next part; false if it is too much, after which the reply has to go on as it is.
    pub(super) fn take(&mut self, span: Span, chosen: &Chosen) -> bool {
        if let Span::Content(bytes) = &span {
            self.length += bytes.len();
        }
        self.spans.push(span);
        if self.length > LONGEST_CONTENT {
            chosen.rewriting().for_each(|choice| choice.unfit(TOO_LONG));
            return false;
        }
        true
    }

    /// Returns the head and the parts of the reply as they came.
    pub(super) fn unchanged(self) -> (Bytes, Vec<Span>) {
        (self.head, self.spans)
    }

    /// Returns the head and the parts of the whole reply as the effects leave it.
    pub(super) fn rewritten(self, chosen: &Chosen, schema: Option<Schema<'_>>) -> (Bytes, Vec<Span>) {
        let mut content = BytesMut::with_capacity(self.length);
        for span in &self.spans {
            if let Span::Content(bytes) = span {
                content.extend_from_slice(bytes);
            }
        }
        let Ok(text) = std::str::from_utf8(&content) else {
            let why = "the content of the reply is not JSON";
            chosen.rewriting().for_each(|choice| choice.unfit(why));
            return self.unchanged();
        };
        let mut changed = None;
        for choice in chosen.rewriting() {
            let text = changed.as_deref().unwrap_or(text);
            changed = choice.rewrite(text, schema).or(changed);
        }
        match changed {
            None => self.unchanged(),
            Some(text) => self.with_content(text.into()),
        }
    }

    fn with_content(self, content: Bytes) -> (Bytes, Vec<Span>) {
        if !self.is_chunked {
            return (with_length(&self.head, content.len()), vec![Span::Content(content)]);
        }
        // What frames the end is kept, with its trailers; it begins with the line end of the last chunk.
        let last = self.spans.iter().rposition(|span| matches!(span, Span::Content(_)));
        let mut end = BytesMut::new();
        for span in self.spans.into_iter().skip(last.map_or(0, |last| last + 1)) {
            end.extend_from_slice(&span.into_bytes());
        }
        let size = format!("{:x}\r\n", content.len());
        let spans = vec![
            Span::Frame(size.into()),
            Span::Content(content),
            Span::Frame(end.freeze()),
        ];
        (self.head, spans)
    }
}

const TOO_LONG: &str = "the reply has more than 4 MiB";

fn is_json(headers: &Headers) -> bool {
    headers.values("content-type").any(operations::is_json)
}

fn is_coded(headers: &Headers) -> bool {
    let mut codings = headers.values("content-encoding");
    codings.any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
}

/// Puts a length in the place of the one that a head announces.
fn with_length(head: &[u8], length: usize) -> Bytes {
    let mut changed = BytesMut::with_capacity(head.len() + 8);
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        match line.iter().position(|byte| *byte == b':') {
            Some(colon) if line[..colon].eq_ignore_ascii_case(b"content-length") => {
                changed.extend_from_slice(&line[..=colon]);
                changed.extend_from_slice(format!(" {length}\r\n").as_bytes());
            }
            _ => changed.extend_from_slice(line),
        }
    }
    changed.freeze()
}
