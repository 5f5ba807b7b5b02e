use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// One line of an SMTP conversation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The line with its end, CRLF or a bare LF.
    Whole(Vec<u8>),
    /// A line over the limit, which was read to its end and dropped.
    TooLong,
    /// The peer has hung up.
    End,
}

/// Reads one line of at most `limit` bytes, its end included. Never holds more than that in memory.
pub(super) async fn read_line<R: AsyncBufRead + Unpin>(reader: &mut R, limit: usize) -> io::Result<Line> {
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        let available = reader.fill_buf().await?;
        if available.is_empty() {
            return Ok(Line::End);
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(available.len(), |index| index + 1);
        if line.len() + taken > limit {
            too_long = true;
            line.clear();
        }
        if !too_long {
            line.extend_from_slice(available.get(..taken).unwrap_or_default());
        }
        reader.consume(taken);
        match (end, too_long) {
            (Some(_), true) => return Ok(Line::TooLong),
            (Some(_), false) => return Ok(Line::Whole(line)),
            (None, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_over_the_limit_is_dropped_and_the_next_one_is_read() {
        let mut input: &[u8] = b"NOOP too long for it\r\nQUIT\r\nrest";

        let lines = [
            read_line(&mut input, 10).await.expect("memory can be read"),
            read_line(&mut input, 10).await.expect("memory can be read"),
            read_line(&mut input, 10).await.expect("memory can be read"),
        ];

        assert_eq!(lines, [Line::TooLong, Line::Whole(b"QUIT\r\n".to_vec()), Line::End]);
    }
}
