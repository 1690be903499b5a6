//! What all builders of operations have in common.

use std::fmt;
use std::pin::Pin;

use crate::error::{Error, ErrorKind, Outcome, Result};

/// The future of `.await` on a builder.
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Gives a builder `.await`, which sends it, and the setters of call options that it lists.
///
/// A setter is listed only where it has an effect: an idempotency key only where the API has one. A builder for which the
/// documentation here is not true writes that setter itself.
macro_rules! operation {
    ($builder:ident => $output:ty; $( $setter:ident ),+) => {
        impl $builder {
            $( $crate::call::operation! { @ $setter } )+
        }

        impl std::future::IntoFuture for $builder {
            type Output = crate::Result<$output>;
            type IntoFuture = $crate::call::BoxFuture<Self::Output>;

            /// Sends it, as `send` does.
            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.send())
            }
        }
    };
    (@ deadline) => {
        /// Sets the longest time that the operation may take in all, however many requests it makes: token, attempts,
        /// waits and responses. By default the client's [`total_timeout`](crate::VippsBuilder::total_timeout), which is
        /// 30 s unless it is set.
        pub fn deadline(mut self, deadline: std::time::Duration) -> Self {
            self.options.deadline = Some(deadline);
            self
        }
    };
    (@ idempotency_key) => {
        /// Sets the idempotency key of the request, in place of a random one.
        ///
        /// However often the request is sent with one key for one payment, it takes effect once. It must be the same
        /// request each time: the API refuses a key with another amount or text.
        ///
        /// Store or [derive](crate::RequestId::derive) the key before the call, so that it survives a dropped future and
        /// a crash.
        pub fn idempotency_key(mut self, key: crate::types::RequestId) -> Self {
            self.options.key = Some(key);
            self
        }
    };
    (@ merchant_serial_number) => {
        /// Sets the sales unit to act for, when it is not the one of the credentials. Partners need it.
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
        /// The policy sets how often to retry and how long to wait. Which failures are retried follows from the
        /// operation. A request that must not be sent twice is never retried once it may have reached the API.
        pub fn retry(mut self, policy: crate::RetryPolicy) -> Self {
            self.options.retry = Some(policy);
            self
        }
    };
}
pub(crate) use operation;

/// A part of a request body, from its generated builder. The call is the same whether the document has the part as
/// required or as optional.
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
