//! The callback of an Express payment of the ePayment API, which requests shipping options.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use serde::Deserialize;

use super::body::{json_response, read};
use super::{CallbackAuth, CallbackError, MAX_BODY};
use crate::epayment::{Address, ShippingGroup, write_groups};
use crate::types::{Reference, Sensitive, lenient};

/// A request for the shipping options to the address that the customer of an Express payment has
/// chosen.
///
/// The payment was created with
/// [`Express::with_dynamic_options`](crate::epayment::Express::with_dynamic_options). The request
/// is `POST {callbackUrl}`, and its `Authorization` header is the payment's token. `Debug` does not
/// show the address.
///
/// The API documents no time limit for the response. Respond within 3 seconds.
///
/// [`respond_to_shipping_options`] reads the request and responds, for any web framework. The
/// feature `axum` adds a ready handler.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShippingOptionsRequest {
    /// The reference of the payment.
    pub reference: Reference,
    /// The address that the customer has chosen.
    pub address: Address,
}

/// The members of a [`ShippingOptionsRequest`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["reference"]))
)]
#[serde(rename_all = "PascalCase", default)]
struct Wire {
    #[serde(rename = "reference", deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(with = "Reference"))]
    reference: Option<String>,
    address_line1: Option<Sensitive>,
    address_line2: Option<Sensitive>,
    city: Option<Sensitive>,
    post_code: Option<Sensitive>,
    #[serde(deserialize_with = "lenient::opt_text")]
    country: Option<String>,
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { ShippingOptionsRequest => Wire; }

impl ShippingOptionsRequest {
    /// Authenticates and reads a request. The token is checked before the body is read.
    ///
    /// # Errors
    /// Checked in this order: [`CallbackError::NotACallback`] if the method is not POST,
    /// [`Unauthorized`](CallbackError::Unauthorized), [`TooLarge`](CallbackError::TooLarge),
    /// [`BadBody`](CallbackError::BadBody). Respond with [`CallbackError::status`].
    pub fn parse<B: AsRef<[u8]>>(
        request: &Request<B>,
        auth: &CallbackAuth,
    ) -> Result<Self, CallbackError> {
        authorize(request.method(), request.headers(), auth)?;
        let body = request.body().as_ref();
        if body.len() > MAX_BODY {
            return Err(CallbackError::TooLarge);
        }
        Self::from_slice(body)
    }

    /// Reads the body of a request that is already authenticated. The API writes the names of the
    /// members in different cases, so case is ignored.
    ///
    /// # Errors
    /// [`CallbackError::BadBody`] if the body is not a JSON object with a `reference`.
    pub fn from_slice(body: &[u8]) -> Result<Self, CallbackError> {
        let wire: Wire = read(body)?;
        let reference = wire
            .reference
            .and_then(|reference| Reference::parse(&reference).ok())
            .ok_or_else(|| {
                CallbackError::body("reference", "must be the reference of a payment")
            })?;
        Ok(Self {
            reference,
            address: Address {
                address_line1: wire.address_line1,
                address_line2: wire.address_line2,
                city: wire.city,
                post_code: wire.post_code,
                country: wire.country,
            },
        })
    }

    /// Returns the response: HTTP 200 with these options as JSON. Without any group the response is
    /// HTTP 400, which means that no delivery to this address is possible.
    ///
    /// The API adds the cost of the option that the customer chooses to the amount of the payment.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if a group has no option, an id
    /// or a name is empty, an id is used twice, a list has two defaults, or the costs are negative
    /// or in different currencies.
    pub fn respond(
        &self,
        groups: impl IntoIterator<Item = ShippingGroup>,
    ) -> crate::Result<Response<Bytes>> {
        let groups: Vec<_> = groups.into_iter().collect();
        if groups.is_empty() {
            return Ok(status(StatusCode::BAD_REQUEST));
        }
        let body = serde_json::json!({ "groups": write_groups(&groups)? });
        Ok(json_response(body.to_string()))
    }
}

/// Checks the method and the token of a request, before its body is read.
pub(super) fn authorize(
    method: &Method,
    headers: &HeaderMap,
    auth: &CallbackAuth,
) -> Result<(), CallbackError> {
    if method != Method::POST {
        return Err(CallbackError::NotACallback);
    }
    if !auth.accepts(headers) {
        return Err(CallbackError::Unauthorized);
    }
    Ok(())
}

/// Authenticates a request for shipping options, passes it to `handler`, and returns the response.
/// The body of the request must be complete.
///
/// `handler` returns the groups of shipping options; an empty list means that no delivery to the
/// address is possible. The response is HTTP 500 if the handler fails, or if the groups break a
/// rule of [`ShippingOptionsRequest::respond`], and [`CallbackError::status`] if the request is
/// refused. These failures are logged as warnings.
///
/// ```
/// use vipps::Amount;
/// use vipps::callback::{self, CallbackAuth};
/// use vipps::epayment::{ShippingBrand, ShippingGroup, ShippingOption, ShippingToken, ShippingType};
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let token = ShippingToken::generate()?; // store the token: it must outlive the payments
/// let auth = CallbackAuth::new(token.expose().parse()?);
/// # let request = http::Request::post("https://shop.example.com/shipping")
/// #     .header("Authorization", token.expose())
/// #     .body(r#"{"reference":"acme-shop-123","PostCode":"0154","Country":"NO"}"#)?;
/// let response = callback::respond_to_shipping_options(&request, &auth, async |request| {
///     println!("shipping for {}", request.reference);
///     let option = ShippingOption::new("home", "To the door", Amount::nok(99));
///     let group = ShippingGroup::new(ShippingType::HomeDelivery, ShippingBrand::Posten, [option]);
///     Ok::<_, std::io::Error>(vec![group])
/// })
/// .await;
/// assert_eq!(response.status(), 200);
/// # Ok(()) }
/// ```
pub async fn respond_to_shipping_options<B, H, F, E>(
    request: &Request<B>,
    auth: &CallbackAuth,
    handler: H,
) -> Response<Bytes>
where
    B: AsRef<[u8]>,
    H: FnOnce(ShippingOptionsRequest) -> F,
    F: Future<Output = Result<Vec<ShippingGroup>, E>>,
    E: fmt::Display,
{
    match ShippingOptionsRequest::parse(request, auth) {
        Ok(request) => {
            let groups = handler(request.clone()).await;
            let response = groups
                .map_err(|error| error.to_string())
                .and_then(|groups| request.respond(groups).map_err(|error| error.to_string()));
            response.unwrap_or_else(|error| {
                tracing::warn!(reason = %error, "callback handler failed");
                status(StatusCode::INTERNAL_SERVER_ERROR)
            })
        }
        Err(error) => {
            tracing::warn!(reason = %error, "callback refused");
            status(error.status())
        }
    }
}

fn status(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}
