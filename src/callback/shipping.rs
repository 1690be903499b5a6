//! The callback that requests shipping methods, and the response to it.

use bytes::Bytes;
use http::Response;
use serde::{Deserialize, Serialize};

use super::CallbackError;
use super::body::{json_response, read};
#[cfg(feature = "schemars")]
use crate::ecom::Express;
use crate::ecom::{Address, ShippingMethod, check_methods};
use crate::types::open_enum::open_enum;
use crate::types::{InvalidValue, OrderId, lenient};

open_enum! {
    /// The type of the address that the customer chose.
    pub enum AddressType {
        /// A home address.
        Home = "H",
        /// A work address.
        Work = "W",
        /// Another address.
        Other = "O",
        /// A business address. The API sends this value without documenting it.
        Business = "B",
    }
}

/// A request for the shipping methods to the address that the customer of an express payment chose.
///
/// Call [`respond`](Self::respond), which has an example, within 10 seconds (eCom guide), better
/// within 3. After that the app shows that no shipping method is available. `Debug` does not show
/// the address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShippingRequest {
    /// The order id.
    pub order_id: OrderId,
    /// The API's id of the address, which the response repeats.
    pub address_id: i64,
    /// The address.
    pub address: Address,
    /// The type of the address.
    pub address_type: Option<AddressType>,
}

/// The members of a [`ShippingRequest`] in JSON.
#[derive(Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["addressId"]))
)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default, deserialize_with = "lenient::opt_integer")]
    #[cfg_attr(feature = "schemars", schemars(with = "i64"))]
    address_id: Option<i64>,
    #[serde(default, deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<AddressType>"))]
    address_type: Option<String>,
    #[serde(flatten)]
    address: Address,
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { ShippingRequest => Wire; }

impl ShippingRequest {
    /// Reads the body of a callback that is already authenticated. [`parse`](super::parse) does
    /// both. The order id is in the path, not in the body.
    ///
    /// # Errors
    /// [`CallbackError::BadBody`] if the body is not a JSON object with an `addressId`, which the
    /// response needs.
    pub fn from_slice(order_id: OrderId, body: &[u8]) -> Result<Self, CallbackError> {
        let wire: Wire = read(body)?;
        let Some(address_id) = wire.address_id else {
            return Err(CallbackError::body("addressId", "must be a whole number"));
        };
        Ok(Self {
            order_id,
            address_id,
            address_type: wire.address_type.map(AddressType::from),
            address: wire.address,
        })
    }

    /// Responds with shipping methods: at most 10, each with a different id, and at most one
    /// default. An empty list means that no delivery to this address is possible.
    ///
    /// The API adds the cost of the method that the customer chooses to the amount of the payment.
    ///
    /// ```
    /// use vipps::Amount;
    /// use vipps::callback::ShippingRequest;
    /// use vipps::ecom::ShippingMethod;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let body = br#"{"addressId":3960,"postCode":"0191","country":"NO"}"#;
    /// let request = ShippingRequest::from_slice("order-1".parse()?, body)?;
    /// let response = request.respond([
    ///     ShippingMethod::new("walk", "Walking", Amount::nok(99))?.preselect(),
    ///     ShippingMethod::new("cannon", "By cannon", "249.50 NOK".parse()?)?,
    /// ])?;
    /// assert!(response.to_json().contains(r#""shippingCost":249.5"#));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`InvalidValue`] if the methods break one of these rules.
    pub fn respond(
        &self,
        methods: impl IntoIterator<Item = ShippingMethod>,
    ) -> Result<ShippingResponse, InvalidValue> {
        let shipping_details: Vec<_> = methods.into_iter().collect();
        if !shipping_details.is_empty() {
            check_methods(&shipping_details)?;
        }
        Ok(ShippingResponse {
            address_id: self.address_id,
            order_id: self.order_id.clone(),
            shipping_details,
        })
    }
}

/// The shipping methods to an address. Returned by [`ShippingRequest::respond`].
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(transform = crate::types::json_schema::sent)
)]
#[serde(rename_all = "camelCase")]
pub struct ShippingResponse {
    address_id: i64,
    order_id: OrderId,
    #[cfg_attr(feature = "schemars", schemars(length(max = Express::MAX_METHODS)))]
    shipping_details: Vec<ShippingMethod>,
}

impl ShippingResponse {
    /// Returns the JSON body of the response.
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// Returns the response: HTTP 200 with the JSON body.
    pub fn response(&self) -> Response<Bytes> {
        json_response(self.to_json())
    }
}
