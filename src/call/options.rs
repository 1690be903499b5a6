//! How a call is to be made: what every builder can be told.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::retry::{self, RetryPolicy};
use crate::types::{MerchantSerialNumber, RequestId};
use crate::vipps::Vipps;

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
    /// In a box, since few calls have one and all options are moved.
    pub(crate) retry: Option<Box<RetryPolicy>>,
    /// Set where one operation of the caller's makes several calls of the same operation of the API.
    pub(crate) begun: Option<Begun>,
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
        self.retry = Some(Box::new(policy));
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
            begun: self.begun.or_else(|| inner.begun.clone()),
        }
    }

    pub(crate) fn policy<'a>(&'a self, vipps: &'a Vipps) -> &'a RetryPolicy {
        self.retry.as_deref().unwrap_or_else(|| vipps.policy())
    }
}

/// When requests began, oldest first, so that they stay within the limit per minute. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Begun(Arc<Mutex<VecDeque<Duration>>>);

impl Begun {
    fn times(&self) -> MutexGuard<'_, VecDeque<Duration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, now: Duration) {
        let mut times = self.times();
        while times
            .front()
            .is_some_and(|t| t.saturating_add(retry::MINUTE) <= now)
        {
            times.pop_front();
        }
        times.push_back(now);
    }

    /// Removes a request that the API never received.
    pub(super) fn take_back(&self, begun: Duration) {
        let mut times = self.times();
        if let Some(at) = times.iter().rposition(|time| *time == begun) {
            times.remove(at);
        }
    }

    /// How long to wait until one more request stays within the limit.
    pub(super) fn room(&self, per_minute: Option<u32>, now: Duration) -> Duration {
        retry::room(self.times().make_contiguous(), per_minute, now)
    }
}

/// Gives a builder the call options that it lists, and `.await`.
///
/// What follows `by` makes the future of `.await`, where that is not `send`: the `begin` of a builder that
/// implements [`Prepare`](super::Prepare). Each setter may have documentation of its own, for a builder on
/// which the shared text of [`setter`] is not the whole truth.
macro_rules! operation {
    ($builder:ident => $output:ty; $($setters:tt)+) => {
        $crate::call::operation! { $builder => $output, by send; $($setters)+ }
    };
    ($builder:ident => $output:ty, by $begin:ident;
     $( $(#[$doc:meta])* $setter:ident ),+ $(,)?) => {
        impl $builder {
            $( $crate::call::setter! { [$(#[$doc])*] $setter } )+
        }

        impl std::future::IntoFuture for $builder {
            type Output = crate::Result<$output>;
            type IntoFuture =
                std::pin::Pin<Box<dyn std::future::Future<Output = Self::Output> + Send>>;

            /// Sends the request, as `send` does.
            fn into_future(self) -> Self::IntoFuture {
                // Written where it stays: by way of the stack it would be copied once more.
                let future = Box::write(Box::new_uninit(), self.$begin());
                Box::into_pin(future)
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
            self.options.retry = Some(Box::new(policy));
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
