//! Where the world reaches an example that is called: a public https URL, and the address behind it.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use tokio::net::TcpListener;
use vipps::types::HttpsUrl;

use super::stop::Stop;
use super::{Place, WrongUsage, say};

/// What the simulator's world calls this program; nothing leaves the machine.
const PRETEND: &str = "https://shop.example.com";

/// How the front door was described on the command line.
#[derive(Debug, Default)]
pub(crate) struct FrontArgs {
    /// `--public-url`: the https URL that Vipps and customers call, and a proxy or tunnel leads to `listen`.
    pub(crate) public_url: Option<HttpsUrl>,
    /// `--listen`: where this program listens. Any free port of this machine by default.
    pub(crate) listen: Option<SocketAddr>,
}

/// An address to be served at, with its public name.
pub(crate) struct Front {
    url: HttpsUrl,
    listener: TcpListener,
    address: SocketAddr,
}

impl Front {
    /// Opens the door. With a simulator the public URL may be left out.
    pub(crate) async fn open(place: &Place, args: &FrontArgs) -> Result<Self> {
        let url = match (&args.public_url, &place.simulator) {
            (Some(url), _) => url.clone(),
            (None, Some(_)) => PRETEND.parse()?,
            (None, None) => {
                let what = "--public-url is missing: the https URL at which the internet reaches this program, by way \
                            of a proxy or tunnel to what --listen says";
                return Err(WrongUsage::error(what));
            }
        };
        let listen = args
            .listen
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("nothing can listen on {listen}"))?;
        let address = listener.local_addr()?;
        if let Some(simulator) = &place.simulator {
            simulator.route(url.as_str(), address)?;
        }
        say!("{url} is served on {address}");
        Ok(Self {
            url,
            listener,
            address,
        })
    }

    /// The public URL of a path, which begins with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url.as_prefix())
    }

    /// What stands before every path of this program: empty, or beginning with a slash and not ending with one.
    pub(crate) fn path(&self) -> String {
        let rest = self
            .url
            .as_prefix()
            .split_once("://")
            .map_or("", |(_, rest)| rest);
        rest.find('/').map_or("", |at| &rest[at..]).to_owned()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `router` below the public URL, until the program is asked to stop.
    pub(crate) async fn serve(self, router: Router, stop: Stop) -> Result<()> {
        let app = match self.path() {
            path if path.is_empty() => router,
            path => {
                let home = Redirect::to(&path);
                Router::new()
                    .without_v07_checks()
                    // Below a prefix, a slash at the end is another path to axum.
                    .route(&format!("{path}/"), get(async || home))
                    .nest(&path, router)
            }
        };
        axum::serve(self.listener, app)
            .with_graceful_shutdown(async move { stop.wanted().await })
            .await
            .context("the server ended")
    }
}
