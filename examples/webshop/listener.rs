//! The public https URL of the shop, and the address that serves it.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use axum::Router;
use tokio::net::TcpListener;
use vipps::types::HttpsUrl;

use crate::shared::shutdown::Shutdown;
use crate::shared::{Target, log_line};

/// The URL of the shop inside the simulator. Requests to it never leave the machine.
const SIMULATED_URL: &str = "https://shop.example.com";

/// A listening socket with its public URL.
pub(crate) struct Listener {
    url: HttpsUrl,
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds the address. Without a public URL, the simulator's URL is used.
    pub(crate) async fn bind(
        target: &Target,
        public_url: Option<HttpsUrl>,
        address: SocketAddr,
    ) -> Result<Self> {
        let url = match public_url {
            Some(url) => url,
            None => SIMULATED_URL.parse()?,
        };
        let socket = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))?;
        let address = socket.local_addr()?;
        if let Some(simulator) = &target.simulator {
            simulator.route(url.as_str(), address)?;
        }
        log_line(format_args!("{url} is served on {address}"));
        Ok(Self {
            url,
            socket,
            address,
        })
    }

    /// Returns the public URL of a path, which starts with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url.as_prefix())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `router` until the program receives a signal to stop.
    pub(crate) async fn serve(self, router: Router, shutdown: Shutdown) -> Result<()> {
        axum::serve(self.socket, router)
            .with_graceful_shutdown(async move { shutdown.requested().await })
            .await
            .context("the server failed")
    }
}
