//! Waits for the customer's decision about a payment.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use super::poll::{Poll, PollEvent, PollInterval, Snapshot};
use crate::call::{BoxFuture, CallOptions};
use crate::error::{Error, Result};
use crate::retry::RetryPolicy;
use crate::runtime::Runtime;
use crate::types::MerchantSerialNumber;

/// The default time to wait. The customer has ten minutes, and the payment shows as expired soon
/// after.
const LONGEST: Duration = Duration::from_secs(660);
/// The time after its expiry in which a payment shows as expired.
const AFTER_EXPIRY: Duration = Duration::from_secs(60);

/// Polls the payment until the customer has decided. Made by
/// [`ecom::Payment::wait`](crate::ecom::Payment::wait) and
/// [`epayment::Payment::wait`](crate::epayment::Payment::wait).
///
/// `.await` returns the details with the decision.
///
/// A poll that fails for a transient reason does not end the wait. Failures of the network, HTTP
/// 429, HTTP 5xx and unreadable responses are transient. After failures the pauses get longer, up
/// to 30 s or as long as a `Retry-After` requires. The last poll then takes place 5 s before the
/// deadline (at half time for a deadline under 10 s), even if a `Retry-After` is longer. Dropping
/// the future or the [`Poll`] stops polling.
#[derive(Clone)]
#[must_use = "nothing is sent until `.await`, `send` or `poll`"]
pub struct Wait<D> {
    runtime: Runtime,
    options: CallOptions,
    interval: PollInterval,
    expires_at: Option<jiff::Timestamp>,
    read: Arc<dyn Fn(CallOptions) -> BoxFuture<Result<D>> + Send + Sync>,
}

impl<D> Wait<D> {
    /// `expires_at` is the expiry of a long-living payment. `read` reads the details.
    pub(crate) fn new(
        runtime: Runtime,
        options: CallOptions,
        expires_at: Option<jiff::Timestamp>,
        read: impl Fn(CallOptions) -> BoxFuture<Result<D>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            runtime,
            options,
            interval: PollInterval::Till,
            expires_at,
            read: Arc::new(read),
        }
    }

    /// Sets the longest time to wait for the customer's decision. By default it is 11 minutes,
    /// since the customer has 10, and for a long-living payment until one minute after its
    /// [expiry](crate::epayment::Payment::expires_at). A single poll may take 15 s.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = Some(deadline);
        self
    }

    /// Sets the sales unit of the requests, if it differs from the sales unit of the credentials.
    /// Partners need it.
    pub fn merchant_serial_number(mut self, number: MerchantSerialNumber) -> Self {
        self.options.merchant = Some(number);
        self
    }

    /// Sets the retry policy of each poll. By default a poll is one request, because the next poll
    /// is the retry. The client's own policy does not apply.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = Some(policy);
        self
    }

    /// Sets the time between two polls; [`PollInterval::Till`] by default.
    pub fn interval(mut self, interval: PollInterval) -> Self {
        self.interval = interval;
        self
    }

    fn total(&self) -> Duration {
        let Some(expires_at) = self.expires_at else {
            return LONGEST;
        };
        let remaining = expires_at.duration_since(self.runtime.time().now());
        // The payment may have expired before, and is then read once.
        Duration::try_from(remaining).unwrap_or_default() + AFTER_EXPIRY
    }
}

impl<D: Snapshot> Wait<D> {
    /// Starts to poll, and returns each step of the payment, with [`Poll::next`] or as a stream.
    /// The deadline counts from this call.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// use vipps::ecom::PollEvent;
    ///
    /// let mut poll = vipps.ecom().payment("order-1".parse()?).wait().poll();
    /// while let Some(event) = poll.next().await {
    ///     match event? {
    ///         PollEvent::Waiting(_) => println!("scan the code, please"),
    ///         PollEvent::Scanned(_) => println!("approve in the app, please"),
    ///         PollEvent::Decided(details) => println!("{}", details.state()),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll(self) -> Poll<D> {
        let total = self.options.deadline.unwrap_or_else(|| self.total());
        let Self {
            runtime,
            mut options,
            interval,
            read,
            ..
        } = self;
        // The next poll is the retry, unless the caller has set a policy.
        options.retry.get_or_insert_with(RetryPolicy::none);
        let read = move |remaining| {
            read(CallOptions {
                deadline: Some(remaining),
                ..options.clone()
            })
        };
        Poll::new(runtime, interval, total, Box::new(read))
    }

    /// Waits for the decision.
    ///
    /// # Errors
    /// [`ErrorKind::Deadline`](crate::ErrorKind::Deadline) if the deadline passes before the
    /// customer has decided. The payment stays open. Also any error of a request for the details
    /// that is not transient.
    pub async fn send(self) -> Result<D> {
        let mut poll = self.poll();
        while let Some(event) = poll.next().await {
            if let PollEvent::Decided(details) = event? {
                return Ok(details);
            }
        }
        Err(Error::state("polling ended before the customer decided"))
    }
}

impl<D: Snapshot> IntoFuture for Wait<D> {
    type Output = Result<D>;
    type IntoFuture = BoxFuture<Self::Output>;

    /// Waits for the decision, as `send` does.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<D> fmt::Debug for Wait<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("options", &self.options)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}
