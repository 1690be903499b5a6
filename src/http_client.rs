//! The reqwest clients: one that builds requests for the generated code, and others that send them.

mod connect_limit;

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use url::Url;

pub(crate) use connect_limit::send_within;

use crate::error::{Error, Result};

/// Returns the client that builds requests and sends none.
pub(crate) fn request_builder() -> Result<reqwest::Client> {
    static SHARED: OnceLock<reqwest::Client> = OnceLock::new();
    if let Some(client) = SHARED.get() {
        return Ok(client.clone());
    }
    // An error is not cached, so the next call builds a client.
    let client = build_without_tls(Duration::from_secs(1))?;
    Ok(SHARED.get_or_init(|| client).clone())
}

/// Sends requests with reqwest.
#[derive(Debug)]
pub(crate) enum ReqwestClients {
    /// The client of the user's builder.
    Custom(reqwest::Client),
    /// The built-in clients. A client with TLS loads the system's certificates, which takes
    /// milliseconds, so it is built on the first `https` request.
    BuiltIn {
        connect: Duration,
        loopback: bool,
        http: RuntimeClients,
        https: RuntimeClients,
    },
}

impl ReqwestClients {
    /// Builds the client of the user's builder at once, so that `VippsBuilder::build` returns its
    /// errors.
    pub(crate) fn from_builder(builder: reqwest::ClientBuilder) -> Result<Self> {
        with_required_settings(builder).map(Self::Custom)
    }

    pub(crate) fn built_in(connect: Duration, loopback: bool) -> Self {
        Self::BuiltIn {
            connect,
            loopback,
            http: RuntimeClients::default(),
            https: RuntimeClients::default(),
        }
    }

    /// Returns the client for this URL and the current runtime. The first call of each runtime
    /// builds the client.
    pub(crate) fn get(&self, url: &Url) -> Result<reqwest::Client> {
        let runtime = current_runtime()?.id();
        match self {
            Self::Custom(client) => Ok(client.clone()),
            Self::BuiltIn { connect, http, .. } if url.scheme() == "http" => {
                http.get(runtime, || self::build_without_tls(*connect))
            }
            Self::BuiltIn {
                connect,
                loopback,
                https,
                ..
            } => https.get(runtime, || {
                build_built_in(reqwest::Client::builder(), *connect, *loopback)
            }),
        }
    }
}

/// Returns the runtime of the current task.
pub(crate) fn current_runtime() -> Result<Handle> {
    Handle::try_current().map_err(|error| {
        let message = "the call has no tokio runtime, which its connections and time limits need: await it in a tokio \
                    runtime with the I/O and time drivers enabled";
        Error::configuration(message).with_source(error)
    })
}

/// The number of runtimes whose clients are cached. A program has few runtimes, but a test suite
/// has one for each test.
const MAX_RUNTIMES: usize = 64;

/// A cache of one client for each runtime, in the order of their last use.
///
/// hyper runs each connection in a task of the runtime that opened it. A request on a pooled
/// connection of a runtime that is no longer polled would wait until its deadline.
#[derive(Debug, Default)]
pub(crate) struct RuntimeClients(Mutex<Vec<(Id, reqwest::Client)>>);

impl RuntimeClients {
    fn get(
        &self,
        runtime: Id,
        make: impl FnOnce() -> Result<reqwest::Client>,
    ) -> Result<reqwest::Client> {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let client = match clients.iter().rposition(|(id, _)| *id == runtime) {
            Some(at) => clients.remove(at).1,
            // Built under the lock, so that concurrent first calls of a runtime build one client.
            None => make()?,
        };
        if clients.len() == MAX_RUNTIMES {
            clients.remove(0);
        }
        clients.push((runtime, client.clone()));
        Ok(client)
    }
}

/// Builds a client for `http` URLs, which are allowed on loopback only. It loads no certificates
/// and trusts none.
fn build_without_tls(connect: Duration) -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder();
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    let builder = builder.tls_certs_only([]);
    build_built_in(builder, connect, true)
}

/// Builds a built-in client.
fn build_built_in(
    builder: reqwest::ClientBuilder,
    connect: Duration,
    loopback: bool,
) -> Result<reqwest::Client> {
    let mut builder = builder
        .connect_timeout(connect)
        .pool_idle_timeout(Duration::from_secs(30));
    if loopback {
        // A proxy that is set in the environment cannot reach the loopback interface of this
        // machine.
        builder = builder.no_proxy();
    }
    with_required_settings(builder)
}

/// Builds a client with the settings that every client must have so that no payment is sent twice
/// and no key leaks. The documentation of `VippsBuilder::http_client_builder` lists the settings.
fn with_required_settings(builder: reqwest::ClientBuilder) -> Result<reqwest::Client> {
    let builder = builder
        .redirect(reqwest::redirect::Policy::none())
        // By default reqwest resends a request if its HTTP/2 connection shuts down, even one that
        // starts a payment.
        .retry(reqwest::retry::never().max_retries_per_request(0))
        // Another crate may have enabled these features. A compressed response could exceed the
        // size limit in memory.
        .no_brotli()
        .no_deflate()
        .no_gzip()
        .no_zstd()
        .connector_layer(connect_limit::ConnectLimit);
    builder
        .build()
        .map_err(|e| Error::configuration("the HTTP client cannot be built").with_source(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtimes(count: usize) -> Vec<tokio::runtime::Runtime> {
        let make = |_| tokio::runtime::Builder::new_current_thread().build();
        (0..count).map(make).collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn keeps_one_client_for_each_of_the_64_latest_runtimes() {
        let clients = RuntimeClients::default();
        let runtimes = runtimes(MAX_RUNTIMES + 10);
        let mut built = 0;
        let mut get = |runtime: &tokio::runtime::Runtime| {
            let before = built;
            let make = || {
                built += 1;
                request_builder()
            };
            clients.get(runtime.handle().id(), make).unwrap();
            built > before
        };
        for runtime in &runtimes {
            assert!(get(runtime));
            assert!(!get(runtime));
            // The first runtime stays the most recently used one.
            let first = runtimes.first().unwrap();
            assert!(!get(first));
        }
        // The clients of the least recently used runtimes were removed.
        assert!(get(&runtimes[1]));
        assert!(!get(runtimes.last().unwrap()));
        assert_eq!(clients.0.lock().unwrap().len(), MAX_RUNTIMES);
    }

    #[test]
    fn a_failed_construction_is_retried_by_the_next_call() {
        let clients = RuntimeClients::default();
        let runtime = runtimes(1);
        let id = runtime[0].handle().id();
        let failed = clients.get(id, || Err(Error::configuration("no certificates")));
        assert!(failed.is_err());
        assert!(clients.get(id, request_builder).is_ok());
        assert!(
            clients
                .get(id, || Err(Error::configuration("not called")))
                .is_ok()
        );
    }
}
