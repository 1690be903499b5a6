//! Schemas of the builders. Each builder has the schema of the generated body that it sends.

use super::listed;
use crate::ecom::{Cancel, Capture, ForceApprove, Initiate, Refund, ShippingMethod};
use crate::qr::{
    CreateMerchantRedirect, ExchangeCustomer, ExchangePersonalQr, OneTime, PutMerchantCallback,
    PutMobilePayBeacon, UpdateMerchantRedirect,
};
use crate::raw::{ecom, qr, webhooks};
use crate::types::json_schema::sent_as;
use crate::webhooks::RegisterWebhook;

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
    "webhooks::RegisterWebhook": RegisterWebhook,
}

sent_as! {
    Cancel => ecom::types::CancelPaymentActionRequest;
    Capture => ecom::types::PaymentActionsRequest;
    ForceApprove => ecom::types::ForceApproveRequest;
    Initiate => ecom::types::InitiatePaymentCommand;
    Refund => ecom::types::PaymentActionsRequest;
    ShippingMethod => ecom::types::ShippingDetails;
    CreateMerchantRedirect => qr::types::MerchantRedirectQrRequest;
    ExchangeCustomer => qr::types::CustomerExchangeRequest;
    ExchangePersonalQr => qr::types::QrExchangeRequest;
    OneTime => qr::types::OneTimePaymentQrRequest;
    PutMerchantCallback => qr::types::MerchantCallbackPutRequest;
    PutMobilePayBeacon => qr::types::MerchantCallbackMobilePayPutRequest;
    UpdateMerchantRedirect => qr::types::MerchantRedirectQrUpdateRequest;
    RegisterWebhook => webhooks::types::RegisterRequest;
}
