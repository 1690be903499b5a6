//! Ctrl-C and its like, as something to wait for.

use std::io;

use tokio::sync::watch;

/// Whether this program is asked to stop.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens from now on: to Ctrl-C and a request to terminate, and in a terminal also to its window being closed.
    pub(crate) fn listen() -> io::Result<Self> {
        let asked = signals()?;
        let (tell, told) = watch::channel(false);
        tokio::spawn(async move {
            asked.await;
            let _ = tell.send(true);
        });
        Ok(Self(told))
    }

    /// Waits until this program is asked to stop.
    pub(crate) async fn wanted(&self) {
        let mut told = self.0.clone();
        if told.wait_for(|stop| *stop).await.is_err() {
            // The task ended and nobody has asked.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(unix)]
fn signals() -> io::Result<impl Future<Output = ()>> {
    use std::io::IsTerminal as _;
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    // Somewhere else it may be ignored on purpose, as `nohup` does.
    let mut hangup = if io::stdout().is_terminal() {
        Some(signal(SignalKind::hangup())?)
    } else {
        None
    };
    Ok(async move {
        let closed = async {
            match &mut hangup {
                Some(hangup) => drop(hangup.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = closed => {}
        }
    })
}

#[cfg(not(unix))]
fn signals() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
