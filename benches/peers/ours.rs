//! The calls through this crate, with its token, headers, retries, deadline and decoding.

use vipps::ecom::{FallbackUrl, TransactionText};
use vipps::types::{HttpsUrl, LandingPage};
use vipps::{Amount, Credentials, Currency, Environment, OrderId, Vipps};

use super::{CALLBACK, FALLBACK, MERCHANT, ORDER, ORE, Operation, SUBSCRIPTION_KEY, TEXT};

/// A client of this crate with the arguments of the calls.
#[derive(Clone, Debug)]
pub struct Ours {
    vipps: Vipps,
    order: OrderId,
    text: TransactionText,
    fallback: FallbackUrl,
    callback: HttpsUrl,
    page: LandingPage,
}

/// Returns the builder of a client for a server at `base`.
pub fn client(base: &str) -> vipps::VippsBuilder {
    let credentials = Credentials::new(
        "bench-client-id",
        "bench-client-secret",
        SUBSCRIPTION_KEY,
        MERCHANT.parse().expect("a number"),
    )
    .expect("credentials");
    let environment = Environment::custom(base).expect("a base URL");
    Vipps::builder(credentials).environment(environment)
}

impl Ours {
    pub fn new(base: &str) -> Self {
        Self::with(client(base).build().expect("a client"))
    }

    pub fn with(vipps: Vipps) -> Self {
        Self {
            vipps,
            order: ORDER.parse().expect("an order id"),
            text: TEXT.parse().expect("a text"),
            fallback: FALLBACK.parse().expect("a URL"),
            callback: CALLBACK.parse().expect("a URL"),
            page: super::bare::PAGE.parse().expect("a landing page"),
        }
    }

    pub fn vipps(&self) -> &Vipps {
        &self.vipps
    }

    pub async fn initiate(&self) -> vipps::Result<vipps::ecom::InitiatedPayment> {
        self.vipps
            .ecom()
            .initiate(
                self.order.clone(),
                Amount::minor(ORE, Currency::NOK),
                self.text.clone(),
            )
            .fallback(self.fallback.clone())
            .callback_prefix(self.callback.clone())
            .await
    }

    pub async fn details(&self) -> vipps::Result<vipps::ecom::PaymentDetails> {
        self.vipps
            .ecom()
            .payment(self.order.clone())
            .details()
            .await
    }

    pub async fn one_time_qr(&self) -> vipps::Result<vipps::qr::OneTimeQr> {
        self.vipps.qr().one_time(&self.page).await
    }

    pub async fn capture(&self) -> vipps::Result<vipps::ecom::Transaction> {
        self.vipps
            .ecom()
            .payment(self.order.clone())
            .capture(Amount::minor(ORE, Currency::NOK))
            .text(self.text.clone())
            .await
    }

    pub async fn pay_by_qr(&self) -> vipps::Result<vipps::QrPayment> {
        self.vipps
            .pay_by_qr(
                self.order.clone(),
                Amount::minor(ORE, Currency::NOK),
                self.text.clone(),
            )
            .payment(|payment| {
                payment
                    .fallback(self.fallback.clone())
                    .callback_prefix(self.callback.clone())
            })
            .await
    }

    pub async fn call(&self, operation: Operation) {
        call!(self, operation);
    }
}
