//! The evidence of the eCom API: one order that ends in REFUND and one that ends in VOID.

use anyhow::{Context, Result, ensure};
use vipps::Vipps;
use vipps::ecom::{Event, Operation, Payment};
use vipps::types::Timestamp;

use crate::shared::log_line;
use crate::shared::qr_payment::{self, Approved};
use crate::shared::shutdown::Shutdown;
use crate::{Args, Evidence, Outcomes, cell, yes_or_no};

/// Makes both orders. Returns `None` if a payment is not approved, after the reason was printed.
pub(crate) async fn produce(
    vipps: &Vipps,
    args: &Args,
    shutdown: &Shutdown,
) -> Result<Option<Outcomes>> {
    let sale = args.sale("refund")?;
    let approved = qr_payment::take_payment(vipps, &sale, shutdown).await?;
    let Some(Approved { payment, details }) = approved else {
        return Ok(None);
    };
    if details.can_capture() {
        let id = payment.order_id();
        qr_payment::capture(&payment)
            .await
            .with_context(|| format!("{id} is reserved, and its capture is not confirmed; check it in the business portal"))?;
    }
    refund(&payment).await?;
    let refunded = evidence(&payment, &Operation::Refund).await?;

    let sale = args.sale("void")?;
    let approved = qr_payment::take_payment(vipps, &sale, shutdown).await?;
    let Some(Approved { payment, details }) = approved else {
        return Ok(None);
    };
    let direct_capture = details.captured_at_once();
    let cancelled = if direct_capture {
        refund(&payment).await?;
        evidence(&payment, &Operation::Refund).await?
    } else {
        qr_payment::cancel(&payment).await?;
        evidence(&payment, &Operation::Void).await?
    };
    Ok(Some(Outcomes {
        refunded,
        cancelled,
        direct_capture,
    }))
}

/// Refunds the captured amount.
async fn refund(payment: &Payment) -> Result<()> {
    let id = payment.order_id();
    payment.refund_remaining().await.with_context(|| {
        format!(
            "{id} is captured, and its refund is not confirmed; check it in the business portal"
        )
    })?;
    log_line("refunded");
    Ok(())
}

/// Reads the details and checks that `expected` is the last operation that succeeded.
async fn evidence(payment: &Payment, expected: &Operation) -> Result<Evidence> {
    let details = payment.details().await?;
    let last = details.events().iter().find(|event| event.succeeded());
    let operation = last.and_then(|event: &Event| event.operation.as_ref());
    ensure!(
        operation == Some(expected),
        "{} does not end in {}: it is {}",
        payment.order_id(),
        expected.as_str(),
        details.state()
    );
    Ok(Evidence {
        id: details.order_id().to_string(),
        state: details.state().to_string(),
        // The API lists the newest event first.
        rows: details.events().iter().rev().map(row).collect(),
    })
}

fn row(event: &Event) -> [String; 5] {
    [
        cell(event.timestamp.as_ref().map(Timestamp::text)),
        cell(event.operation.as_ref().map(Operation::as_str)),
        cell(event.amount),
        cell(event.transaction_id.as_deref()),
        yes_or_no(event.succeeded()),
    ]
}
