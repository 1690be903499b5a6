//! Counters of a client's work.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// What a client has done since it was built, all its clones together. A snapshot: counters only grow, so that
        /// the difference of two snapshots is what happened between them.
        ///
        /// A call is one operation that reached the wire's edge: what is refused before that, as an amount of zero, is
        /// not counted. A wrapper that asks twice, such as a cancel that looks at the details, counts twice.
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
    /// Calls that began, those for tokens left out.
    calls,
    /// Calls that the API said yes to, with an answer that could be read.
    succeeded,
    /// Calls that failed before anything was sent: [`Outcome::NotSent`](crate::Outcome::NotSent).
    not_sent,
    /// Calls that the API declined: [`Outcome::Rejected`](crate::Outcome::Rejected).
    rejected,
    /// Reads that failed: [`Outcome::NoEffect`](crate::Outcome::NoEffect).
    no_effect,
    /// Calls that may have taken effect: [`Outcome::Unknown`](crate::Outcome::Unknown). Worth an alarm.
    unknown,
    /// Calls whose future was dropped before they ended.
    abandoned,
    /// Requests of these calls, repeats included.
    attempts,
    /// Repeats after a failure.
    retries,
    /// Repeats after a token was refused with HTTP 401.
    replays,
    /// Requests for a token, repeats included.
    token_requests,
    /// Tokens that came of them.
    tokens_fetched,
    /// Fetches of a token that failed, each with all its requests.
    token_failures,
    /// Tokens taken from the [token store](crate::token_store) instead, which another client had fetched.
    tokens_shared,
    /// Failures of the token store, after each of which it is not used for 30 s.
    token_store_failures,
}

impl Metrics {
    /// Calls that have begun and not ended. The counters are read one after another, so that under load this is near
    /// the truth and not exact.
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
