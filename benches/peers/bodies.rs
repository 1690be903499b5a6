//! The JSON bodies of the requests, serialised from borrowed text without a copy.

use serde::Serialize;

use super::{CALLBACK, FALLBACK, MERCHANT, ORDER, ORE, TEXT};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Initiate<'a> {
    customer_info: Empty,
    merchant_info: MerchantInfo<'a>,
    transaction: NewTransaction<'a>,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MerchantInfo<'a> {
    callback_prefix: &'a str,
    fall_back: &'a str,
    merchant_serial_number: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewTransaction<'a> {
    amount: i64,
    order_id: &'a str,
    transaction_text: &'a str,
}

pub fn initiate() -> Initiate<'static> {
    Initiate {
        customer_info: Empty {},
        merchant_info: MerchantInfo {
            callback_prefix: CALLBACK,
            fall_back: FALLBACK,
            merchant_serial_number: MERCHANT,
        },
        transaction: NewTransaction {
            amount: ORE,
            order_id: ORDER,
            transaction_text: TEXT,
        },
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Capture<'a> {
    merchant_info: Merchant<'a>,
    transaction: Transaction<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Merchant<'a> {
    merchant_serial_number: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Transaction<'a> {
    amount: i64,
    transaction_text: &'a str,
}

pub fn capture() -> Capture<'static> {
    Capture {
        merchant_info: Merchant {
            merchant_serial_number: MERCHANT,
        },
        transaction: Transaction {
            amount: ORE,
            transaction_text: TEXT,
        },
    }
}

#[derive(Serialize)]
pub struct OneTimeQr<'a> {
    url: &'a str,
}

pub fn one_time_qr(url: &str) -> OneTimeQr<'_> {
    OneTimeQr { url }
}
