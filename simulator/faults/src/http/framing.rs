//! The body of a message: which of its bytes are content and which only frame it, and where it ends.

use bytes::{Bytes, BytesMut};

/// Rest of a body that has not been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    /// This many bytes are left.
    Length(u64),
    Chunked(Chunks),
    /// All bytes up to the end of the connection.
    ToEnd,
}

/// Place in a body in chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chunks {
    /// In the line with a chunk's size; extensions follow the digits.
    Size {
        size: u64,
        digits: u8,
        in_extension: bool,
    },
    /// This many bytes of content are left in a chunk.
    Content(u64),
    /// In the line end behind a chunk.
    LineEnd,
    /// In the lines behind the last chunk.
    Trailer {
        line_is_empty: bool,
    },
    Done,
}

/// Part of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Span {
    Content(Bytes),
    /// Sizes, line ends and trailers of chunks.
    Frame(Bytes),
}

/// Bytes that no body in chunks can have.
#[derive(Debug)]
pub(crate) struct NotChunked;

impl Span {
    pub(crate) fn into_bytes(self) -> Bytes {
        match self {
            Self::Content(bytes) | Self::Frame(bytes) => bytes,
        }
    }
}

impl Body {
    pub(crate) const EMPTY: Self = Self::Length(0);
    pub(crate) const CHUNKED: Self = Self::Chunked(Chunks::Size {
        size: 0,
        digits: 0,
        in_extension: false,
    });

    pub(crate) fn is_whole(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunks::Done))
    }

    /// Takes the next part off; `None` if the body is whole or nothing is there.
    pub(crate) fn take(&mut self, bytes: &mut BytesMut) -> Result<Option<Span>, NotChunked> {
        if bytes.is_empty() || self.is_whole() {
            return Ok(None);
        }
        let span = match self {
            Self::ToEnd => Span::Content(bytes.split().freeze()),
            Self::Length(left) | Self::Chunked(Chunks::Content(left)) => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= length as u64;
                Span::Content(bytes.split_to(length).freeze())
            }
            Self::Chunked(chunks) => {
                let length = chunks.frame(bytes)?;
                Span::Frame(bytes.split_to(length).freeze())
            }
        };
        if let Self::Chunked(chunks @ Chunks::Content(0)) = self {
            *chunks = Chunks::LineEnd;
        }
        Ok(Some(span))
    }
}

impl Chunks {
    /// Goes through bytes that are not content; returns how many they are.
    fn frame(&mut self, bytes: &[u8]) -> Result<usize, NotChunked> {
        for (place, byte) in bytes.iter().enumerate() {
            if matches!(self, Self::Content(_) | Self::Done) {
                return Ok(place);
            }
            *self = self.next(*byte)?;
        }
        Ok(bytes.len())
    }

    fn next(self, byte: u8) -> Result<Self, NotChunked> {
        let next = match (self, byte) {
            (Self::Size { digits: 0, .. }, b'\n' | b'\r' | b';') => return Err(NotChunked),
            (Self::Size { size: 0, .. }, b'\n') => Self::Trailer { line_is_empty: true },
            (Self::Size { size, .. }, b'\n') => Self::Content(size),
            (Self::Size { in_extension: true, .. }, _) => self,
            (Self::Size { size, digits, .. }, b'\r' | b';' | b' ' | b'\t') => Self::Size {
                size,
                digits,
                in_extension: true,
            },
            (Self::Size { size, digits, .. }, byte) => {
                let digit = char::from(byte).to_digit(16).ok_or(NotChunked)?;
                // More digits would not fit.
                if digits == 15 {
                    return Err(NotChunked);
                }
                Self::Size {
                    size: size * 16 + u64::from(digit),
                    digits: digits + 1,
                    in_extension: false,
                }
            }
            (Self::LineEnd, b'\r') => self,
            (Self::LineEnd, b'\n') => Self::Size {
                size: 0,
                digits: 0,
                in_extension: false,
            },
            (Self::LineEnd, _) => return Err(NotChunked),
            (Self::Trailer { line_is_empty: true }, b'\n') => Self::Done,
            (Self::Trailer { .. }, b'\n') => Self::Trailer { line_is_empty: true },
            (Self::Trailer { .. }, b'\r') => self,
            (Self::Trailer { .. }, _) => Self::Trailer { line_is_empty: false },
            (Self::Content(_) | Self::Done, _) => self,
        };
        Ok(next)
    }
}
