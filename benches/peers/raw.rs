//! The calls as generated operations through `Vipps::call`, with the response types of the API
//! documents.

use vipps::Vipps;
use vipps::raw::ecom::types as ecom;
use vipps::raw::qr::types as qr;

use super::bare::PAGE;
use super::{CALLBACK, FALLBACK, MERCHANT, ORDER, ORE, Operation, TEXT};

/// A client that runs generated operations.
#[derive(Clone, Debug)]
pub struct Raw(pub Vipps);

impl Raw {
    async fn initiate(&self) -> vipps::Result<()> {
        let body = ecom::InitiatePaymentCommand::builder()
            .customer_info(ecom::CustomerInfo::builder())
            .merchant_info(
                ecom::MerchantInfo::builder()
                    .merchant_serial_number(MERCHANT)
                    .callback_prefix(CALLBACK)
                    .fall_back(FALLBACK),
            )
            .transaction(
                ecom::TransactionInfoInitiate::builder()
                    .amount(ORE)
                    .order_id(ORDER)
                    .transaction_text(TEXT),
            );
        let call = self.0.call(|raw| async move {
            let operation = raw.ecom().initiate_payment_v3_using_post();
            operation.body(body).send().await
        });
        call.await.map(|it| drop(std::hint::black_box(it)))
    }

    async fn details(&self) -> vipps::Result<()> {
        let call = self.0.call(|raw| async move {
            let operation = raw.ecom().get_payment_details_using_get();
            operation.order_id(ORDER).send().await
        });
        call.await.map(|it| drop(std::hint::black_box(it)))
    }

    async fn one_time_qr(&self) -> vipps::Result<()> {
        let body = qr::OneTimePaymentQrRequest::builder().url(PAGE);
        let call = self.0.call(|raw| async move {
            let operation = raw.qr().generate_otp_qr().accept("image/svg+xml");
            operation.body(body).send().await
        });
        call.await.map(|it| drop(std::hint::black_box(it)))
    }

    async fn capture(&self) -> vipps::Result<()> {
        let merchant: ecom::MerchantInfoPayment = ecom::MerchantInfoPayment::builder()
            .merchant_serial_number(MERCHANT)
            .try_into()
            .expect("all members");
        let transaction: ecom::Transaction = ecom::Transaction::builder()
            .amount(ORE)
            .transaction_text(TEXT)
            .try_into()
            .expect("all members");
        let body = ecom::PaymentActionsRequest::builder()
            .merchant_info(merchant)
            .transaction(transaction);
        let call = self.0.call(|raw| async move {
            let operation = raw.ecom().capture_payment_using_post();
            operation.order_id(ORDER).body(body).send().await
        });
        call.await.map(|it| drop(std::hint::black_box(it)))
    }

    pub async fn call(&self, operation: Operation) {
        let result = match operation {
            Operation::Initiate => self.initiate().await,
            Operation::Details => self.details().await,
            Operation::OneTimeQr => self.one_time_qr().await,
            Operation::Capture => self.capture().await,
        };
        result.expect("a success response");
    }
}
