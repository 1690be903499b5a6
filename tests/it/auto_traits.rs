//! Compile-time guarantees: a client can be shared, stored and sent between threads, and so can the
//! future of every call.

use vipps::callback::CallbackAuth;
use vipps::ecom::{Ecom, Payment, PaymentDetails};
use vipps::qr::Qr;
use vipps::token_store::{
    MemoryTokenStore, RedisTokenStore, StoredToken, TokenStore, TokenStoreError,
};
use vipps::{Credentials, Environment, Error, Vipps, VippsBuilder};

fn shared<T: Clone + Send + Sync + 'static>() {}
fn sent<T: Send + 'static>() {}
fn in_flight<T: Send + 'static>(_: &T) {}

#[test]
fn the_client_and_its_handles_are_shared_freely() {
    shared::<Vipps>();
    shared::<Ecom>();
    shared::<Qr>();
    shared::<vipps::webhooks::Webhooks>();
    shared::<vipps::webhooks::Ensured>();
    shared::<vipps::userinfo::Userinfo>();
    shared::<Payment>();
    shared::<PaymentDetails>();
    shared::<vipps::epayment::EPayment>();
    shared::<vipps::epayment::Payment>();
    shared::<vipps::epayment::CreatedPayment>();
    shared::<vipps::epayment::PaymentDetails>();
    shared::<vipps::QrPayment<vipps::epayment::Payment>>();
    shared::<Credentials>();
    shared::<Environment>();
    shared::<Error>();
    shared::<CallbackAuth>();
    shared::<MemoryTokenStore>();
    shared::<RedisTokenStore>();
    shared::<StoredToken>();
    shared::<std::sync::Arc<dyn TokenStore>>();
    sent::<TokenStoreError>();
    sent::<VippsBuilder>();
    sent::<vipps::ecom::Poll>();
    shared::<vipps::testing::Recorder>();
    shared::<vipps::testing::ManualClock>();
    sent::<vipps::testing::SeededRandomness>();
    sent::<vipps::simulator::Pause>();
}

/// Secrets do not implement `PartialEq`. The duration of `==` depends on the length of the equal
/// prefix, which reveals a secret byte by byte.
#[test]
fn secrets_do_not_implement_partial_eq() {
    trait Compared<T> {
        fn is_not() {}
    }
    struct Comparable;
    impl<T> Compared<()> for T {}
    impl<T: PartialEq> Compared<Comparable> for T {}
    // The call is ambiguous, and does not compile, if the type implements the trait.
    <vipps::ecom::AuthToken as Compared<_>>::is_not();
    <Credentials as Compared<_>>::is_not();
    <CallbackAuth as Compared<_>>::is_not();
    <vipps::webhooks::Registration as Compared<_>>::is_not();
    <vipps::epayment::ShippingToken as Compared<_>>::is_not();
    <vipps::webhooks::Verifier as Compared<_>>::is_not();
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
    in_flight(&ecom.initiate(id(), amount, "t".parse().unwrap()).send());
    in_flight(
        &ecom
            .initiate(id(), amount, "t".parse().unwrap())
            .into_future(),
    );
    in_flight(&payment.details().send());
    in_flight(&payment.capture_remaining().send());
    in_flight(&payment.refund_remaining().send());
    in_flight(&payment.cancel().send());
    in_flight(&payment.force_approve().send());
    in_flight(&payment.wait().send());
    in_flight(&payment.wait().poll());
    in_flight(&vipps.pay_by_qr(id(), amount, "t".parse().unwrap()).send());
    let qr = vipps.qr();
    let page = vipps::types::LandingPage::parse("https://example.com/?token=x").unwrap();
    in_flight(&qr.one_time(&page).send());
    let redirect = qr.merchant_redirect("poster".parse().unwrap());
    let target = || "https://example.com".parse().unwrap();
    in_flight(&redirect.create(target()).send());
    in_flight(&redirect.create_or_update(target()).send());
    in_flight(&redirect.update(target()).send());
    in_flight(&redirect.get().send());
    in_flight(&redirect.delete().send());
    in_flight(&qr.merchant_redirects().send());
    let callback = qr.merchant_callback("till-1".parse().unwrap());
    in_flight(&callback.put("Till 1".parse().unwrap()).send());
    in_flight(&callback.get().send());
    in_flight(&callback.delete().send());
    in_flight(&qr.merchant_callbacks().send());
    let epayment = vipps.epayment();
    let reference = || "kiosk-7-000451".parse::<vipps::Reference>().unwrap();
    let payment = epayment.payment(reference());
    in_flight(&epayment.create(reference(), amount).qr().send());
    in_flight(&payment.details().send());
    in_flight(&payment.events().send());
    in_flight(&payment.capture(amount).send());
    in_flight(&payment.capture_remaining().send());
    in_flight(&payment.refund(amount).send());
    in_flight(&payment.refund_remaining().send());
    in_flight(&payment.cancel().send());
    in_flight(&payment.force_approve().send());
    in_flight(&payment.wait().send());
    in_flight(&payment.wait().poll());
    in_flight(&payment.reconcile_cancel().send());
    let by_qr = vipps.pay_by_qr(id(), amount, "text".parse().unwrap());
    in_flight(&by_qr.epayment().send());
    let hooks = vipps.webhooks();
    let hook = || "https://shop.example.com/hooks".parse().unwrap();
    in_flight(&hooks.register(hook(), ["a"]).send());
    in_flight(&hooks.list().send());
    in_flight(&hooks.delete("w-1").send());
    in_flight(&hooks.ensure(hook(), ["a"], None).send());
    in_flight(&vipps.userinfo("sub").send());
    let raw = async move {
        vipps
            .call(|raw| async move { raw.qr().get_merchant_callback_qrs().send().await })
            .await
    };
    in_flight(&raw);
}
