//! The parts that all builders of operations share.

use std::fmt;
use std::pin::Pin;

use crate::error::{Error, ErrorKind, Outcome, Result};

/// The future of `.await` on a builder.
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Gives a builder `.await`, which sends the request, and the listed setters of call options.
///
/// A setter is listed only if it has an effect: `idempotency_key` only if the API has idempotency
/// keys. A builder for which the documentation here is not true defines the setter itself.
macro_rules! operation {
    ($builder:ident => $output:ty; $( $setter:ident ),+) => {
        impl $builder {
            $( $crate::call::operation! { @ $setter } )+
        }

        impl std::future::IntoFuture for $builder {
            type Output = crate::Result<$output>;
            type IntoFuture = $crate::call::BoxFuture<Self::Output>;

            /// Sends the request, as `send` does.
            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.send())
            }
        }
    };
    (@ deadline) => {
        /// Sets the longest time that the operation may take in all, over all of its requests:
        /// token, attempts, waits and responses. By default it is the client's
        /// [`total_timeout`](crate::VippsBuilder::total_timeout), which is 30 s unless it is set.
        pub fn deadline(mut self, deadline: std::time::Duration) -> Self {
            self.options.deadline = Some(deadline);
            self
        }
    };
    (@ idempotency_key) => {
        /// Sets the idempotency key of the request, in place of a random one.
        ///
        /// All requests with one key for one payment take effect once in total. They must be equal:
        /// the API refuses a key with another amount or text.
        ///
        /// Store or [derive](crate::RequestId::derive) the key before the call, so that the key
        /// survives a dropped future and a crash.
        pub fn idempotency_key(mut self, key: crate::types::RequestId) -> Self {
            self.options.key = Some(key);
            self
        }
    };
    (@ merchant_serial_number) => {
        /// Sets the sales unit of the request, if it differs from the sales unit of the
        /// credentials. Partners need it.
        pub fn merchant_serial_number(
            mut self,
            number: crate::types::MerchantSerialNumber,
        ) -> Self {
            self.options.merchant = Some(number);
            self
        }
    };
    (@ retry) => {
        /// Sets the retry policy of the operation, in place of the client's.
        ///
        /// The policy sets how often to retry and how long to wait. Which failures are retried
        /// follows from the operation. A request that must not be sent twice is never retried once
        /// it may have reached the API.
        pub fn retry(mut self, policy: crate::RetryPolicy) -> Self {
            self.options.retry = Some(policy);
            self
        }
    };
}
pub(crate) use operation;

/// Builds a part of a request body with its generated builder. Works for parts that the document
/// requires and for optional parts.
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
