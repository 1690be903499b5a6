//! The counters of a client.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// A snapshot of the counters of a client and all its clones since it was built.
        ///
        /// Counters only grow, so the difference of two snapshots counts the time between them.
        ///
        /// A call is one operation whose arguments were accepted. A call with an amount of zero,
        /// for example, is refused and not counted. A method that sends two operations, such as a
        /// cancel that reads the details, counts twice.
        ///
        /// ```
        /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// # let sim = vipps::simulator::Simulator::start()?;
        /// # let vipps = sim.client();
        /// vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(1), "Socks".parse()?).await?;
        /// let metrics = vipps.metrics();
        /// assert_eq!((metrics.calls, metrics.succeeded, metrics.token_requests), (1, 1, 1));
        /// assert_eq!(metrics.in_flight(), 0);
        /// # Ok(()) }
        /// ```
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub struct Metrics {
            $($(#[$doc])+ pub $name: u64,)+
        }

        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: Counter,)+
        }

        impl Counters {
            pub(crate) fn read(&self) -> Metrics {
                Metrics { $($name: self.$name.0.load(Ordering::Relaxed),)+ }
            }
        }
    };
}

counters! {
    /// Calls that have begun, without token requests.
    calls,
    /// Calls that succeeded, with a response that could be read.
    succeeded,
    /// Calls that failed before anything was sent: [`Outcome::NotSent`](crate::Outcome::NotSent).
    not_sent,
    /// Calls that the API declined: [`Outcome::Rejected`](crate::Outcome::Rejected).
    rejected,
    /// Reads that failed: [`Outcome::NoEffect`](crate::Outcome::NoEffect).
    no_effect,
    /// Calls that may have taken effect: [`Outcome::Unknown`](crate::Outcome::Unknown). Alert on
    /// this counter.
    unknown,
    /// Calls whose future was dropped before they ended.
    abandoned,
    /// Requests of these calls, including retries and replays.
    attempts,
    /// Retries after a failure.
    retries,
    /// Requests that were replayed with another token after HTTP 401.
    replays,
    /// Requests for a token, including retries.
    token_requests,
    /// Tokens that these requests returned.
    tokens_fetched,
    /// Fetches of a token that failed after all their requests.
    token_failures,
    /// Tokens of other clients, taken from the [token store](crate::token_store).
    tokens_shared,
    /// Failures of the token store. After each failure, the store is not used for 30 s.
    token_store_failures,
}

impl Metrics {
    /// Returns the number of calls that have begun and not ended. The counters are read one after
    /// another, so the number is not exact under load.
    pub fn in_flight(&self) -> u64 {
        let ended = self.succeeded
            + self.not_sent
            + self.rejected
            + self.no_effect
            + self.unknown
            + self.abandoned;
        self.calls.saturating_sub(ended)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
