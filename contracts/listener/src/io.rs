use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::{limits::PATIENCE, watch::Watch};

/// The socket of a connection, which tells the watch of every byte.
pub(crate) struct Watched {
    stream: TcpStream,
    watch: Arc<Watch>,
    /// Bytes that were read after the shutdown and thrown away.
    thrown: usize,
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let read = buffer.filled().len() - before;
        if read > 0 {
            self.watch.read(read);
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.heard(&polled);
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.heard(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper flushes the socket when its own buffer is empty.
        self.watch.flushed();
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Also reads on where the rest of a request was refused: closed with unread bytes, a socket sends a reset, which
    /// may overtake the answer (RFC 9112 section 9.6). The watch limits the time.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        let mut room = [0; 4096];
        while self.watch.is_leftover() && self.thrown < PATIENCE {
            let mut buffer = ReadBuf::new(&mut room);
            ready!(self.as_mut().poll_read(cx, &mut buffer))?;
            match buffer.filled().len() {
                0 => break,
                read => self.thrown += read,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Watched {
    pub(crate) fn new(stream: TcpStream, watch: Arc<Watch>) -> Self {
        Self {
            stream,
            watch,
            thrown: 0,
        }
    }

    fn heard(&self, polled: &Poll<io::Result<usize>>) {
        if matches!(polled, Poll::Ready(Ok(written)) if *written > 0) {
            self.watch.wrote();
        }
    }
}
