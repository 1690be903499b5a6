//! The fixture of each test: a client, unused ids, and the payments, codes and registrations to
//! clean up.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use vipps::ecom::{InitiatedPayment, Payment};
use vipps::qr::{CallbackQrId, RedirectQrId};
use vipps::{Amount, OrderId, PhoneNumber, Reference, Vipps, epayment};

use super::target;

/// The amount of every payment.
pub(crate) const PRICE: Amount = Amount::nok(10);

#[derive(Clone)]
pub(crate) struct Fixture {
    pub(crate) vipps: Vipps,
    created: Arc<Mutex<Vec<Created>>>,
}

/// A resource that outlives a test unless it is cleaned up.
enum Created {
    Order(OrderId),
    Epayment(Reference),
    Redirect(RedirectQrId),
    Callback(CallbackQrId),
    Webhook(String),
}

/// Runs a test, and cleans up after its success or failure.
pub(crate) async fn with_fixture<F>(test: impl FnOnce(Fixture) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let fixture = Fixture {
        vipps: target::client(),
        created: Arc::default(),
    };
    let result = tokio::spawn(test(fixture.clone())).await;
    fixture.clean_up().await;
    if let Err(failure) = result {
        std::panic::resume_unwind(failure.into_panic());
    }
}

impl Fixture {
    /// Returns a text that is unique among all tests and runs.
    fn unique_id() -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        static RUN: std::sync::OnceLock<u128> = std::sync::OnceLock::new();
        let run = RUN.get_or_init(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            now.expect("a clock that is set").as_micros()
        });
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        format!("contract-{run:x}-{}-{number}", std::process::id())
    }

    pub(crate) fn order(&self) -> OrderId {
        let id: OrderId = Self::unique_id().parse().expect("an order id");
        self.created
            .lock()
            .unwrap()
            .push(Created::Order(id.clone()));
        id
    }

    pub(crate) fn reference(&self) -> Reference {
        let reference: Reference = Self::unique_id().parse().expect("a reference");
        let created = Created::Epayment(reference.clone());
        self.created.lock().unwrap().push(created);
        reference
    }

    pub(crate) fn redirect(&self) -> RedirectQrId {
        let id: RedirectQrId = Self::unique_id().parse().expect("an id");
        self.created
            .lock()
            .unwrap()
            .push(Created::Redirect(id.clone()));
        id
    }

    pub(crate) fn callback(&self) -> CallbackQrId {
        let id: CallbackQrId = Self::unique_id().parse().expect("an id");
        self.created
            .lock()
            .unwrap()
            .push(Created::Callback(id.clone()));
        id
    }

    /// Deletes a webhook registration after the test.
    pub(crate) fn registered(&self, id: &str) {
        self.created
            .lock()
            .unwrap()
            .push(Created::Webhook(id.to_owned()));
    }

    /// Starts a payment that waits for its customer.
    pub(crate) async fn initiated(&self) -> InitiatedPayment {
        let text = "Contract test".parse().expect("a text");
        let payment = self.vipps.ecom().initiate(self.order(), PRICE, text);
        payment.await.expect("a payment")
    }

    /// Returns the builder of a payment of the ePayment API.
    pub(crate) fn create(&self, reference: Reference, amount: Amount) -> epayment::Create {
        let create = self.vipps.epayment().create(reference, amount);
        let page = "https://example.com/result".parse().expect("a URL");
        create.web_redirect(page)
    }

    /// Returns an approved payment. Prints SKIPPED and returns `None` if the environment does not
    /// allow it.
    pub(crate) async fn approved(&self, test: &str) -> Option<Payment> {
        let payer = payer(test)?;
        let started = self.initiated().await;
        let payment = started.payment(&self.vipps);
        let approval = payment.force_approve().phone_number(payer);
        is_allowed(test, &approval.landing_page(&started).await).then_some(payment)
    }

    /// Like [`approved`](Self::approved), for the ePayment API.
    pub(crate) async fn approved_epayment(&self, test: &str) -> Option<epayment::Payment> {
        let payer = payer(test)?;
        let created = self.create(self.reference(), PRICE).await;
        let payment = created.expect("a payment").payment(&self.vipps);
        let approval = payment.force_approve().customer(payer);
        is_allowed(test, &approval.await).then_some(payment)
    }

    /// Cancels or refunds the rest of every payment, and deletes every code and registration.
    async fn clean_up(&self) {
        let created = std::mem::take(&mut *self.created.lock().unwrap());
        for created in created {
            // A resource that does not exist needs no cleanup, so errors are ignored.
            match created {
                Created::Order(id) => self.clean_up_order(&id).await,
                Created::Epayment(reference) => self.clean_up_epayment(reference).await,
                Created::Redirect(id) => {
                    drop(self.vipps.qr().merchant_redirect(id.clone()).delete().await);
                }
                Created::Callback(id) => {
                    drop(self.vipps.qr().merchant_callback(id.clone()).delete().await);
                }
                Created::Webhook(id) => drop(self.vipps.webhooks().delete(id).await),
            }
        }
    }

    async fn clean_up_order(&self, id: &OrderId) {
        let payment = self.vipps.ecom().payment(id.clone());
        let deadline = Duration::from_secs(90);
        let Ok(details) = payment.details().await else {
            return;
        };
        if details.can_cancel() {
            drop(payment.cancel().deadline(deadline).await);
        } else if details.can_release() {
            drop(
                payment
                    .cancel()
                    .release_remaining()
                    .deadline(deadline)
                    .await,
            );
        }
        if details.can_refund() {
            drop(payment.refund_remaining().deadline(deadline).await);
        }
    }

    async fn clean_up_epayment(&self, reference: Reference) {
        let payment = self.vipps.epayment().payment(reference);
        let deadline = Duration::from_secs(90);
        let Ok(details) = payment.details().await else {
            return;
        };
        if details.can_cancel() {
            drop(payment.cancel().deadline(deadline).await);
        }
        if details.can_refund() {
            drop(payment.refund_remaining().deadline(deadline).await);
        }
    }
}

/// Returns the phone number of the test user who approves payments. Prints SKIPPED if it is
/// missing.
fn payer(test: &str) -> Option<PhoneNumber> {
    let payer = target::payer();
    if payer.is_none() {
        eprintln!("SKIPPED {test}: VIPPS_CONTRACT_PHONE is missing, so no test user can approve");
    }
    payer
}

/// Returns true if an approval succeeded. Prints SKIPPED if the environment does not allow it.
fn is_allowed<T>(test: &str, approval: &vipps::Result<T>) -> bool {
    if let Err(error) = approval {
        assert!(target::is_real(), "the simulator allows it: {error}");
        eprintln!("SKIPPED {test}: force approve is not allowed here: {error}");
    }
    approval.is_ok()
}
