//! The reqwest clients: one that builds requests for the generated code, and those that send.

mod connect_limit;

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use url::Url;

pub(crate) use connect_limit::send_within;

use crate::error::{Error, Result};

/// Returns the client that builds requests and sends none.
pub(crate) fn requests() -> Result<reqwest::Client> {
    static SHARED: OnceLock<reqwest::Client> = OnceLock::new();
    if let Some(client) = SHARED.get() {
        return Ok(client.clone());
    }
    // Only a client is kept. An error is returned to this caller, and the next caller tries again.
    let client = plain(Duration::from_secs(1))?;
    Ok(SHARED.get_or_init(|| client).clone())
}

/// Sends requests with reqwest.
#[derive(Debug)]
pub(crate) enum ReqwestClients {
    /// The client that the caller's builder made.
    Given(reqwest::Client),
    /// The built-in clients. A client that speaks TLS reads the certificates of the system, which takes milliseconds,
    /// so that it is made only for the URLs that need it.
    BuiltIn {
        connect: Duration,
        loopback: bool,
        plain: RuntimeClients,
        secure: RuntimeClients,
    },
}

impl ReqwestClients {
    /// Builds the client of the caller at once, so that the caller sees its errors at once.
    pub(crate) fn made_by(builder: reqwest::ClientBuilder) -> Result<Self> {
        safe(builder).map(Self::Given)
    }

    pub(crate) fn built_in(connect: Duration, loopback: bool) -> Self {
        Self::BuiltIn {
            connect,
            loopback,
            plain: RuntimeClients::default(),
            secure: RuntimeClients::default(),
        }
    }

    /// Returns the client for this URL and the current runtime. The first call of each runtime makes the client.
    pub(crate) fn get(&self, url: &Url) -> Result<reqwest::Client> {
        let runtime = runtime()?.id();
        match self {
            Self::Given(client) => Ok(client.clone()),
            Self::BuiltIn { connect, plain, .. } if url.scheme() == "http" => {
                plain.get(runtime, || self::plain(*connect))
            }
            Self::BuiltIn {
                connect,
                loopback,
                secure,
                ..
            } => secure.get(runtime, || {
                own(reqwest::Client::builder(), *connect, *loopback)
            }),
        }
    }
}

/// Returns the runtime of the current task.
pub(crate) fn runtime() -> Result<Handle> {
    Handle::try_current().map_err(|error| {
        let what = "the call has no tokio runtime, which its connections and time limits need: await it in a tokio \
                    runtime with its I/O and time drivers enabled";
        Error::configuration(what).with_source(error)
    })
}

/// The most runtimes whose clients are kept. A program has few runtimes at a time, but a test suite makes one a test.
const MAX_RUNTIMES: usize = 64;

/// One client for each runtime, the client that was used last at the end.
///
/// hyper runs each connection in a task of the runtime that opened it. A request on a pooled connection of a runtime
/// that is no longer polled would wait until its deadline.
#[derive(Debug, Default)]
pub(crate) struct RuntimeClients(Mutex<Vec<(Id, reqwest::Client)>>);

impl RuntimeClients {
    fn get(
        &self,
        runtime: Id,
        make: impl FnOnce() -> Result<reqwest::Client>,
    ) -> Result<reqwest::Client> {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = clients.iter().rposition(|(id, _)| *id == runtime) {
            if let Some(used) = clients.get_mut(at..) {
                used.rotate_left(1);
            }
        } else {
            // Made under the lock, so that the first calls of a runtime make one client between them.
            let client = make()?;
            if clients.len() == MAX_RUNTIMES {
                clients.remove(0);
            }
            clients.push((runtime, client));
        }
        let client = clients.last().map(|(_, client)| client.clone());
        client.ok_or_else(|| Error::configuration("the HTTP client is missing"))
    }
}

/// For URLs without TLS, which are allowed on loopback only: it trusts nobody and reads no certificate.
fn plain(connect: Duration) -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder();
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    let builder = builder.tls_certs_only([]);
    own(builder, connect, true)
}

/// A built-in client.
fn own(
    builder: reqwest::ClientBuilder,
    connect: Duration,
    loopback: bool,
) -> Result<reqwest::Client> {
    let mut builder = builder
        .connect_timeout(connect)
        .pool_idle_timeout(Duration::from_secs(30));
    if loopback {
        // A proxy of the environment has no way to this machine's loopback.
        builder = builder.no_proxy();
    }
    safe(builder)
}

/// Adds the settings that every client needs so that money is safe. The documentation of
/// `VippsBuilder::http_client_builder` lists them.
fn safe(builder: reqwest::ClientBuilder) -> Result<reqwest::Client> {
    let builder = builder
        .redirect(reqwest::redirect::Policy::none())
        // reqwest would send a request again whose HTTP/2 connection is going away, a payment's too.
        .retry(reqwest::retry::never().max_retries_per_request(0))
        // Another crate may have switched these on for the whole tree; a small response stays small.
        .no_brotli()
        .no_deflate()
        .no_gzip()
        .no_zstd()
        .connector_layer(connect_limit::ConnectLimit);
    builder
        .build()
        .map_err(|e| Error::configuration("the HTTP client cannot be made").with_source(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtimes(count: usize) -> Vec<tokio::runtime::Runtime> {
        let make = |_| tokio::runtime::Builder::new_current_thread().build();
        (0..count).map(make).collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn each_runtime_has_one_client_up_to_the_limit() {
        let clients = RuntimeClients::default();
        let runtimes = runtimes(MAX_RUNTIMES + 10);
        let mut made = 0;
        let mut get = |runtime: &tokio::runtime::Runtime| {
            let before = made;
            let make = || {
                made += 1;
                requests()
            };
            clients.get(runtime.handle().id(), make).unwrap();
            made > before
        };
        for runtime in &runtimes {
            assert!(get(runtime));
            assert!(!get(runtime));
            // The first runtime stays in use.
            let first = runtimes.first().unwrap();
            assert!(!get(first));
        }
        // The runtimes that were used least recently have lost their clients.
        assert!(get(&runtimes[1]));
        assert!(!get(runtimes.last().unwrap()));
        assert_eq!(clients.0.lock().unwrap().len(), MAX_RUNTIMES);
    }

    #[test]
    fn a_failed_construction_is_tried_again() {
        let clients = RuntimeClients::default();
        let runtime = runtimes(1);
        let id = runtime[0].handle().id();
        let failed = clients.get(id, || Err(Error::configuration("no certificates")));
        assert!(failed.is_err());
        assert!(clients.get(id, requests).is_ok());
        assert!(
            clients
                .get(id, || Err(Error::configuration("not called")))
                .is_ok()
        );
    }
}
