//! A TCP stream that can be cut at a chosen byte.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::simulator::engine::WireFault;

/// The number of bytes of a head that are sent before it is cut. The client sees that a response
/// has begun, but receives no complete status line.
const HEAD_BYTES: usize = 10;

/// The plan for the next response on a connection. The connection and the service that responds on
/// it share the plan.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan(Arc<Mutex<Option<Cut>>>);

#[derive(Debug, Clone, Copy)]
struct Cut {
    fault: WireFault,
    body: usize,
    /// The number of bytes that may still be sent. `None` until the head is written.
    left: Option<usize>,
}

impl Plan {
    /// Cuts the next response, whose body has this many bytes.
    pub(crate) fn set(&self, fault: WireFault, body: usize) {
        let mut plan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *plan = (fault != WireFault::Whole).then_some(Cut {
            fault,
            body,
            left: None,
        });
    }
}

impl Cut {
    /// Returns the number of these bytes that may be sent.
    fn allow(&mut self, bytes: &[u8]) -> usize {
        let body = self.body;
        let fault = self.fault;
        let left = self.left.get_or_insert_with(|| match fault {
            WireFault::Reset => 0,
            WireFault::ResetInHeaders => HEAD_BYTES,
            _ => {
                let head = bytes
                    .windows(4)
                    .position(|window| window == b"\r\n\r\n")
                    .map_or(bytes.len(), |end| end + 4);
                head + body / 2
            }
        });
        (*left).min(bytes.len())
    }
}

/// A TCP stream that follows a [`Plan`].
#[derive(Debug)]
pub(crate) struct FaultyStream {
    stream: TcpStream,
    plan: Plan,
}

impl FaultyStream {
    pub(crate) fn new(stream: TcpStream, plan: Plan) -> Self {
        Self { stream, plan }
    }

    /// Ends the connection as planned.
    fn end(&self, fault: WireFault) -> Poll<io::Result<usize>> {
        match fault {
            // The task is never woken, so the connection stays open.
            WireFault::Stall | WireFault::StallInBody => Poll::Pending,
            WireFault::Truncate | WireFault::Whole => {
                Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
            }
            WireFault::Reset | WireFault::ResetInHeaders | WireFault::ResetInBody => {
                // Closing the socket then sends a reset instead of a normal end.
                drop(self.stream.set_zero_linger());
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
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
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let plan = self.plan.clone();
        let mut plan = plan.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(cut) = plan.as_mut() else {
            drop(plan);
            return Pin::new(&mut self.stream).poll_write(cx, bytes);
        };
        let allowed = cut.allow(bytes);
        if allowed == 0 {
            return self.end(cut.fault);
        }
        let start = bytes.get(..allowed).unwrap_or(bytes);
        let written = Pin::new(&mut self.stream).poll_write(cx, start);
        if let Poll::Ready(Ok(written)) = written {
            cut.left = cut.left.map(|left| left.saturating_sub(written));
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
