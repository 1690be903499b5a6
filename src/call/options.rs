//! How a call is to be made: what every builder can be told.

use std::fmt;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::retry::RetryPolicy;
use crate::runtime::Runtime;
use crate::types::{MerchantSerialNumber, RequestId};

/// How a raw call is to be made: what the wrapper's builders can be told too. Given to
/// [`Vipps::call_with`](crate::Vipps::call_with).
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
}

impl CallOptions {
    /// What holds where nothing is said.
    pub fn new() -> Self {
        Self::default()
    }

    /// The longest that the call may take in all: token, attempts, waits and response. By default the
    /// client's [`total_timeout`](crate::VippsBuilder::total_timeout), which is 30 s unless it is set.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The idempotency key of the call, to repeat it after an unknown outcome without a second effect.
    ///
    /// It has this effect only where the API has idempotency keys: for capture, refund and force approve,
    /// which get a random key when none is given. On any other operation the API ignores it, and repeating
    /// the call repeats its effect. The key is sent in the header that the document declares for the
    /// operation, otherwise in `X-Request-Id`.
    pub fn idempotency_key(mut self, key: RequestId) -> Self {
        self.key = Some(key);
        self
    }

    /// The sales unit to act for, when it is not the one of the credentials: what a partner needs. Some bodies name it
    /// too, and those of a raw call are yours to fill.
    pub fn merchant_serial_number(mut self, number: MerchantSerialNumber) -> Self {
        self.merchant = Some(number);
        self
    }

    /// How often and how patiently to repeat, for this call alone.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }
}

impl CallOptions {
    /// These options, and where they are not set those of `inner`.
    pub(crate) fn or(self, inner: &Self) -> Self {
        Self {
            deadline: self.deadline.or(inner.deadline),
            key: self.key.or_else(|| inner.key.clone()),
            merchant: self.merchant.or_else(|| inner.merchant.clone()),
            retry: self.retry.or_else(|| inner.retry.clone()),
        }
    }

    pub(crate) fn policy<'a>(&'a self, runtime: &'a Runtime) -> &'a RetryPolicy {
        self.retry.as_ref().unwrap_or_else(|| runtime.policy())
    }
}

/// Gives a builder the setters of call options that it lists, and `.await`.
///
/// Each setter may have documentation of its own, for a builder on which the shared text of [`setter`] is not the whole
/// truth.
macro_rules! operation {
    ($builder:ident => $output:ty; $( $(#[$doc:meta])* $setter:ident ),+ $(,)?) => {
        impl $builder {
            $( $crate::call::setter! { [$(#[$doc])*] $setter } )+
        }

        impl std::future::IntoFuture for $builder {
            type Output = crate::Result<$output>;
            type IntoFuture =
                std::pin::Pin<Box<dyn std::future::Future<Output = Self::Output> + Send>>;

            /// Sends the request, as `send` does.
            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.send())
            }
        }
    };
}
pub(crate) use operation;

/// One setter of a builder, with its own documentation or the shared one. An idempotency key has no shared
/// text: where the API has none, the setter must be missing.
macro_rules! setter {
    ([] deadline) => {
        $crate::call::setter! { [
            /// The longest that this call may take in all: token, attempts, waits and response. By default
            /// the client's [`total_timeout`](crate::VippsBuilder::total_timeout), which is 30 s unless it
            /// is set.
        ] deadline }
    };
    ([$(#[$doc:meta])+] deadline) => {
        $(#[$doc])+
        pub fn deadline(mut self, deadline: std::time::Duration) -> Self {
            self.options.deadline = Some(deadline);
            self
        }
    };
    ([$(#[$doc:meta])+] idempotency_key) => {
        $(#[$doc])+
        pub fn idempotency_key(mut self, key: crate::types::RequestId) -> Self {
            self.options.key = Some(key);
            self
        }
    };
    ([] merchant_serial_number) => {
        $crate::call::setter! { [
            /// The sales unit to act for, when it is not the one of the credentials. Partners need it.
        ] merchant_serial_number }
    };
    ([$(#[$doc:meta])+] merchant_serial_number) => {
        $(#[$doc])+
        pub fn merchant_serial_number(
            mut self,
            number: crate::types::MerchantSerialNumber,
        ) -> Self {
            self.options.merchant = Some(number);
            self
        }
    };
    ([] retry) => {
        $crate::call::setter! { [
            /// The retry policy of this call, in place of the client's. It sets how often and how patiently
            /// to retry; what may be retried follows from the operation.
        ] retry }
    };
    ([$(#[$doc:meta])+] retry) => {
        $(#[$doc])+
        pub fn retry(mut self, policy: crate::RetryPolicy) -> Self {
            self.options.retry = Some(policy);
            self
        }
    };
}
pub(crate) use setter;

/// A part of a body, from its generated builder. Whether the document has the part as required or optional makes no
/// difference to the caller this way.
pub(crate) fn built<T, B>(builder: B) -> Result<T>
where
    B: TryInto<T>,
    B::Error: fmt::Display,
{
    builder.try_into().map_err(|reason| {
        Error::new(
            ErrorKind::InvalidInput,
            Outcome::NotSent,
            reason.to_string(),
        )
    })
}
