//! The reqwest clients: one that builds the requests that generated code leaves to reqwest, and those that send.

mod connect_limit;

use std::sync::OnceLock;
use std::time::Duration;

use url::Url;

pub(crate) use connect_limit::when_time_is_up;

use crate::error::{Error, Result};

/// Builds requests and sends none.
pub(crate) fn requests() -> Result<reqwest::Client> {
    static SHARED: OnceLock<Result<reqwest::Client>> = OnceLock::new();
    SHARED.get_or_init(|| plain(Duration::from_secs(1))).clone()
}

/// What sends requests.
#[derive(Debug)]
pub(crate) enum Sender {
    Given(reqwest::Client),
    /// The built-in client, made with the first request. One that speaks TLS reads the system's certificates for it,
    /// which takes milliseconds, so that it is made for those URLs only that need it.
    BuiltIn {
        connect: Duration,
        loopback: bool,
        plain: OnceLock<Result<reqwest::Client>>,
        secure: OnceLock<Result<reqwest::Client>>,
    },
}

impl Sender {
    /// The caller's own client, which must not follow redirects.
    pub(crate) fn given(client: reqwest::Client) -> Result<Self> {
        // What stands before the default headers is reqwest's own word.
        let shown = format!("{client:?}");
        let settings = shown.split("default_headers").next().unwrap_or_default();
        if !settings.contains("Policy(None)") {
            return Err(Error::configuration(
                "the reqwest client follows redirects, which would carry the subscription key to another host: build \
                 it with `redirect(reqwest::redirect::Policy::none())`, or give its builder to `http_client_builder`",
            ));
        }
        Ok(Self::Given(client))
    }

    /// A client of the caller's own making. It is made at once, so that what is wrong with it is told at once.
    pub(crate) fn made_by(builder: reqwest::ClientBuilder, connect: Duration) -> Result<Self> {
        own(builder, connect, false).map(Self::Given)
    }

    pub(crate) fn built_in(connect: Duration, loopback: bool) -> Self {
        Self::BuiltIn {
            connect,
            loopback,
            plain: OnceLock::new(),
            secure: OnceLock::new(),
        }
    }

    /// The client for this URL, if it is made.
    pub(crate) fn ready(&self, url: &Url) -> Option<&reqwest::Client> {
        let made = match self {
            Self::Given(client) => return Some(client),
            Self::BuiltIn { plain, .. } if url.scheme() == "http" => plain.get(),
            Self::BuiltIn { secure, .. } => secure.get(),
        };
        made?.as_ref().ok()
    }

    /// The client for this URL.
    pub(crate) fn get(&self, url: &Url) -> Result<&reqwest::Client> {
        let made = match self {
            Self::Given(client) => return Ok(client),
            Self::BuiltIn { connect, plain, .. } if url.scheme() == "http" => {
                plain.get_or_init(|| self::plain(*connect))
            }
            Self::BuiltIn {
                connect,
                loopback,
                secure,
                ..
            } => secure.get_or_init(|| own(reqwest::Client::builder(), *connect, *loopback)),
        };
        made.as_ref().map_err(Clone::clone)
    }
}

/// For URLs without TLS, which are allowed on loopback only: it trusts nobody and reads no certificate.
fn plain(connect: Duration) -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder();
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    let builder = builder.tls_certs_only([]);
    own(builder, connect, true)
}

fn own(
    builder: reqwest::ClientBuilder,
    connect: Duration,
    loopback: bool,
) -> Result<reqwest::Client> {
    let mut builder = builder
        .redirect(reqwest::redirect::Policy::none())
        // reqwest would send a request again whose HTTP/2 connection is going away, a payment's too.
        .retry(reqwest::retry::never().max_retries_per_request(0))
        // Another crate may have switched these on for the whole tree; a small answer stays small.
        .no_brotli()
        .no_deflate()
        .no_gzip()
        .no_zstd()
        .connector_layer(connect_limit::ConnectLimit)
        .connect_timeout(connect)
        .pool_idle_timeout(Duration::from_secs(30));
    if loopback {
        // A proxy of the environment has no way to this machine's loopback.
        builder = builder.no_proxy();
    }
    builder
        .build()
        .map_err(|e| Error::configuration("the HTTP client cannot be made").with_source(e))
}
