//! The operations of the three APIs, as a table.

use http::Method;

use super::core::Call;
use super::state::State;
use super::wire::Response;
use super::{ecom, qr, token};

/// The APIs. Each has its own error format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    AccessToken,
    Ecom,
    Qr,
    /// The two exchange operations of the QR API, which have their own error format.
    Exchange,
}

/// The largest number of calls a minute for each order, and the scope of the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    None,
    PerMerchant(usize),
    PerSubscriptionKey(usize),
}

type Handler = fn(&mut State, &Call<'_>) -> Response;

/// An operation of an API.
#[derive(Debug)]
pub(crate) struct Operation {
    /// The spec's `operationId` in snake case.
    pub(crate) id: &'static str,
    pub(crate) api: Api,
    pub(crate) method: Method,
    /// The path in the vendored spec, with the server's prefix.
    pub(crate) template: &'static str,
    pub(crate) limit: Limit,
    /// `true` if the operation expects a JSON body.
    pub(crate) body: bool,
    pub(crate) handler: Handler,
}

impl Operation {
    const fn new(
        id: &'static str,
        api: Api,
        method: Method,
        template: &'static str,
        handler: Handler,
    ) -> Self {
        Self {
            id,
            api,
            method,
            template,
            limit: Limit::None,
            body: false,
            handler,
        }
    }

    const fn limited(mut self, limit: Limit) -> Self {
        self.limit = limit;
        self
    }

    const fn with_body(mut self) -> Self {
        self.body = true;
        self
    }
}

pub(crate) const CAPTURE: &str = "capture_payment_using_post";
pub(crate) const FETCH_TOKEN: &str = "fetch_authorization_token_using_post";

pub(crate) static OPERATIONS: [Operation; 21] = [
    Operation::new(
        FETCH_TOKEN,
        Api::AccessToken,
        Method::POST,
        "/accesstoken/get",
        token::fetch,
    ),
    Operation::new(
        "initiate_payment_v3_using_post",
        Api::Ecom,
        Method::POST,
        "/ecomm/v2/payments",
        ecom::initiate::initiate,
    )
    .limited(Limit::PerMerchant(2))
    .with_body(),
    Operation::new(
        CAPTURE,
        Api::Ecom,
        Method::POST,
        "/ecomm/v2/payments/{orderId}/capture",
        ecom::actions::capture,
    )
    .limited(Limit::PerMerchant(5))
    .with_body(),
    Operation::new(
        "cancel_payment_request_using_put",
        Api::Ecom,
        Method::PUT,
        "/ecomm/v2/payments/{orderId}/cancel",
        ecom::actions::cancel,
    )
    .limited(Limit::PerMerchant(5))
    .with_body(),
    Operation::new(
        "refund_payment_using_post",
        Api::Ecom,
        Method::POST,
        "/ecomm/v2/payments/{orderId}/refund",
        ecom::actions::refund,
    )
    .limited(Limit::PerMerchant(5))
    .with_body(),
    Operation::new(
        "get_payment_details_using_get",
        Api::Ecom,
        Method::GET,
        "/ecomm/v2/payments/{orderId}/details",
        ecom::details::details,
    )
    .limited(Limit::PerSubscriptionKey(120)),
    Operation::new(
        "get_order_status_using_get",
        Api::Ecom,
        Method::GET,
        "/ecomm/v2/payments/{orderId}/status",
        ecom::details::status,
    )
    .limited(Limit::PerSubscriptionKey(120)),
    Operation::new(
        "integration_test_approve_payment",
        Api::Ecom,
        Method::POST,
        "/ecomm/v2/integration-test/payments/{orderId}/approve",
        ecom::approve::force_approve,
    )
    .with_body(),
    Operation::new(
        "generate_otp_qr",
        Api::Qr,
        Method::POST,
        "/qr/v1",
        qr::one_time::generate,
    )
    .with_body(),
    Operation::new(
        "create_merchant_redirect_qr",
        Api::Qr,
        Method::POST,
        "/qr/v1/merchant-redirect",
        qr::redirect::create,
    )
    .with_body(),
    Operation::new(
        "get_all_merchant_redirect_qrs",
        Api::Qr,
        Method::GET,
        "/qr/v1/merchant-redirect",
        qr::redirect::list,
    ),
    Operation::new(
        "get_merchant_redirect_qr_by_id",
        Api::Qr,
        Method::GET,
        "/qr/v1/merchant-redirect/{id}",
        qr::redirect::get,
    ),
    Operation::new(
        "update_merchant_redirect_url",
        Api::Qr,
        Method::PUT,
        "/qr/v1/merchant-redirect/{id}",
        qr::redirect::update,
    )
    .with_body(),
    Operation::new(
        "delete_merchant_redirect_qr",
        Api::Qr,
        Method::DELETE,
        "/qr/v1/merchant-redirect/{id}",
        qr::redirect::delete,
    ),
    Operation::new(
        "get_merchant_callback_qrs",
        Api::Qr,
        Method::GET,
        "/qr/v1/merchant-callback",
        qr::callback::list,
    ),
    Operation::new(
        "get_merchant_callback_by_id",
        Api::Qr,
        Method::GET,
        "/qr/v1/merchant-callback/{merchantQrId}",
        qr::callback::get,
    ),
    Operation::new(
        "put_merchant_callback_qr",
        Api::Qr,
        Method::PUT,
        "/qr/v1/merchant-callback/{merchantQrId}",
        qr::callback::put,
    )
    .with_body(),
    Operation::new(
        "delete_merchant_callback_qr",
        Api::Qr,
        Method::DELETE,
        "/qr/v1/merchant-callback/{merchantQrId}",
        qr::callback::delete,
    ),
    Operation::new(
        "put_merchant_callback_mobile_pay_qr",
        Api::Qr,
        Method::PUT,
        "/qr/v1/merchant-callback/mobilepay/{beaconId}",
        qr::callback::map_beacon,
    )
    .with_body(),
    Operation::new(
        "exchange_qr",
        Api::Exchange,
        Method::POST,
        "/qr/v1/exchange",
        qr::exchange::personal_qr,
    )
    .with_body(),
    Operation::new(
        "exchange_customer",
        Api::Exchange,
        Method::POST,
        "/qr/v1/exchange/customer",
        qr::exchange::customer,
    )
    .with_body(),
];
