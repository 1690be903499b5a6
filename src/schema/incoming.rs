//! Schemas of responses, callbacks and webhooks. Each type derives its schema from the structure
//! that it is read from.

use super::listed;
use crate::callback::{
    AddressType, CallbackStatus, PaymentUpdate, ShippingOptionsRequest, ShippingRequest,
    ShippingResponse,
};
use crate::ecom::{
    Address, Event, InitiatedPayment, Operation, PaymentDetails, PaymentStatus, ShippingDetails,
    Summary, Transaction, TransactionStatus, UserDetails,
};
use crate::qr::{
    Category, CheckedInCustomer, MerchantCallbackQr, MerchantRedirectQr, OneTimeQr, PersonalQrOwner,
};
use crate::userinfo::{BankAccount, ProfileAddress, Userinfo};
use crate::webhooks::{CheckIn, EventType, PaymentEvent, Webhook};

listed! {
    "callback::AddressType": AddressType,
    "callback::CallbackStatus": CallbackStatus,
    "callback::PaymentUpdate": PaymentUpdate,
    "callback::ShippingOptionsRequest": ShippingOptionsRequest,
    "callback::ShippingResponse": ShippingResponse,
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
    "webhooks::PaymentEvent": PaymentEvent,
    "webhooks::Webhook": Webhook,
}
