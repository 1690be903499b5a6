//! Waits for the customer's decision about a payment.

use std::time::Duration;

use super::details::{GetDetails, PaymentDetails, PaymentState};
use crate::call::{CallOptions, operation};
use crate::error::{Error, Result};
use crate::payment::{self, Decision, Snapshot};
use crate::retry::RetryPolicy;
use crate::runtime::Runtime;
use crate::types::Reference;

/// The default time to wait. The customer has ten minutes, and the payment shows as expired soon
/// after.
const LONGEST: Duration = Duration::from_secs(660);
/// The time after its expiry in which a payment shows as expired.
const AFTER_EXPIRY: Duration = Duration::from_secs(60);

pub use crate::payment::{PollInterval, PollTrigger};

/// Polls a payment and returns each of its steps once. Made by [`Wait::poll`].
///
/// The API does not report that the customer has opened the payment, so
/// [`PollEvent::Scanned`](crate::payment::PollEvent::Scanned) does not occur.
pub type Poll = payment::Poll<PaymentDetails>;

/// A step of a payment that is polled, with the details that a poll has read.
pub type PollEvent = payment::PollEvent<PaymentDetails>;

/// Polls the payment until the customer has decided. Made by
/// [`Payment::wait`](super::Payment::wait).
///
/// `.await` returns the details with the decision. The customer has paid if the state is
/// [`Authorized`](PaymentState::Authorized).
///
/// A poll that fails for a transient reason does not end the wait. HTTP 429 and unreadable
/// responses are transient. After failures the pauses get longer, up to 30 s or as long as a
/// `Retry-After` requires. Dropping the future or the [`Poll`] stops polling.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await`, `send` or `poll`"]
pub struct Wait {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    reference: Reference,
    interval: PollInterval,
    expires_at: Option<jiff::Timestamp>,
}

operation! { Wait => PaymentDetails; merchant_serial_number }

impl Wait {
    pub(super) fn new(
        runtime: Runtime,
        reference: Reference,
        expires_at: Option<jiff::Timestamp>,
    ) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            reference,
            interval: PollInterval::Till,
            expires_at,
        }
    }

    /// Sets the longest time to wait for the customer's decision. By default it is 11 minutes, since
    /// the customer has 10, and for a long-living payment until one minute after its
    /// [expiry](super::Payment::expires_at). A
    /// single poll may take 15 s.
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

    /// Starts to poll, and returns each step of the payment, with
    /// [`Poll::next`](crate::payment::Poll::next) or as a stream. The deadline counts from this
    /// call.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let recorder = vipps::testing::Recorder::new().respond("GET", "/epayment/v1/payments/kiosk-7-000451", 200,
    /// #     r#"{"reference":"kiosk-7-000451","state":"AUTHORIZED"}"#);
    /// # let vipps = recorder.client();
    /// use vipps::epayment::PollEvent;
    ///
    /// let mut poll = vipps.epayment().payment("kiosk-7-000451".parse()?).wait().poll();
    /// while let Some(event) = poll.next().await {
    ///     match event? {
    ///         PollEvent::Waiting(_) => println!("approve in the app, please"),
    ///         PollEvent::Decided(details) => println!("{}", details.state()),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll(self) -> Poll {
        let total = self.options.deadline.unwrap_or_else(|| self.total());
        let Self {
            runtime,
            mut options,
            reference,
            interval,
            ..
        } = self;
        // The next poll is the retry, unless the caller has set a policy.
        options.retry.get_or_insert_with(RetryPolicy::none);
        let reader = runtime.clone();
        let read = move |left| {
            let mut details = GetDetails::new(reader.clone(), reference.clone());
            details.options = options.clone();
            details.options.deadline = Some(left);
            details.into_future()
        };
        Poll::new(runtime, interval, total, Box::new(read))
    }

    fn total(&self) -> Duration {
        let Some(expires_at) = self.expires_at else {
            return LONGEST;
        };
        let left = expires_at.duration_since(self.runtime.time().now());
        // The payment may have expired before, and is then read once.
        Duration::try_from(left).unwrap_or_default() + AFTER_EXPIRY
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

    fn decision(&self, _: jiff::Timestamp) -> Decision {
        match self.state() {
            PaymentState::Created => Decision::Pending,
            PaymentState::Unknown(_) => Decision::Unknown,
            _ => Decision::Made,
        }
    }

    fn is_scanned(&self) -> bool {
        false
    }
}
