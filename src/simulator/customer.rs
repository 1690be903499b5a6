//! The actions of customers, and the calls to the merchant that follow.

use ::http::Method;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::ecom::callback::{self, News};
use super::ecom::express::{self, Shipping};
use super::order::{Choice, Phase};
use super::outbound::{Outbound, Reason};
use super::payer::PayerError;
use super::person::Person;
use super::qr::Key;
use super::qr::exchange::Customer;
use super::state::{OrderRef, State};
use super::webhook;

/// The characters that need no percent-encoding in a path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Returns the issuer's reason for refusing an amount, in øre, as in the test environment.
fn refused_amount(amount: i64) -> Option<&'static str> {
    Some(match amount {
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

impl State {
    /// Opens a waiting payment in the app.
    pub(crate) fn scan(&mut self, place: OrderRef, now: Timestamp) {
        if self.order(place).phase == Phase::Initiated && self.order(place).scanned.is_none() {
            let id = self.transaction_id();
            self.order_mut(place).scan(id, now);
        }
    }

    /// Approves a waiting payment. With dynamic shipping, the merchant is first asked for the
    /// methods, and the reservation follows the response.
    pub(crate) fn approve(
        &mut self,
        place: OrderRef,
        person: Person,
        method: Option<&str>,
        now: Timestamp,
    ) -> Result<(), PayerError> {
        self.scan(place, now);
        if let Some(reason) = refused_amount(self.order(place).amount) {
            self.order_mut(place).decline(now);
            self.tell(place, News::Failed, now);
            return Err(PayerError::Declined(reason));
        }
        let express = self.order(place).terms.express.clone();
        match express.map(|express| express.shipping) {
            None => self.settle(place, person, now),
            Some(Shipping::Static(methods)) => {
                let chosen =
                    express::choose(&methods, method).ok_or(PayerError::NoSuchShippingMethod)?;
                self.order_mut(place).shipping = Some(chosen.clone());
                self.settle(place, person, now);
            }
            Some(Shipping::Dynamic(prefix)) => {
                let method = method.map(str::to_owned);
                self.order_mut(place).choosing = Some(Choice { person, method });
                self.ask_for_shipping(place, &prefix);
            }
        }
        Ok(())
    }

    /// Completes an approval that the issuer accepted, and sends the callback.
    pub(crate) fn settle(&mut self, place: OrderRef, person: Person, now: Timestamp) {
        let order = self.order_mut(place);
        order.person = Some(person);
        order.approve(now);
        self.tell(place, News::Approved, now);
    }

    fn ask_for_shipping(&mut self, place: OrderRef, prefix: &str) {
        let order = self.order(place);
        let call = Outbound {
            reason: Reason::Shipping,
            order: Some(place),
            order_id: Some(order.id.clone()),
            method: Method::POST,
            url: format!("{prefix}/v2/payments/{}/shippingDetails", order.id),
            authorization: order.terms.auth_token.clone(),
            signed_by: None,
            body: Some(express::question()),
            attempt: 1,
        };
        self.outbox.push(call);
    }

    /// Continues an approval with the merchant's shipping methods. Returns an error if the response
    /// could not be used.
    pub(crate) fn shipping_answered(
        &mut self,
        place: OrderRef,
        answer: Result<Value, String>,
        now: Timestamp,
    ) -> Result<(), String> {
        let Some(choice) = self.order_mut(place).choosing.take() else {
            return Err("nobody waits for it any more".into());
        };
        if self.order(place).phase != Phase::Initiated {
            return Err("the payment is over".into());
        }
        let methods = express::answered(&answer?, &self.order(place).id)?;
        let chosen = express::choose(&methods, choice.method.as_deref())
            .ok_or("the customer's method is not among them")?;
        self.order_mut(place).shipping = Some(chosen.clone());
        self.settle(place, choice.person, now);
        Ok(())
    }

    /// Rejects the payment in the app.
    pub(crate) fn reject(&mut self, place: OrderRef, now: Timestamp) {
        self.scan(place, now);
        self.order_mut(place).reject(now);
        self.tell(place, News::Cancelled, now);
    }

    /// Rejects the payment on the landing page, without the app.
    pub(crate) fn leave(&mut self, place: OrderRef, now: Timestamp) {
        self.order_mut(place).reject(now);
        self.tell(place, News::Rejected, now);
    }

    /// Expires the payment because the customer did not act in time.
    pub(crate) fn expire(&mut self, place: OrderRef, now: Timestamp) {
        self.order_mut(place).phase = Phase::Expired;
        self.tell(place, News::Rejected, now);
    }

    fn tell(&mut self, place: OrderRef, news: News, now: Timestamp) {
        let order = self.order(place);
        let call = Outbound {
            reason: Reason::Payment,
            order: Some(place),
            order_id: Some(order.id.clone()),
            method: Method::POST,
            url: format!("{}/v2/payments/{}", order.terms.callback_prefix, order.id),
            authorization: order.terms.auth_token.clone(),
            signed_by: None,
            body: Some(callback::body(order, news, now)),
            attempt: 1,
        };
        self.outbox.push(call);
    }

    /// Withdraws the consent that was given with an express payment.
    pub(crate) fn withdraw_consent(&mut self, place: OrderRef) -> Result<(), PayerError> {
        let order = self.order(place);
        let (Some(express), Some(person)) = (&order.terms.express, &order.person) else {
            return Err(PayerError::NoConsent);
        };
        let call = Outbound {
            reason: Reason::Consent,
            order: Some(place),
            order_id: Some(order.id.clone()),
            method: Method::DELETE,
            url: format!(
                "{}/v2/consents/{}",
                express.consent_removal_prefix,
                utf8_percent_encode(&person.user_id(), SEGMENT)
            ),
            authorization: None,
            signed_by: None,
            body: None,
            attempt: 1,
        };
        self.outbox.push(call);
        Ok(())
    }

    /// Checks a customer in with the code of a place.
    pub(crate) fn check_in(
        &mut self,
        (msn, qr_id): &Key,
        person: &Person,
        now: Timestamp,
    ) -> Result<(), PayerError> {
        let registration = self
            .webhooks
            .get(msn)
            .cloned()
            .ok_or(PayerError::CannotConnect)?;
        let token = {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.encode(self.random.bytes::<48>())
        };
        let body = webhook::check_in(msn, qr_id, &token, now);
        let customer = Customer {
            msisdn: person.msisdn.clone(),
            since: now,
        };
        self.codes.customers.insert(token, customer);
        let call = Outbound {
            reason: Reason::CheckIn,
            order: None,
            order_id: None,
            method: Method::POST,
            url: registration.url.clone(),
            authorization: None,
            signed_by: Some(registration),
            body: Some(body),
            attempt: 1,
        };
        self.outbox.push(call);
        Ok(())
    }
}
