//! Polls a payment until the customer has decided.

mod poller;

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task;
use std::time::Duration;

use futures_core::Stream;
use tokio::sync::Notify;

use self::poller::{Poller, Steps};
use crate::call::BoxFuture;
use crate::error::Result;
use crate::runtime::Runtime;

/// The shortest time from the start of one poll to the start of the next. Both payment APIs allow
/// 120 requests a minute for each payment. 118 polls leave room for the replay of a poll whose
/// token was refused.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(510);

/// A payment as one poll has read it: the details of a payment API. Not exported, so that it cannot
/// be implemented for other types.
pub trait Snapshot: Clone + Send + 'static {
    /// Returns the time of the response by the API's clock, if the response states it.
    fn as_of(&self) -> Option<jiff::Timestamp>;

    /// Returns the statement of the snapshot about the customer's decision. It may depend on the
    /// time, because an API may not report that a payment has expired.
    fn decision(&self, now: jiff::Timestamp) -> Decision;

    /// Returns whether the customer has opened the payment.
    fn is_scanned(&self) -> bool;
}

/// A statement about the customer's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// The customer has not decided.
    Pending,
    /// The wait is over: paid, refused, cancelled or expired.
    Made,
    /// The snapshot does not state whether the customer has decided.
    Unknown,
}

/// The time between two polls. `Till` and `Web` are the intervals that the guides of eCom and
/// ePayment recommend.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::builder().freeze_clock().in_memory()?;
/// # let vipps = sim.client();
/// # let (reference, price) = ("acme-order-1001".parse()?, vipps::Amount::nok(49));
/// # let payment = vipps.epayment().create(reference, price).qr().await?.payment(&vipps);
/// # sim.payer().approve("acme-order-1001")?;
/// use vipps::epayment::PollInterval;
///
/// let details = payment.wait().interval(PollInterval::Web).await?;
/// assert!(details.can_capture());
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PollInterval {
    /// Every second, for a customer at a till.
    Till,
    /// Every two seconds, and the first time after five seconds, for a customer on a web page.
    Web,
    /// A custom interval. An interval below 510 ms is replaced by 510 ms.
    Every(Duration),
}

impl PollInterval {
    /// Returns the time before the first poll. On a web page the customer needs some seconds to
    /// open the payment.
    fn first(self) -> Duration {
        match self {
            Self::Web => Duration::from_secs(5),
            Self::Till | Self::Every(_) => Duration::ZERO,
        }
    }

    /// Returns the time from the start of one poll to the start of the next.
    fn interval(self) -> Duration {
        match self {
            Self::Till => Duration::from_secs(1),
            Self::Web => Duration::from_secs(2),
            Self::Every(interval) => interval.max(SHORTEST_INTERVAL),
        }
    }
}

/// A step of a payment that is polled, with the details that a poll has read.
/// [`Wait::poll`](super::Wait::poll) has an example.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PollEvent<D> {
    /// The payment waits for its customer.
    Waiting(D),
    /// The customer has opened the payment: scanned the code or followed the link.
    Scanned(D),
    /// The customer has decided, or can no longer decide: paid, refused, cancelled or expired.
    Decided(D),
}

impl<D> PollEvent<D> {
    /// Returns the details of the payment at this step.
    pub fn details(&self) -> &D {
        match self {
            Self::Waiting(details) | Self::Scanned(details) | Self::Decided(details) => details,
        }
    }
}

/// Polls a payment and returns each of its steps once. Made by
/// [`Wait::poll`](super::Wait::poll).
///
/// Use [`next`](Self::next), or the [`Stream`] implementation. The last item is the decision or an
/// error. Dropping the `Poll` stops polling.
///
/// Polls start at least 510 ms apart, even with a shorter interval or with triggers. This keeps
/// within the limit of 120 requests a minute for each payment.
pub struct Poll<D> {
    trigger: PollTrigger,
    events: Pin<Box<dyn Stream<Item = Result<PollEvent<D>>> + Send>>,
}

/// Reads the payment within the given time.
pub(crate) type ReadSnapshot<D> = Box<dyn Fn(Duration) -> BoxFuture<Result<D>> + Send + Sync>;

impl<D> Poll<D> {
    /// Starts to poll, for at most `total` from now.
    pub(crate) fn new(
        runtime: Runtime,
        interval: PollInterval,
        total: Duration,
        read: ReadSnapshot<D>,
    ) -> Self
    where
        D: Snapshot,
    {
        let trigger = PollTrigger(Arc::new(Notify::new()));
        let poller = Poller::new(runtime, interval, total, read, trigger.clone());
        Self {
            trigger,
            events: Box::pin(Steps::new(poller)),
        }
    }

    /// Returns the next step, or `None` after the last one.
    ///
    /// Dropping the returned future, as `select!` does, loses no step and does not change when the
    /// payment is polled.
    ///
    /// # Errors
    /// [`ErrorKind::Deadline`](crate::ErrorKind::Deadline) if the deadline passes before the
    /// customer has decided. The payment stays open. Also any error of a request for the details
    /// that is not transient. An error is the last item.
    pub async fn next(&mut self) -> Option<Result<PollEvent<D>>> {
        poll_fn(|cx| self.events.as_mut().poll_next(cx)).await
    }

    /// Returns a handle that makes this `Poll` read the payment at once.
    ///
    /// Use it if another source reports a change of the payment first, such as the handler of a
    /// callback or a button. The report is only a hint. The step comes from the details that are
    /// then read.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// use vipps::ecom::PollInterval;
    ///
    /// let mut poll = vipps.ecom().payment("order-1".parse()?).wait().interval(PollInterval::Web).poll();
    /// let trigger = poll.trigger();
    /// // In the handler of the callback. The first poll starts now instead of after five seconds.
    /// trigger.poll_now();
    /// let event = poll.next().await;
    /// # assert!(event.is_some_and(|e| e.is_ok()));
    /// # Ok(()) }
    /// ```
    pub fn trigger(&self) -> PollTrigger {
        self.trigger.clone()
    }
}

impl<D> Stream for Poll<D> {
    type Item = Result<PollEvent<D>>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
    ) -> task::Poll<Option<Self::Item>> {
        self.events.as_mut().poll_next(cx)
    }
}

impl<D> fmt::Debug for Poll<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poll").finish_non_exhaustive()
    }
}

/// Makes a [`Poll`] read the payment at once. Made by [`Poll::trigger`]; cheap to clone.
#[derive(Clone, Debug)]
pub struct PollTrigger(Arc<Notify>);

impl PollTrigger {
    /// Polls now, or as soon as the limits allow: 510 ms after the last poll started, and after the
    /// pause that an HTTP 429 or a `Retry-After` requires. Several calls before a poll cause one
    /// poll. After the last step a call does nothing.
    pub fn poll_now(&self) {
        self.0.notify_one();
    }

    /// Completes at the next [`poll_now`](Self::poll_now), or at once if there was one since the
    /// last poll.
    async fn triggered(&self) {
        self.0.notified().await;
    }
}
