//! The actions of customers.

use jiff::Timestamp;

use super::modifications::Change;
use super::payment::Payment;
use super::profile::Profile;
use super::qr::CodeKey;
use super::refusal::Refusal;
use super::shipping::{self, PendingShipping, ShippingMethod, ShippingSource};
use super::{Domain, Event, PaymentId};
use crate::simulator::random::Random;

/// Returns the issuer's reason for refusing an amount in minor units, as in the test environment.
fn refused_amount(minor_units: i64) -> Option<&'static str> {
    Some(match minor_units {
        151 => "insufficient funds",
        182 => "refused by the issuer",
        183 => "suspected fraud",
        184 => "limit exceeded",
        186 => "expired card",
        187 => "invalid card",
        197 => "3-D Secure denied",
        _ => return None,
    })
}

impl Domain {
    /// Opens a waiting payment in the app.
    pub(crate) fn open(&mut self, payment: PaymentId, now: Timestamp) {
        self.payment_mut(payment).open(now);
    }

    /// Starts 3-D Secure with the issuer. Until the customer approves or rejects, the merchant
    /// cannot cancel.
    pub(crate) fn authenticate(
        &mut self,
        payment: PaymentId,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let payment = self.waiting(payment)?;
        payment.open(now);
        payment.is_authenticating = true;
        Ok(())
    }

    /// Returns a payment that waits for the customer.
    fn waiting(&mut self, payment: PaymentId) -> Result<&mut Payment, Refusal> {
        let payment = self.payment_mut(payment);
        match payment.approval_refusal() {
            Some(reason) => Err(Refusal::CannotApprove(reason)),
            None => Ok(payment),
        }
    }

    /// Approves a waiting payment. If the merchant returns the shipping methods on request, the
    /// approval follows that response.
    pub(crate) fn approve(
        &mut self,
        payment: PaymentId,
        customer: Profile,
        method: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let waiting = self.waiting(payment)?;
        waiting.open(now);
        if let Some(reason) = refused_amount(waiting.amount.minor_units()) {
            let entry = self.entry(now);
            let change = self.payment_mut(payment).decline(entry);
            self.add_event(payment, change);
            return Err(Refusal::Declined(reason));
        }
        match &waiting.options.shipping {
            None if method.is_some() => return Err(Refusal::UnknownShippingMethod),
            None => {}
            Some(ShippingSource::Fixed(methods)) => {
                let chosen = shipping::choose(methods, method);
                waiting.shipping = Some(chosen.ok_or(Refusal::UnknownShippingMethod)?.clone());
            }
            Some(ShippingSource::Merchant { .. }) => {
                let method = method.map(str::to_owned);
                waiting.pending_shipping = Some(PendingShipping { customer, method });
                self.events.push(Event::ShippingRequested { payment });
                return Ok(());
            }
        }
        self.complete_approval(payment, customer, now);
        Ok(())
    }

    /// Approves a waiting payment of any amount, as the test environment can on request.
    pub(crate) fn force_approve(
        &mut self,
        payment: PaymentId,
        customer: Profile,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.waiting(payment)?.open(now);
        self.complete_approval(payment, customer, now);
        Ok(())
    }

    fn complete_approval(&mut self, payment: PaymentId, customer: Profile, now: Timestamp) {
        let entry = self.entry(now);
        let change = self.payment_mut(payment).approve(customer, entry);
        self.add_event(payment, change);
    }

    /// Continues an approval with the merchant's shipping methods. Returns the reason why they
    /// cannot be used.
    pub(crate) fn receive_shipping(
        &mut self,
        id: PaymentId,
        methods: Result<Vec<ShippingMethod>, String>,
        now: Timestamp,
    ) -> Result<(), String> {
        let payment = self.payment_mut(id);
        let Some(pending) = payment.pending_shipping.take() else {
            return Err("no approval waits for shipping methods".into());
        };
        if !payment.is_waiting() {
            return Err("the payment has ended".into());
        }
        let methods = methods?;
        let chosen = shipping::choose(&methods, pending.method.as_deref())
            .ok_or("the customer's method is not among them")?;
        payment.shipping = Some(chosen.clone());
        self.complete_approval(id, pending.customer, now);
        Ok(())
    }

    /// Rejects a waiting payment in the app or on the landing page.
    pub(crate) fn reject(
        &mut self,
        payment: PaymentId,
        in_app: bool,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let waiting = self.waiting(payment)?;
        if in_app {
            waiting.open(now);
        }
        let entry = self.entry(now);
        let change = self.payment_mut(payment).reject(in_app, entry);
        self.add_event(payment, change);
        Ok(())
    }

    pub(super) fn expire(&mut self, payment: PaymentId, now: Timestamp) {
        let entry = self.entry(now);
        let change = self.payment_mut(payment).expire(entry);
        self.add_event(payment, change);
    }

    fn add_event(&mut self, payment: PaymentId, change: Change) {
        let entry = change.event;
        self.events.push(Event::Payment { payment, entry });
    }

    /// Withdraws the consent that the customer gave with a payment.
    pub(crate) fn withdraw_consent(&mut self, id: PaymentId) -> Result<(), Refusal> {
        let payment = self.payment(id);
        if payment.options.merchant.consents.is_none() || payment.customer.is_none() {
            return Err(Refusal::NoConsent);
        }
        self.events.push(Event::ConsentWithdrawn { payment: id });
        Ok(())
    }

    /// Checks a customer in with the code of a place. The sales unit must have a webhook for
    /// `event`.
    pub(crate) fn check_in(
        &mut self,
        code: &CodeKey,
        customer: Profile,
        event: &str,
        random: &mut Random,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let webhook = self.webhooks.only_for_event(&code.sales_unit, event);
        webhook.ok_or(Refusal::NoWebhook)?;
        self.events.push(Event::CheckedIn {
            code: code.clone(),
            customer_token: self.codes.add_check_in(customer, random, now),
            time: now,
        });
        Ok(())
    }
}
