//! Schemas of the bodies that the builders send.
#![allow(dead_code, reason = "read by the derive alone")]
#![allow(clippy::struct_field_names, reason = "the names are those of the wire")]

use schemars::JsonSchema;

use super::listed;
use crate::ecom::money::Ore;
use crate::ecom::{Cancel, Capture, Ecom, ForceApprove, Initiate, Refund, ShippingMethod};
use crate::json_schema::{same_as, sent};
use crate::qr::{
    Category, CreateMerchantRedirect, ExchangeCustomer, ExchangePersonalQr, OneTime,
    PutMerchantCallback, PutMobilePayBeacon, UpdateMerchantRedirect,
};
use crate::types::{
    AuthToken, CustomerToken, FallbackUrl, HttpsUrl, LandingPage, LocationDescription,
    MerchantSerialNumber, OrderId, PersonalQr, RedirectQrId, RedirectUrl, Scope, Sensitive,
    TransactionText, Ttl,
};

listed! {
    "ecom::Cancel": Cancel,
    "ecom::Capture": Capture,
    "ecom::ForceApprove": ForceApprove,
    "ecom::Initiate": Initiate,
    "ecom::Refund": Refund,
    "ecom::ShippingMethod": ShippingMethod,
    "qr::CreateMerchantRedirect": CreateMerchantRedirect,
    "qr::ExchangeCustomer": ExchangeCustomer,
    "qr::ExchangePersonalQr": ExchangePersonalQr,
    "qr::OneTime": OneTime,
    "qr::PutMerchantCallback": PutMerchantCallback,
    "qr::PutMobilePayBeacon": PutMobilePayBeacon,
    "qr::UpdateMerchantRedirect": UpdateMerchantRedirect,
}

same_as! { sent:
    Cancel, "Cancel" => CancelBody;
    Capture, "Capture" => ActionBody;
    ForceApprove, "ForceApprove" => ApproveBody;
    Initiate, "Initiate" => InitiateBody;
    Refund, "Refund" => ActionBody;
    ShippingMethod, "ShippingMethod" => Shipping;
    CreateMerchantRedirect, "CreateMerchantRedirect" => RedirectBody;
    ExchangeCustomer, "ExchangeCustomer" => CustomerBody;
    ExchangePersonalQr, "ExchangePersonalQr" => PersonalBody;
    OneTime, "OneTime" => OneTimeBody;
    PutMerchantCallback, "PutMerchantCallback" => CallbackBody;
    PutMobilePayBeacon, "PutMobilePayBeacon" => BeaconBody;
    UpdateMerchantRedirect, "UpdateMerchantRedirect" => UpdateBody;
}

/// Schemas of parts are inlined, so that each schema reads from top to bottom.
macro_rules! shapes {
    ($($(#[$meta:meta])* struct $name:ident { $($body:tt)* })*) => {$(
        $(#[$meta])*
        #[derive(JsonSchema)]
        #[schemars(rename_all = "camelCase", deny_unknown_fields, inline)]
        struct $name { $($body)* }
    )*};
}

shapes! {
    /// A payment to start.
    struct InitiateBody {
        customer_info: Customer,
        merchant_info: Merchant,
        transaction: Payment,
    }

    struct Customer {
        /// A Norwegian phone number without country code.
        #[schemars(extend("pattern" = "^[0-9]{8}$"))]
        mobile_number: Option<Sensitive>,
    }

    struct Merchant {
        auth_token: Option<AuthToken>,
        callback_prefix: HttpsUrl,
        consent_removal_prefix: Option<HttpsUrl>,
        fall_back: FallbackUrl,
        is_app: Option<bool>,
        merchant_serial_number: MerchantSerialNumber,
        payment_type: Option<PaymentType>,
        shipping_details_prefix: Option<HttpsUrl>,
        #[schemars(length(min = 1, max = 10))]
        static_shipping_details: Option<Vec<Shipping>>,
    }

    struct Payment {
        additional_data: Option<Airline>,
        #[schemars(extend("minimum" = Ecom::MIN_PAYMENT.minor_units(), "maximum" = Ecom::MAX_AMOUNT.minor_units()))]
        amount: Ore,
        order_id: OrderId,
        scope: Option<Scope>,
        skip_landing_page: Option<bool>,
        transaction_text: TransactionText,
    }

    /// A ticket.
    struct Airline {
        #[schemars(length(min = 1, max = 6))]
        agency_invoice_number: String,
        #[schemars(length(min = 3, max = 3))]
        airline_code: String,
        #[schemars(length(min = 2, max = 2))]
        airline_designator_code: String,
        #[schemars(length(min = 1, max = 49))]
        passenger_name: Sensitive,
        #[schemars(length(min = 1, max = 150))]
        ticket_number: Option<String>,
    }

    /// A shipping method.
    struct Shipping {
        is_default: YesOrNo,
        priority: Option<u32>,
        shipping_cost: crate::types::ShippingCost,
        #[schemars(length(min = 1, max = 256))]
        shipping_method: String,
        #[schemars(length(min = 1, max = 100))]
        shipping_method_id: String,
    }

    /// A capture or a refund.
    struct ActionBody {
        merchant_info: SalesUnit,
        transaction: Action,
    }

    struct SalesUnit {
        merchant_serial_number: MerchantSerialNumber,
    }

    struct Action {
        /// The amount; the remaining amount if it is missing.
        #[schemars(extend("minimum" = 1, "maximum" = Ecom::MAX_AMOUNT.minor_units()))]
        amount: Option<Ore>,
        transaction_text: TransactionText,
    }

    /// A cancellation.
    struct CancelBody {
        merchant_info: SalesUnit,
        should_release_remaining_funds: Option<bool>,
        transaction: Text,
    }

    struct Text {
        transaction_text: TransactionText,
    }

    /// An approval in the customer's place.
    struct ApproveBody {
        /// A Norwegian phone number without country code.
        #[schemars(extend("pattern" = "^[0-9]{8}$"))]
        customer_phone_number: Option<Sensitive>,
        token: Option<Sensitive>,
    }

    /// The payment of a one-time code.
    struct OneTimeBody {
        url: LandingPage,
    }

    /// A code that opens a web page.
    struct RedirectBody {
        id: RedirectQrId,
        redirect_url: RedirectUrl,
        ttl: Option<Ttl>,
    }

    /// The new page of a redirect code.
    struct UpdateBody {
        redirect_url: RedirectUrl,
    }

    /// A callback code.
    struct CallbackBody {
        category: Option<Category>,
        location_description: LocationDescription,
    }

    /// A printed MobilePay code to map to the sales unit.
    struct BeaconBody {
        location_description: LocationDescription,
    }

    /// A personal code to exchange.
    struct PersonalBody {
        qr_code: PersonalQr,
        requested_data: Vec<RequestedData>,
    }

    /// A check-in token to exchange.
    struct CustomerBody {
        customer: CustomerOfToken,
        requested_data: Vec<RequestedData>,
    }

    struct CustomerOfToken {
        customer_token: CustomerToken,
    }
}

#[derive(JsonSchema)]
#[schemars(inline)]
enum PaymentType {
    #[schemars(rename = "eComm Express Payment")]
    Express,
}

#[derive(JsonSchema)]
#[schemars(inline)]
enum YesOrNo {
    Y,
    N,
}

#[derive(JsonSchema)]
#[schemars(inline)]
enum RequestedData {
    #[schemars(rename = "MSISDN")]
    Msisdn,
}
