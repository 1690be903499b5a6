//! Takes a payment by QR code over the ePayment API: creates it, shows the code, waits for the
//! customer, captures the money, and refunds a part of it.
//!
//! `cargo run --example qr_payment` needs no account: it uses a simulated customer who approves
//! after a second. With API keys in the environment, `Vipps::from_env()?` returns the client.

use std::time::Duration;

use vipps::simulator::Simulator;
use vipps::{Amount, OrderId, RequestId};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let simulator = Simulator::builder()
        .approve_after(Duration::from_secs(1))
        .start()?;
    let vipps = simulator.client();

    // Store the id before the call, because it identifies the payment in all later calls.
    let id: OrderId = "till-7-000451".parse()?;
    let sale = vipps
        .pay_by_qr(id.clone(), Amount::nok(499), "One pair of socks".parse()?)
        .epayment()
        // Mandatory at a physical point of sale.
        .payment(|payment| payment.customer_present())
        // With a key of its own, the same call after a crash returns the payment.
        .idempotency_key(RequestId::derive(&id, "create"))
        .content()
        .await?;
    let code = sale.qr().content().ok_or("the response has no code")?;
    println!("{}", code.render_terminal()?);

    // Returns when the customer has decided, or when the payment has expired.
    let details = sale.wait().await?;
    println!("{id} is {}", details.state());
    if !details.can_capture() {
        return Err(format!("{id} is not authorized").into());
    }

    // With the stored key, a retry after a crash does not capture twice.
    let key = RequestId::derive(&id, "capture");
    let captured = sale.capture().idempotency_key(key).await?;
    println!("captured {}", captured.amount.ok_or("no amount")?);

    // One of the socks has a hole.
    let refunded = sale.payment().refund(Amount::nok(100)).await?;
    println!("refunded {}", refunded.amount.ok_or("no amount")?);
    Ok(())
}
