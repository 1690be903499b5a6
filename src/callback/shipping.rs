//! The question for shipping methods, and its answer.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use serde::Serialize;
use serde_json::Value;

use super::CallbackError;
use super::payment::{integer, object, text};
use crate::ecom::{Address, ShippingMethod, check_methods};
use crate::types::open_enum::open_enum;
use crate::types::{InvalidValue, OrderId, by_name};

open_enum! {
    /// What kind of address the customer chose.
    pub enum AddressType {
        /// At home.
        Home = "H",
        /// At work.
        Work = "W",
        /// Elsewhere.
        Other = "O",
        /// A business; seen, and not documented.
        Business = "B",
    }
}

/// The customer of an express payment has chosen an address: which ways to deliver are there?
///
/// Answer with [`reply`](Self::reply) within 10 seconds, better within 3, or the app says that there is no shipping
/// method. `Debug` does not show the address.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ShippingRequest {
    /// The order.
    pub order_id: OrderId,
    /// Vipps's number of the address, for the reply.
    pub address_id: i64,
    /// The address.
    pub address: Address,
    /// What kind of address it is.
    pub address_type: Option<AddressType>,
}

impl ShippingRequest {
    /// Reads a body whose sender is known already: [`parse`](super::parse) checks that too. The order id is that of the
    /// path; the body has none.
    ///
    /// # Errors
    /// When the body is no JSON object with an `addressId`, without which there is no reply.
    pub fn from_slice(order_id: OrderId, body: &[u8]) -> Result<Self, CallbackError> {
        let body = object(body)?;
        let Some(address_id) = integer(&body, "addressId") else {
            return Err(CallbackError::body("addressId", "must be a whole number"));
        };
        Ok(Self {
            order_id,
            address_id,
            address_type: text(&body, "addressType").map(AddressType::from),
            address: by_name::from_value(Value::Object(body)).unwrap_or_default(),
        })
    }

    /// The answer: these ways to deliver, 10 at most, each with an id of its own and one default at most. None says
    /// that nothing is delivered there.
    ///
    /// The cost of the one that the customer chooses is added to the amount of the payment.
    ///
    /// ```
    /// use vipps::callback::ShippingRequest;
    /// use vipps::ecom::ShippingMethod;
    /// use vipps::types::ShippingCost;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let body = br#"{"addressId":3960,"postCode":"0191","country":"NO"}"#;
    /// let request = ShippingRequest::from_slice("order-1".parse()?, body)?;
    /// let reply = request.reply([
    ///     ShippingMethod::new("walk", "Walking", ShippingCost::kroner(99)?)?.preselect(),
    ///     ShippingMethod::new("cannon", "By cannon", "249.50".parse()?)?,
    /// ])?;
    /// assert!(reply.to_json().contains(r#""shippingCost":249.5"#));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the methods break one of these rules.
    pub fn reply(
        &self,
        methods: impl IntoIterator<Item = ShippingMethod>,
    ) -> Result<ShippingReply, InvalidValue> {
        let shipping_details: Vec<_> = methods.into_iter().collect();
        if !shipping_details.is_empty() {
            check_methods(&shipping_details)?;
        }
        Ok(ShippingReply {
            address_id: self.address_id,
            order_id: self.order_id.clone(),
            shipping_details,
        })
    }
}

/// The ways to deliver to an address. Made by [`ShippingRequest::reply`], whose order and address it repeats.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShippingReply {
    address_id: i64,
    order_id: OrderId,
    shipping_details: Vec<ShippingMethod>,
}

impl ShippingReply {
    /// The body to answer with.
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// The answer: 200 with the body as JSON.
    pub fn response(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(self.to_json()));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response
    }
}
