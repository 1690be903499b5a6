//! Waits for the customer's decision about a payment.

use std::time::Duration;

use super::details::{GetDetails, PaymentDetails};
use super::state::PaymentState;
use crate::call::{CallOptions, operation};
use crate::error::{Error, Result};
use crate::payment::{self, Decision, Snapshot};
use crate::retry::RetryPolicy;
use crate::runtime::Runtime;
use crate::types::OrderId;

/// The default time to wait. The customer has ten minutes, and the payment shows as expired soon
/// after.
const LONGEST: Duration = Duration::from_secs(660);

pub use crate::payment::{PollInterval, PollTrigger};

/// Polls a payment and returns each of its steps once. Made by [`Wait::poll`].
pub type Poll = payment::Poll<PaymentDetails>;

/// A step of a payment that is polled, with the details that a poll has read.
pub type PollEvent = payment::PollEvent<PaymentDetails>;

/// Polls the payment until the customer has decided. Made by
/// [`Payment::wait`](super::Payment::wait).
///
/// `.await` returns the details with the decision. [`PaymentState::is_paid`] states whether the
/// customer has paid.
///
/// A poll that fails for a transient reason does not end the wait. HTTP 429 and unreadable
/// responses are transient. After failures the pauses get longer, up to 30 s or as long as a
/// `Retry-After` requires. The last poll then takes place 5 s before the deadline (at half time for
/// a deadline under 10 s), even if a `Retry-After` is longer. Dropping the future or the [`Poll`]
/// stops polling.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await`, `send` or `poll`"]
pub struct Wait {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    order_id: OrderId,
    interval: PollInterval,
}

operation! { Wait => PaymentDetails; merchant_serial_number }

impl Wait {
    pub(super) fn new(runtime: Runtime, order_id: OrderId) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            order_id,
            interval: PollInterval::Till,
        }
    }

    /// Sets the longest time to wait for the customer's decision; 11 minutes by default. The
    /// customer has 10 minutes in all, after which the payment shows as expired. A single poll may
    /// take 15 s.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = Some(deadline);
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
    pub fn poll(self) -> Poll {
        let Self {
            runtime,
            mut options,
            order_id,
            interval,
        } = self;
        let total = options.deadline.unwrap_or(LONGEST);
        // The next poll is the retry, unless the caller has set a policy.
        options.retry.get_or_insert_with(RetryPolicy::none);
        let reader = runtime.clone();
        let read = move |left| {
            let mut details = GetDetails::new(reader.clone(), order_id.clone());
            details.options = options.clone();
            details.options.deadline = Some(left);
            details.into_future()
        };
        Poll::new(runtime, interval, total, Box::new(read))
    }

    /// Waits for the decision.
    ///
    /// # Errors
    /// [`ErrorKind::Deadline`](crate::ErrorKind::Deadline) when the time ran out before the
    /// customer decided. The payment stays open. Also any error of [`GetDetails`] that is not
    /// transient.
    pub async fn send(self) -> Result<PaymentDetails> {
        let mut poll = self.poll();
        while let Some(event) = poll.next().await {
            if let PollEvent::Decided(details) = event? {
                return Ok(details);
            }
        }
        Err(Error::state("polling ended before the customer decided"))
    }
}

impl Snapshot for PaymentDetails {
    fn as_of(&self) -> Option<jiff::Timestamp> {
        self.as_of()
    }

    fn decision(&self, now: jiff::Timestamp) -> Decision {
        match self.state_at(now) {
            PaymentState::Unknown => Decision::Unknown,
            state if state.is_decided() => Decision::Made,
            _ => Decision::Pending,
        }
    }

    fn is_scanned(&self) -> bool {
        self.is_scanned()
    }
}
