//! The documented limits on the number of requests.

use std::fmt;
use std::time::Duration;

/// The documented limit on the number of requests of one operation.
///
/// Returned by [`Error::rate_limit`](crate::Error::rate_limit).
///
/// The numbers are those of the eCom and ePayment API guides, section "Rate limits". The other APIs
/// document no limit.
///
/// | operation | requests a minute | for each |
/// |---|---|---|
/// | initiate of eCom | 2 | order and sales unit |
/// | create of ePayment | 5 | reference and sales unit |
/// | capture, cancel, refund | 5 each | order or reference, and sales unit |
/// | details, status, events | 120 each | order or reference, and subscription key |
///
/// `Display` writes one line, such as `5 requests in 60 s for each order and sales unit`.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::start()?;
/// # let vipps = sim.client();
/// let payment = vipps.epayment().payment("acme-order-1001".parse()?);
/// let error = payment.details().await.unwrap_err(); // the payment does not exist
/// let limit = error.rate_limit().ok_or("a limited operation")?;
/// assert_eq!(limit.to_string(), "120 requests in 60 s for each reference and subscription key");
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateLimit {
    requests: u32,
    scope: &'static str,
}

impl RateLimit {
    /// Returns a limit of requests a minute, counted separately for each `scope`.
    pub(crate) const fn per_minute(requests: u32, scope: &'static str) -> Self {
        Self { requests, scope }
    }

    /// Returns the largest number of requests in one [`period`](Self::period).
    pub fn requests(self) -> u32 {
        self.requests
    }

    /// Returns the period in which the requests are counted: 60 s.
    pub fn period(self) -> Duration {
        Duration::from_secs(60)
    }

    /// Returns the scope that is counted separately, such as `order and sales unit`.
    pub fn scope(self) -> &'static str {
        self.scope
    }
}

/// Returns the limit of an operation of an API, and the hint for when it is exceeded.
macro_rules! rate_limit {
    ($api:literal, $requests:literal, $action:literal, $scope:literal) => {
        Some((
            $crate::operation::RateLimit::per_minute($requests, $scope),
            concat!(
                "The ",
                $api,
                " API takes at most ",
                $requests,
                " requests a minute ",
                $action,
                ", for each ",
                $scope,
                ". All processes together count.",
            ),
        ))
    };
}
pub(crate) use rate_limit;

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, scope } = self;
        let period = self.period().as_secs();
        write!(f, "{requests} requests in {period} s for each {scope}")
    }
}
