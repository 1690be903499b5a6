//! Waiting for the customer: how often to ask, and what there is to tell.

use std::time::Duration;

use super::details::PaymentDetails;
use super::watch::Watch;
use crate::call::{CallOptions, operation};
use crate::error::{Error, Result};
use crate::runtime::Runtime;
use crate::types::OrderId;

/// No faster than this, since the API allows 120 calls a minute and order.
pub(super) const FASTEST: Duration = Duration::from_millis(500);
/// A customer has ten minutes; the payment shows as expired soon after.
const LONGEST: Duration = Duration::from_secs(660);

/// How often to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rhythm {
    /// Every second: the customer stands at a till.
    Till,
    /// After five seconds, then every two: the customer is on a web page.
    Web,
    /// Every so often, but at most twice a second.
    Every(Duration),
}

impl Rhythm {
    /// Before the first poll. The web rhythm gives the customer time to get there.
    pub(super) fn first(self) -> Duration {
        match self {
            Self::Web => Duration::from_secs(5),
            Self::Till | Self::Every(_) => Duration::ZERO,
        }
    }

    /// From the start of one poll to the start of the next.
    pub(super) fn interval(self) -> Duration {
        match self {
            Self::Till => Duration::from_secs(1),
            Self::Web => Duration::from_secs(2),
            Self::Every(interval) => interval.max(FASTEST),
        }
    }
}

/// Something that happened while waiting.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WaitEvent {
    /// The payment waits for its customer.
    Waiting(PaymentDetails),
    /// The customer has opened it: scanned the code or followed the link.
    Scanned(PaymentDetails),
    /// Waiting is over: paid, refused, cancelled or expired.
    Decided(PaymentDetails),
}

impl WaitEvent {
    /// The details that told it.
    pub fn details(&self) -> &PaymentDetails {
        match self {
            Self::Waiting(details) | Self::Scanned(details) | Self::Decided(details) => details,
        }
    }
}

/// Waits until the customer has decided. Made by [`Payment::wait`](super::Payment::wait); `.await` gives the details
/// that told it. Whether the customer paid is for [`PaymentState::is_paid`](super::PaymentState::is_paid) to say.
///
/// Polls that fail for a passing reason, HTTP 429 and answers that cannot be read among them, end nothing. They make the rhythm slower,
/// down to one in 30 s, or as slow as a `Retry-After` asks; the last look is then 5 s before the end, however long it
/// asks. Dropping the future or the [`Watch`] stops asking.
#[derive(Clone, Debug)]
#[must_use = "nothing is asked until `.await`, `send` or `watch`"]
pub struct Wait {
    pub(super) runtime: Runtime,
    pub(crate) options: CallOptions,
    pub(super) order_id: OrderId,
    pub(super) rhythm: Rhythm,
}

operation! {
    Wait => PaymentDetails;
    /// The longest time to wait for the customer's decision; 11 minutes by default. The customer has 10
    /// minutes in all, after which the payment shows as expired. It is no limit on a single poll, which may
    /// take 15 s.
    deadline,
    merchant_serial_number,
    /// The retry policy of each poll. By default a poll is one request, because the next poll is the
    /// retry. The client's own policy does not apply.
    retry,
}

impl Wait {
    pub(super) fn new(runtime: Runtime, order_id: OrderId) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            order_id,
            rhythm: Rhythm::Till,
        }
    }

    /// How often to ask; [`Rhythm::Till`] by default.
    pub fn rhythm(mut self, rhythm: Rhythm) -> Self {
        self.rhythm = rhythm;
        self
    }

    /// Waits, and tells of each step on the way: with [`Watch::next`], or as the stream that a [`Watch`] is. The time
    /// to wait begins now.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// use vipps::ecom::WaitEvent;
    ///
    /// let mut watch = vipps.ecom().payment(&"order-1".parse()?).wait().watch();
    /// while let Some(event) = watch.next().await {
    ///     match event? {
    ///         WaitEvent::Waiting(_) => println!("scan the code, please"),
    ///         WaitEvent::Scanned(_) => println!("approve in the app, please"),
    ///         WaitEvent::Decided(details) => println!("{}", details.state()),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn watch(self) -> Watch {
        let time = self.options.deadline.unwrap_or(LONGEST);
        Watch::new(self, time)
    }

    /// Waits, as a stream of events: another name for [`watch`](Self::watch). A stream item that is an error is the
    /// last one.
    pub fn stream(self) -> Watch {
        self.watch()
    }

    /// Waits for the decision.
    ///
    /// # Errors
    /// [`ErrorKind::Deadline`](crate::ErrorKind::Deadline) when the time ran out before the customer decided; the payment goes on. Any error of
    /// [`Details`](super::Details) that asking again will not mend.
    pub async fn send(self) -> Result<PaymentDetails> {
        let mut watch = self.watch();
        while let Some(event) = watch.next().await {
            if let WaitEvent::Decided(details) = event? {
                return Ok(details);
            }
        }
        Err(Error::state("the watch ended before the customer decided"))
    }
}
