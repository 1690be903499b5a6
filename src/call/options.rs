//! The options of one call.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::retry::RetryPolicy;
use crate::runtime::Runtime;
use crate::types::{MerchantSerialNumber, RequestId};

/// The options of a raw call, made with [`Vipps::call_with`](crate::Vipps::call_with).
///
/// The wrapper's builders have the same options.
///
/// ```
/// use std::time::Duration;
/// use vipps::{CallOptions, RequestId, RetryPolicy};
///
/// let options = CallOptions::new()
///     .idempotency_key(RequestId::random())
///     .merchant_serial_number("654321".parse()?)
///     .deadline(Duration::from_secs(5))
///     .retry(RetryPolicy::none());
/// # let _ = options;
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until they are given to `Vipps::call_with`"]
pub struct CallOptions {
    pub(crate) deadline: Option<Duration>,
    pub(crate) key: Option<RequestId>,
    pub(crate) merchant: Option<MerchantSerialNumber>,
    pub(crate) retry: Option<RetryPolicy>,
    /// Set if the request names no sales unit, so that a partner's request is about all of them.
    pub(crate) all_sales_units: bool,
    /// Set if several calls keep the limit per minute of their operation together.
    pub(crate) starts: Option<SharedStarts>,
}

/// The starts of the attempts that count against the limit per minute, over several calls of one
/// operation.
pub(crate) type SharedStarts = Arc<Mutex<Vec<Duration>>>;

impl CallOptions {
    /// Creates options that set nothing, so that the client's defaults apply.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the longest time that the call may take in all: token, attempts, waits and response.
    /// The default is the client's [`total_timeout`](crate::VippsBuilder::total_timeout), which is
    /// 30 s unless it is set.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets the idempotency key of the call, to retry it after an unknown outcome without a second
    /// effect.
    ///
    /// The key has this effect only for operations whose document declares an idempotency header
    /// ([`Endpoint::idempotency_header`](crate::raw::Endpoint::idempotency_header)), such as
    /// capture and refund. They get a random key by default. For any other operation the key is
    /// sent in `X-Request-Id`, the API ignores it, and a second call has a second effect.
    pub fn idempotency_key(mut self, key: RequestId) -> Self {
        self.key = Some(key);
        self
    }

    /// Sets the sales unit of the request, if it differs from the sales unit of the credentials.
    /// Partners need it. Some request bodies contain the number too. A raw call must set it there
    /// itself.
    pub fn merchant_serial_number(mut self, number: MerchantSerialNumber) -> Self {
        self.merchant = Some(number);
        self
    }

    /// Sets the retry policy of this call, in place of the client's.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }
}

impl CallOptions {
    /// Returns these options, with the options of `inner` for those that are not set.
    pub(crate) fn or(self, inner: &Self) -> Self {
        Self {
            deadline: self.deadline.or(inner.deadline),
            key: self.key.or_else(|| inner.key.clone()),
            merchant: self.merchant.or_else(|| inner.merchant.clone()),
            retry: self.retry.or_else(|| inner.retry.clone()),
            all_sales_units: self.all_sales_units || inner.all_sales_units,
            starts: self.starts.or_else(|| inner.starts.clone()),
        }
    }

    pub(crate) fn policy<'a>(&'a self, runtime: &'a Runtime) -> &'a RetryPolicy {
        self.retry.as_ref().unwrap_or_else(|| runtime.policy())
    }
}
