//! The body of the request that creates a payment, and the checks of its values.

use std::collections::HashMap;

use jiff::SignedDuration;
use serde_json::{Map, Value};

use super::{Create, Flow, PaymentMethod};
use crate::call::built;
use crate::epayment::types::customer::Customer;
use crate::epayment::types::money;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::raw::epayment::types;
use crate::types::characters::length;
use crate::types::{AirlineData, InvalidValue, QrFormat, Reference};

/// The scope that every Express payment has.
const EXPRESS_SCOPE: &str = "name address email phoneNumber";

const SHORTEST_LIFETIME: SignedDuration = SignedDuration::from_mins(10);
const LONGEST_LIFETIME: SignedDuration = SignedDuration::from_hours(60 * 24);

const MAX_PAIRS: usize = 5;
const MAX_KEY: usize = 100;
const MAX_VALUE: usize = 500;
const MAX_AGE: u8 = 100;

impl Create {
    pub(super) fn body(&self) -> Result<types::builder::CreatePaymentRequest> {
        let reference = self.reference.as_str();
        if reference.len() < Reference::MIN_NEW {
            let rule = "must have at least 8 characters for a new payment";
            return Err(InvalidValue::new("reference", rule, reference).into());
        }
        let mut body = types::CreatePaymentRequest::builder()
            .amount(money::payment(self.amount)?)
            .reference(reference.to_owned())
            .user_flow(match self.flow {
                Flow::WebRedirect => types::CreatePaymentRequestUserFlow::WebRedirect,
                Flow::NativeRedirect => types::CreatePaymentRequestUserFlow::NativeRedirect,
                Flow::PushMessage => types::CreatePaymentRequestUserFlow::PushMessage,
                Flow::Qr(_) => types::CreatePaymentRequestUserFlow::Qr,
            })
            .payment_method(self.method()?)
            .return_url(self.return_url.clone().map(String::from))
            .payment_description(self.description.clone().map(String::from))
            .customer(self.customer.as_ref().map(Customer::write).transpose()?)
            .customer_interaction(
                self.customer_present
                    .then_some(types::CreatePaymentRequestCustomerInteraction::CustomerPresent),
            );
        if let Flow::Qr(Some(format)) = self.flow {
            body = body.qr_format(qr_format(format)?);
        }
        if let Some(time) = self.expires_at {
            body = body.expires_at(self.expiry(time)?);
        }
        if let Some(receipt) = &self.receipt {
            if let Some(url) = &self.receipt_url {
                let rule = "must not be set together with a receipt";
                return Err(InvalidValue::new("receipt_url", rule, url.as_str()).into());
            }
            body = body.receipt(receipt.write(self.amount)?);
        }
        if let Some(url) = &self.receipt_url {
            body = body.receipt_url(url.as_str().to_owned());
        }
        if !self.metadata.is_empty() {
            body = body.metadata(types::Metadata(Some(self.checked_metadata()?)));
        }
        if let Some(years) = self.minimum_age {
            if years > MAX_AGE {
                let rule = "must be 0 to 100 years";
                return Err(InvalidValue::new("minimum_age", rule, years.to_string()).into());
            }
            body = body.minimum_user_age(i64::from(years));
        }
        if let Some(scope) = self.profile_scope()? {
            let profile = types::ProfileRequest::builder().scope(scope.to_owned());
            body = body.profile(built::<types::ProfileRequest, _>(profile)?);
        }
        if let Some(express) = &self.express {
            body = body.shipping(express.write(self.amount.currency())?);
        }
        if let Some(data) = &self.airline_data {
            body = body.industry_data(industry_data(data)?);
        }
        Ok(body)
    }

    fn method(&self) -> Result<types::PaymentMethod> {
        let refuse = |field, rule, value| Err(InvalidValue::new(field, rule, value).into());
        let is_card = self.payment_method == Some(PaymentMethod::Card);
        if is_card && self.flow != Flow::WebRedirect {
            let rule = "must be `WALLET` without `web_redirect`";
            return refuse("payment_method", rule, "CARD");
        }
        if is_card && self.express.is_some() {
            let rule = "must be `WALLET` for an Express payment";
            return refuse("payment_method", rule, "CARD");
        }
        if is_card && self.expires_at.is_some() {
            let rule = "must be `WALLET` for a long-living payment";
            return refuse("payment_method", rule, "CARD");
        }
        if is_card && self.blocks_commercial_cards {
            let rule = "must not be set with the payment method `CARD`";
            return refuse("block_commercial_cards", rule, "true");
        }
        let name = if is_card { "CARD" } else { "WALLET" };
        let mut method = types::PaymentMethod::builder().type_(name.to_owned());
        if self.blocks_commercial_cards {
            method = method.blocked_sources(vec![types::BlockedPaymentSources::CommercialCards]);
        }
        built(method)
    }

    /// Returns the expiry in UTC without fractions, which the pattern of the document and every
    /// server can read.
    fn expiry(&self, time: jiff::Timestamp) -> Result<String> {
        let refuse = |rule| Err(InvalidValue::new("expires_at", rule, time.to_string()).into());
        let sent = jiff::Timestamp::from_second(time.as_second()).unwrap_or(time);
        let lifetime = sent.duration_since(self.runtime.time().now());
        if lifetime <= SHORTEST_LIFETIME {
            return refuse("must be more than 10 minutes ahead");
        }
        if lifetime >= LONGEST_LIFETIME {
            return refuse("must be less than 60 days ahead");
        }
        if self.receipt.is_none() && self.receipt_url.is_none() {
            return refuse("must be set together with a receipt or the URL of one");
        }
        Ok(sent.to_string())
    }

    fn checked_metadata(&self) -> Result<HashMap<String, String>> {
        let refuse = |rule: &'static str, value: String| {
            Err(InvalidValue::new("metadata", rule, value).into())
        };
        if self.metadata.len() > MAX_PAIRS {
            let count = format!("{} pairs", self.metadata.len());
            return refuse("must have at most 5 pairs", count);
        }
        let mut pairs = HashMap::new();
        for (key, value) in &self.metadata {
            if !(1..=MAX_KEY).contains(&length(key)) {
                return refuse("must have keys of 1 to 100 characters", key.clone());
            }
            if length(value.expose()) > MAX_VALUE {
                let rule = "must have values of at most 500 characters";
                return refuse(rule, format!("{key} with {}", length(value.expose())));
            }
            if pairs
                .insert(key.clone(), value.expose().to_owned())
                .is_some()
            {
                return refuse("must have distinct keys", key.clone());
            }
        }
        Ok(pairs)
    }

    /// Adds the members of [`Create::extra`], and sorts all members.
    ///
    /// The generated body lists the metadata in a random order, but a retry with the same
    /// idempotency key must have the same body.
    pub(super) fn complete(&self, request: &mut reqwest::Request) -> Result<()> {
        let bytes = request.body().and_then(reqwest::Body::as_bytes);
        let body = bytes.and_then(|bytes| serde_json::from_slice(bytes).ok());
        let mut body: Map<String, Value> = body.ok_or_else(|| {
            let reason = "body: must be a JSON object";
            Error::new(ErrorKind::InvalidInput, Outcome::NotSent, reason)
        })?;
        for (name, json) in &self.extra {
            add_member(&mut body, name, json.expose().clone())?;
        }
        *request.body_mut() = Some(Value::Object(body).to_string().into());
        Ok(())
    }

    fn profile_scope(&self) -> Result<Option<&str>> {
        match (&self.scope, &self.express) {
            (Some(scope), Some(_)) => {
                let rule = "must not be set for an Express payment, which shares name, address, e-mail and phone number";
                Err(InvalidValue::new("scope", rule, scope.as_str()).into())
            }
            (Some(scope), None) => Ok(Some(scope.as_str())),
            (None, Some(_)) => Ok(Some(EXPRESS_SCOPE)),
            (None, None) => Ok(None),
        }
    }
}

fn qr_format(format: QrFormat) -> Result<types::CreatePaymentRequestQrFormat> {
    let name = match format {
        QrFormat::Svg => types::CreatePaymentRequestQrFormatFormat::ImageSvgXml,
        QrFormat::Png(_) => types::CreatePaymentRequestQrFormatFormat::ImagePng,
        QrFormat::Content => types::CreatePaymentRequestQrFormatFormat::TextTargeturl,
    };
    built(
        types::CreatePaymentRequestQrFormat::builder()
            .format(name)
            .size(format.size()),
    )
}

fn industry_data(data: &AirlineData) -> Result<types::IndustryData> {
    data.check()?;
    let data = types::AirlineData::builder()
        .passenger_name(data.passenger_name.clone())
        .airline_code(data.airline_code.clone())
        .airline_designator_code(data.airline_designator_code.clone())
        .agency_invoice_number(data.agency_invoice_number.clone())
        .ticket_number(data.ticket_number.clone());
    built(types::IndustryData::builder().airline_data(built::<types::AirlineData, _>(data)?))
}

fn add_member(body: &mut Map<String, Value>, name: &str, value: Value) -> Result<()> {
    let refuse = |rule| Err(InvalidValue::new("extra", rule, name).into());
    let mut object = body;
    let mut steps = name.split('.').peekable();
    while let Some(step) = steps.next() {
        if step.is_empty() {
            return refuse("must have a name, with single points between its parts");
        }
        if steps.peek().is_none() {
            if object.contains_key(step) {
                return refuse("must not replace a member that is already set");
            }
            object.insert(step.to_owned(), value);
            return Ok(());
        }
        let inner = object.entry(step).or_insert_with(|| Map::new().into());
        let Value::Object(inner) = inner else {
            return refuse("must not name a member of a value that is not an object");
        };
        object = inner;
    }
    Ok(())
}
