//! Schemas of responses, callbacks and webhooks. Most of these types derive their schema from the
//! structure that they are read from. The types in this file are read member by member.
#![allow(dead_code, reason = "read by the derive alone")]

use schemars::JsonSchema;

use super::listed;
use crate::callback::{AddressType, CallbackStatus, PaymentUpdate, ShippingReply, ShippingRequest};
use crate::ecom::money::Ore;
use crate::ecom::{
    Address, Event, InitiatedPayment, Operation, PaymentDetails, PaymentStatus, ShippingDetails,
    ShippingMethod, Summary, Transaction, TransactionStatus, UserDetails,
};
use crate::json_schema::{read, same_as};
use crate::qr::{
    Category, CheckedInCustomer, MerchantCallbackQr, MerchantRedirectQr, OneTimeQr, PersonalQrOwner,
};
use crate::types::{CustomerToken, MerchantSerialNumber, OrderId, Sensitive, Timestamp};
use crate::userinfo::{BankAccount, ProfileAddress, Userinfo};
use crate::webhooks::{CheckIn, EventType, Webhook};

listed! {
    "callback::AddressType": AddressType,
    "callback::CallbackStatus": CallbackStatus,
    "callback::PaymentUpdate": PaymentUpdate,
    "callback::ShippingReply": ShippingReply,
    "callback::ShippingRequest": ShippingRequest,
    "ecom::Address": Address,
    "ecom::Event": Event,
    "ecom::InitiatedPayment": InitiatedPayment,
    "ecom::Operation": Operation,
    "ecom::PaymentDetails": PaymentDetails,
    "ecom::PaymentStatus": PaymentStatus,
    "ecom::ShippingDetails": ShippingDetails,
    "ecom::Summary": Summary,
    "ecom::Transaction": Transaction,
    "ecom::TransactionStatus": TransactionStatus,
    "ecom::UserDetails": UserDetails,
    "qr::Category": Category,
    "qr::CheckedInCustomer": CheckedInCustomer,
    "qr::MerchantCallbackQr": MerchantCallbackQr,
    "qr::MerchantRedirectQr": MerchantRedirectQr,
    "qr::OneTimeQr": OneTimeQr,
    "qr::PersonalQrOwner": PersonalQrOwner,
    "userinfo::AddressType": crate::userinfo::AddressType,
    "userinfo::BankAccount": BankAccount,
    "userinfo::ProfileAddress": ProfileAddress,
    "userinfo::Userinfo": Userinfo,
    "webhooks::CheckIn": CheckIn,
    "webhooks::EventType": EventType,
    "webhooks::Webhook": Webhook,
}

same_as! { read:
    PaymentUpdate, "PaymentUpdate" => Update;
    ShippingRequest, "ShippingRequest" => AddressToDeliverTo;
    ShippingReply, "ShippingReply" => Ways;
    CheckIn, "CheckIn" => CheckedIn;
}

/// The result of a payment.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct Update {
    error_info: Option<ErrorInfo>,
    merchant_serial_number: Option<MerchantSerialNumber>,
    order_id: OrderId,
    shipping_details: Option<ShippingDetails>,
    transaction_info: Option<Outcome>,
    user_details: Option<UserDetails>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", inline)]
struct Outcome {
    amount: Option<Ore>,
    status: Option<CallbackStatus>,
    time_stamp: Option<Timestamp>,
    transaction_id: Option<String>,
}

/// The error of a failed payment.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", inline)]
struct ErrorInfo {
    context_id: Option<String>,
    error_code: Option<String>,
    #[schemars(extend("examples" = ["Authentication", "InvalidRequest", "Merchant", "Payment", "User", "VippsError"]))]
    error_group: Option<String>,
    error_message: Option<String>,
}

/// A request for the shipping methods to an address.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct AddressToDeliverTo {
    address_id: i64,
    address_line1: Option<Sensitive>,
    address_line2: Option<Sensitive>,
    address_type: Option<AddressType>,
    city: Option<Sensitive>,
    country: Option<String>,
    post_code: Option<Sensitive>,
}

/// The shipping methods to an address.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct Ways {
    address_id: i64,
    order_id: OrderId,
    #[schemars(length(max = 10))]
    shipping_details: Vec<ShippingMethod>,
}

/// The event `user.checked-in.v1`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct CheckedIn {
    customer_token: CustomerToken,
    initiated_at: Option<Timestamp>,
    merchant_qr_id: String,
    msn: Option<MerchantSerialNumber>,
}
