//! The evidence of the ePayment API: one payment that ends in REFUNDED and one that ends in
//! CANCELLED.

use anyhow::{Context, Result, ensure};
use vipps::Vipps;
use vipps::epayment::{EventName, Payment, PaymentEvent};
use vipps::types::Timestamp;

use crate::shared::epayment_sale;
use crate::shared::log_line;
use crate::shared::shutdown::Shutdown;
use crate::{Args, Evidence, Outcomes, cell, yes_or_no};

/// Makes both payments. Returns `None` if one is not approved, after the reason was printed.
pub(crate) async fn produce(
    vipps: &Vipps,
    args: &Args,
    shutdown: &Shutdown,
) -> Result<Option<Outcomes>> {
    let sale = args.sale("refund")?;
    let Some(payment) = epayment_sale::take_payment(vipps, &sale, shutdown).await? else {
        return Ok(None);
    };
    let id = payment.reference();
    epayment_sale::capture(&payment).await.with_context(|| {
        format!(
            "{id} is authorized, and its capture is not confirmed; check it in the business portal"
        )
    })?;
    payment.refund_remaining().await.with_context(|| {
        format!(
            "{id} is captured, and its refund is not confirmed; check it in the business portal"
        )
    })?;
    log_line("refunded");
    let refunded = evidence(&payment, &EventName::Refunded).await?;

    let sale = args.sale("void")?;
    let Some(payment) = epayment_sale::take_payment(vipps, &sale, shutdown).await? else {
        return Ok(None);
    };
    epayment_sale::cancel(&payment).await?;
    let cancelled = evidence(&payment, &EventName::Cancelled).await?;
    Ok(Some(Outcomes {
        refunded,
        cancelled,
        direct_capture: false,
    }))
}

/// Reads the event log and checks that `expected` is the last event that succeeded.
async fn evidence(payment: &Payment, expected: &EventName) -> Result<Evidence> {
    let events = payment.events().await?;
    let last = events.iter().rev().find(|event| event.succeeded());
    let name = last.and_then(|event| event.name.as_ref());
    ensure!(
        name == Some(expected),
        "{} does not end in {expected}: its last event is {}",
        payment.reference(),
        cell(name)
    );
    Ok(Evidence {
        id: payment.reference().to_string(),
        state: expected.to_string(),
        rows: events.iter().map(row).collect(),
    })
}

fn row(event: &PaymentEvent) -> [String; 5] {
    [
        cell(event.timestamp.as_ref().map(Timestamp::text)),
        cell(event.name.as_ref()),
        cell(event.amount),
        cell(event.psp_reference.as_deref()),
        yes_or_no(event.succeeded()),
    ]
}
