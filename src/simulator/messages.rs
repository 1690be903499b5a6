//! Messages to the merchant: where they are sent, and what was sent.

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use tower_service::Service;

use super::delivery::{Delivery, Destination, Receiver};
use super::domain::Registration;
use super::{Simulator, apis, control, server};

impl Simulator {
    /// Sets the address of the merchant: calls to the origin of `url` (scheme, host and port; the
    /// rest is ignored) are sent to this address in plain HTTP. The merchant's code keeps its
    /// `https://` URLs, and a test serves them on a loopback port. Calls to an origin without a
    /// route are sent to [`route_all`](Self::route_all)'s address, or not at all.
    ///
    /// # Errors
    /// If the text is not a URL with a host.
    pub fn route(&self, url: impl AsRef<str>, to: impl Into<SocketAddr>) -> io::Result<()> {
        self.engine
            .with(|world, _| world.deliveries.route(url.as_ref(), to.into()))
            .map_err(|reason| io::Error::new(io::ErrorKind::InvalidInput, reason))
    }

    /// Sends the messages to all origins without a [`route`](Self::route) to this address, in plain
    /// HTTP. The scheme of the merchant's URLs does not matter.
    pub fn route_all(&self, to: impl Into<SocketAddr>) {
        self.set_route(Destination::Address(to.into()));
    }

    /// Passes the messages to all origins without a [`route`](Self::route) to a function, which
    /// returns the merchant's response.
    ///
    /// A simulator [in memory](super::Builder::in_memory) does this when [`settled`](Self::settled)
    /// is awaited.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use vipps::simulator::{DeliveryOutcome, Simulator};
    ///
    /// let sim = Simulator::builder().freeze_clock().in_memory()?;
    /// sim.deliver_to_fn(|request| {
    ///     assert!(request.uri().path().ends_with("/order-1"));
    ///     http::Response::new(Default::default())
    /// });
    /// sim.client().ecom().initiate("order-1".parse()?, vipps::Amount::nok(9), "Tea".parse()?).await?;
    /// sim.payer().approve("order-1")?;
    /// sim.settled().await;
    /// assert_eq!(sim.deliveries()[0].outcome(), &DeliveryOutcome::Responded(200));
    /// # Ok(()) }
    /// ```
    pub fn deliver_to_fn<F>(&self, receive: F)
    where
        F: Fn(http::Request<Bytes>) -> http::Response<Bytes> + Send + Sync + 'static,
    {
        self.set_route(Destination::Receiver(Receiver::function(receive)));
    }

    /// Passes the messages to all origins without a [`route`](Self::route) to a service, such as
    /// an axum router, like [`deliver_to_fn`](Self::deliver_to_fn).
    pub fn deliver_to<S, B>(&self, service: S)
    where
        S: Service<http::Request<Full<Bytes>>, Response = http::Response<B>>,
        S: Clone + Send + Sync + 'static,
        S::Error: Display,
        S::Future: Send,
        B: http_body::Body + Send,
        B::Data: Send,
        B::Error: Display,
    {
        self.set_route(Destination::Receiver(Receiver::service(service)));
    }

    fn set_route(&self, to: Destination) {
        self.engine.with(|world, _| world.deliveries.route_all(to));
    }

    /// Registers a webhook for all events, of payments and of check-ins, with a secret of your
    /// choice. Messages are signed with the secret, used as text.
    /// [`Vipps::webhooks`](crate::Vipps::webhooks) registers webhooks with a secret of the
    /// simulator.
    ///
    /// A sales unit has at most one registration for check-ins, so this removes an earlier
    /// registration that receives them.
    ///
    /// # Errors
    /// If the URL is not `https://` with a host, or contains a `\`.
    pub fn register_webhook(
        &self,
        url: impl Into<String>,
        secret: impl Into<String>,
    ) -> io::Result<()> {
        let (url, secret) = (url.into(), secret.into());
        let parsed = url::Url::parse(&url);
        // URL parsers read `\` as `/`, so that host and path would not be those of the text.
        if url.contains('\\') {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("url: must not contain `\\`; write it as %5C, got {url:?}"),
            ));
        }
        if !parsed.is_ok_and(|url| url.scheme() == "https" && url.has_host()) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("url: must be an https URL with a host, got {url:?}"),
            ));
        }
        self.engine.with_state(|state, _| {
            let sales_unit = state.settings.keys.merchant_serial_number.clone();
            let webhooks = &mut state.domain.webhooks;
            webhooks.remove(Some(&sales_unit), |registration| {
                registration.is_for(apis::qr::CHECK_IN_EVENT)
            });
            webhooks.add(Registration {
                id: state.random.uuid(),
                sales_unit: Some(sales_unit),
                url,
                secret,
                events: apis::webhooks::event_types(),
            });
        });
        Ok(())
    }

    /// Returns the messages to the merchant, oldest first; at most the latest 20,000.
    pub fn deliveries(&self) -> Vec<Delivery> {
        let waits =
            self.server.is_some() || self.engine.read(|world, _| world.deliveries.has_receiver());
        if !waits {
            self.give_up_messages();
        }
        let mut deliveries = self
            .engine
            .read(|world, _| world.latest_deliveries(usize::MAX));
        deliveries.reverse();
        deliveries
    }

    /// Waits, on any runtime, until no message to the merchant is waiting or in progress. Retries
    /// of webhooks that are planned for later do not count.
    pub async fn settled(&self) {
        if self.server.is_none() {
            server::deliver_in_memory(&self.engine).await;
        }
        self.engine.settled().await;
    }

    /// Closes the waiting messages of a simulator in memory as failed. It has no task that sends
    /// them.
    fn give_up_messages(&self) {
        for job in self.engine.collect() {
            let reason = "a simulator in memory opens no socket";
            self.engine.delivered(job, Err(reason.into()));
        }
    }

    /// Writes a line of JSON for each request that has a response and for each message to the
    /// merchant that has an outcome, from the start of the simulator on. `kind` is `request` or
    /// `delivery`; the other members are those of `journal` and `deliveries` in the control API.
    /// Secrets and personal data are hidden. It runs until it is dropped.
    ///
    /// # Errors
    /// If the writer fails.
    pub async fn write_json_log(&self, mut writer: impl io::Write) -> io::Result<()> {
        let mut log = control::JsonLog::default();
        loop {
            let seen = self.engine.changes();
            for line in log.lines(&self.engine) {
                writeln!(writer, "{line}")?;
            }
            writer.flush()?;
            self.engine.changed_since(seen).await;
        }
    }
}
