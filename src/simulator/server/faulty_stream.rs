//! A TCP stream that resets the connection within a response, or sends the response slowly.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use crate::simulator::engine::Transmission;

/// The number of pieces of a response that is sent slowly.
const PIECES: u32 = 20;

/// The transmission of the next response on a connection, and the length of its body. The
/// connection and the service that responds on it share this value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan(Arc<Mutex<Option<(Transmission, usize)>>>);

impl Plan {
    /// Sets the transmission of the next response, whose body has this many bytes.
    pub(crate) fn set(&self, transmission: Transmission, body: usize) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((transmission, body));
    }

    /// Returns the progress of a new response, whose first bytes these are. `None` if the response
    /// has already started.
    fn start(&self, bytes: &[u8]) -> Option<Progress> {
        let mut plan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (transmission, body) = plan.take()?;
        let mut windows = bytes.windows(4);
        let head = windows.position(|window| window == b"\r\n\r\n");
        let head = head.map_or(bytes.len(), |end| end + 4);
        Some(match transmission {
            Transmission::Lost => Progress::ResetAfter(0),
            Transmission::Reset => Progress::ResetAfter(head + body / 2),
            Transmission::Slow(time) => Progress::Slow {
                piece: (head + body).div_ceil(PIECES as usize),
                pause: time / PIECES,
                sleep: None,
            },
            // Nothing is written for a stalled response.
            Transmission::Complete | Transmission::Stalled => Progress::Whole,
        })
    }
}

/// The rest of a response.
#[derive(Debug)]
enum Progress {
    Whole,
    /// The connection is reset after this many bytes.
    ResetAfter(usize),
    /// Each piece is sent after a pause.
    Slow {
        piece: usize,
        pause: Duration,
        sleep: Option<Pin<Box<Sleep>>>,
    },
}

/// A TCP stream that follows a [`Plan`].
#[derive(Debug)]
pub(crate) struct FaultyStream {
    stream: TcpStream,
    plan: Plan,
    progress: Progress,
}

impl FaultyStream {
    pub(crate) fn new(stream: TcpStream, plan: Plan) -> Self {
        Self {
            stream,
            plan,
            progress: Progress::Whole,
        }
    }
}

impl AsyncRead for FaultyStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for FaultyStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(progress) = this.plan.start(bytes) {
            this.progress = progress;
        }
        let stream = Pin::new(&mut this.stream);
        match &mut this.progress {
            Progress::Whole => stream.poll_write(cx, bytes),
            Progress::ResetAfter(0) => {
                // Closing the socket then sends a reset instead of a normal end.
                drop(stream.set_zero_linger());
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            Progress::ResetAfter(left) => {
                let written = ready!(stream.poll_write(cx, start_of(bytes, *left)))?;
                *left -= written;
                Poll::Ready(Ok(written))
            }
            Progress::Slow {
                piece,
                pause,
                sleep: current,
            } => {
                let pending = current.get_or_insert_with(|| Box::pin(sleep(*pause)));
                ready!(pending.as_mut().poll(cx));
                let written = ready!(stream.poll_write(cx, start_of(bytes, *piece)))?;
                *current = None;
                Poll::Ready(Ok(written))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

fn start_of(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(..length).unwrap_or(bytes)
}
