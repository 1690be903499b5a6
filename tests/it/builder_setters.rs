//! A builder has a setter only where the setting has an effect.

#![allow(
    dead_code,
    deprecated,
    reason = "fallbacks of setters that exist are never called"
)]

use std::any::Any;
use std::time::Duration;

use vipps::testing::Recorder;
use vipps::types::LandingPage;
use vipps::{MerchantSerialNumber, RequestId, RetryPolicy};

use crate::support::{amount, id, text};

/// The return type of a setter that the builder does not have.
struct Missing;

/// Returns true if a builder has an inherent setter. A method of the type hides the method of the
/// trait.
macro_rules! has {
    ($builder:expr, $setter:ident, $argument:ty, $value:expr) => {{
        trait Fallback: Sized {
            fn $setter(self, _: $argument) -> Missing {
                Missing
            }
        }
        impl<T> Fallback for T {}
        let returned = $builder.$setter($value);
        !(&returned as &dyn Any).is::<Missing>()
    }};
}

/// Asserts the presence of the four call options of a builder, in the order `key, deadline,
/// merchant, retry`.
macro_rules! assert_setters {
    ($($builder:expr => [$key:literal, $deadline:literal, $merchant:literal, $retry:literal];)*) => {$(
        let found = [
            has!($builder, idempotency_key, RequestId, RequestId::random()),
            has!($builder, deadline, Duration, Duration::from_secs(1)),
            has!($builder, merchant_serial_number, MerchantSerialNumber, "654321".parse().unwrap()),
            has!($builder, retry, RetryPolicy, RetryPolicy::none()),
        ];
        let expected = [$key, $deadline, $merchant, $retry];
        assert_eq!(found, expected, "{}", stringify!($builder));
    )*};
}

#[tokio::test]
async fn only_operations_with_a_key_in_the_api_take_one() {
    let vipps = Recorder::new().client();
    let ecom = vipps.ecom();
    let payment = ecom.payment(id());
    let qr = vipps.qr();
    let page = LandingPage::parse("https://example.com/?token=x").unwrap();
    let redirect = qr.merchant_redirect("poster".parse().unwrap());
    let callback = qr.merchant_callback("till-1".parse().unwrap());
    let beacon = qr.mobilepay_beacon("504031".parse().unwrap());
    let personal = || "https://qr.vipps.no/p/token".parse().unwrap();
    let customer = || "customer-token".parse().unwrap();
    let target = || "https://example.com".parse().unwrap();
    let hook = || "https://shop.example.com/hooks".parse().unwrap();
    let event = || ["user.checked-in.v1"];
    let epayment = vipps.epayment();
    let reference = || "kiosk-7-000451".parse::<vipps::Reference>().unwrap();
    let newer = epayment.payment(reference());
    assert_setters! {
        epayment.create(reference(), amount()).qr() => [true, true, true, true];
        vipps.pay_by_qr(id(), amount(), text()).epayment() => [true, true, true, true];
        newer.capture(amount()) => [true, true, true, true];
        newer.refund(amount()) => [true, true, true, true];
        // The document has no key for these operations.
        newer.cancel() => [false, true, true, true];
        newer.force_approve() => [false, true, true, true];
        newer.details() => [false, true, true, true];
        newer.events() => [false, true, true, true];
        newer.wait() => [false, true, true, true];
        payment.capture_remaining() => [true, true, true, true];
        payment.refund_remaining() => [true, true, true, true];
        payment.force_approve() => [true, true, true, true];
        // The API has no key for these operations, so the header would have no effect.
        ecom.initiate(id(), amount(), text()) => [false, true, true, true];
        vipps.pay_by_qr(id(), amount(), text()) => [false, true, true, true];
        payment.cancel() => [false, true, true, true];
        payment.details() => [false, true, true, true];
        payment.status() => [false, true, true, true];
        // Each poll is one request; the interval is the retry.
        payment.wait() => [false, true, true, true];
        qr.one_time(&page) => [false, true, true, true];
        qr.exchange(personal()) => [false, true, true, true];
        qr.exchange_customer(customer()) => [false, true, true, true];
        redirect.create(target()) => [false, true, true, true];
        redirect.create_or_update(target()) => [false, true, true, true];
        redirect.update(target()) => [false, true, true, true];
        redirect.get() => [false, true, true, true];
        redirect.delete() => [false, true, true, true];
        qr.merchant_redirects() => [false, true, true, true];
        callback.put("Till 1".parse().unwrap()) => [false, true, true, true];
        callback.get() => [false, true, true, true];
        callback.delete() => [false, true, true, true];
        qr.merchant_callbacks() => [false, true, true, true];
        beacon.put("Till 1".parse().unwrap()) => [false, true, true, true];
        vipps.webhooks().register(hook(), event()) => [false, true, true, true];
        vipps.webhooks().list() => [false, true, true, true];
        vipps.webhooks().delete("w-1") => [false, true, true, true];
        vipps.webhooks().ensure(hook(), event(), None) => [false, true, true, true];
        vipps.userinfo("sub") => [false, true, true, true];
    }
}
