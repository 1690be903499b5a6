//! Compile-time guarantees: a client can be shared, stored and sent between threads, and so can the
//! future of every call.

use vipps::callback::CallbackAuth;
use vipps::ecom::{Ecom, Payment, PaymentDetails};
use vipps::qr::Qr;
use vipps::token_store::{
    MemoryTokenStore, RedisTokenStore, StoredToken, TokenStore, TokenStoreError,
};
use vipps::{Credentials, Environment, Error, Vipps, VippsBuilder};

fn assert_clone_send_sync<T: Clone + Send + Sync + 'static>() {}
fn assert_send_type<T: Send + 'static>() {}
fn assert_send<T: Send + 'static>(_: &T) {}

#[test]
fn the_client_and_its_handles_are_shared_freely() {
    assert_clone_send_sync::<Vipps>();
    assert_clone_send_sync::<Ecom>();
    assert_clone_send_sync::<Qr>();
    assert_clone_send_sync::<vipps::webhooks::Webhooks>();
    assert_clone_send_sync::<vipps::webhooks::Ensured>();
    assert_clone_send_sync::<vipps::userinfo::Userinfo>();
    assert_clone_send_sync::<Payment>();
    assert_clone_send_sync::<PaymentDetails>();
    assert_clone_send_sync::<vipps::epayment::EPayment>();
    assert_clone_send_sync::<vipps::epayment::Payment>();
    assert_clone_send_sync::<vipps::epayment::CreatedPayment>();
    assert_clone_send_sync::<vipps::epayment::PaymentDetails>();
    assert_clone_send_sync::<vipps::QrPayment<vipps::epayment::Payment>>();
    assert_clone_send_sync::<Credentials>();
    assert_clone_send_sync::<Environment>();
    assert_clone_send_sync::<Error>();
    assert_clone_send_sync::<CallbackAuth>();
    assert_clone_send_sync::<MemoryTokenStore>();
    assert_clone_send_sync::<RedisTokenStore>();
    assert_clone_send_sync::<StoredToken>();
    assert_clone_send_sync::<std::sync::Arc<dyn TokenStore>>();
    assert_send_type::<TokenStoreError>();
    assert_send_type::<VippsBuilder>();
    assert_send_type::<vipps::ecom::Poll>();
    assert_clone_send_sync::<vipps::testing::Recorder>();
    assert_clone_send_sync::<vipps::testing::ManualClock>();
    assert_send_type::<vipps::testing::SeededRandomness>();
    assert_send_type::<vipps::simulator::Pause>();
}

/// Secrets do not implement `PartialEq`. The duration of `==` depends on the length of the equal
/// prefix, which reveals a secret byte by byte.
#[test]
fn secrets_do_not_implement_partial_eq() {
    trait NotComparable<T> {
        fn compiles() {}
    }
    struct Comparable;
    impl<T> NotComparable<()> for T {}
    impl<T: PartialEq> NotComparable<Comparable> for T {}
    // The call is ambiguous, and does not compile, if the type implements the trait.
    <vipps::ecom::AuthToken as NotComparable<_>>::compiles();
    <Credentials as NotComparable<_>>::compiles();
    <CallbackAuth as NotComparable<_>>::compiles();
    <vipps::webhooks::Registration as NotComparable<_>>::compiles();
    <vipps::epayment::ShippingToken as NotComparable<_>>::compiles();
    <vipps::webhooks::Verifier as NotComparable<_>>::compiles();
}

#[test]
fn an_error_is_one_pointer_wide() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}

/// Every operation of all APIs, as a future that is never polled.
#[tokio::test]
async fn every_call_can_move_between_threads() {
    let vipps = vipps::testing::Recorder::new().client();
    let id = || "order-1".parse::<vipps::OrderId>().unwrap();
    let amount = vipps::Amount::nok(1);
    let ecom = vipps.ecom();
    let payment = ecom.payment(id());
    assert_send(&ecom.initiate(id(), amount, "t".parse().unwrap()).send());
    assert_send(
        &ecom
            .initiate(id(), amount, "t".parse().unwrap())
            .into_future(),
    );
    assert_send(&payment.details().send());
    assert_send(&payment.capture_remaining().send());
    assert_send(&payment.refund_remaining().send());
    assert_send(&payment.cancel().send());
    assert_send(&payment.force_approve().send());
    assert_send(&payment.wait().send());
    assert_send(&payment.wait().poll());
    assert_send(&vipps.pay_by_qr(id(), amount, "t".parse().unwrap()).send());
    let qr = vipps.qr();
    let page = vipps::types::LandingPage::parse("https://example.com/?token=x").unwrap();
    assert_send(&qr.one_time(&page).send());
    let redirect = qr.merchant_redirect("poster".parse().unwrap());
    let target = || "https://example.com".parse().unwrap();
    assert_send(&redirect.create(target()).send());
    assert_send(&redirect.create_or_update(target()).send());
    assert_send(&redirect.update(target()).send());
    assert_send(&redirect.get().send());
    assert_send(&redirect.delete().send());
    assert_send(&qr.merchant_redirects().send());
    let callback = qr.merchant_callback("till-1".parse().unwrap());
    assert_send(&callback.put("Till 1".parse().unwrap()).send());
    assert_send(&callback.get().send());
    assert_send(&callback.delete().send());
    assert_send(&qr.merchant_callbacks().send());
    let epayment = vipps.epayment();
    let reference = || "kiosk-7-000451".parse::<vipps::Reference>().unwrap();
    let payment = epayment.payment(reference());
    assert_send(&epayment.create(reference(), amount).qr().send());
    assert_send(&payment.details().send());
    assert_send(&payment.events().send());
    assert_send(&payment.capture(amount).send());
    assert_send(&payment.capture_remaining().send());
    assert_send(&payment.refund(amount).send());
    assert_send(&payment.refund_remaining().send());
    assert_send(&payment.cancel().send());
    assert_send(&payment.force_approve().send());
    assert_send(&payment.wait().send());
    assert_send(&payment.wait().poll());
    assert_send(&payment.reconcile_cancel().send());
    let by_qr = vipps.pay_by_qr(id(), amount, "text".parse().unwrap());
    assert_send(&by_qr.epayment().send());
    let hooks = vipps.webhooks();
    let hook = || "https://shop.example.com/hooks".parse().unwrap();
    assert_send(&hooks.register(hook(), ["a"]).send());
    assert_send(&hooks.list().send());
    assert_send(&hooks.delete("w-1").send());
    assert_send(&hooks.ensure(hook(), ["a"], None).send());
    assert_send(&vipps.userinfo("sub").send());
    let raw = async move {
        vipps
            .call(|raw| async move { raw.qr().get_merchant_callback_qrs().send().await })
            .await
    };
    assert_send(&raw);
}
