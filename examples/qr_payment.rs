//! Takes a payment by QR code over the ePayment API: creates it, shows the code, waits for the
//! customer, captures the money, and refunds a part of it.
//!
//! `cargo run --example qr_payment` needs no account: it uses a simulated customer who approves
//! after a second. With API keys in the environment, `Vipps::from_env()?` returns the client.

use std::time::Duration;

use vipps::simulator::Simulator;
use vipps::{Amount, Reference, RequestId};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let simulator = Simulator::builder()
        .approve_after(Duration::from_secs(1))
        .start()?;
    let vipps = simulator.client();

    // Store the reference before the call, because it identifies the payment in all later calls.
    let reference: Reference = "till-7-000451".parse()?;
    let created = vipps
        .epayment()
        .create(reference.clone(), Amount::nok(499))
        .qr()
        .customer_present()
        .description("One pair of socks".parse()?)
        .await?;
    let image = created
        .redirect_url()
        .ok_or("the response has no QR code")?;
    println!("show the image at {image}");

    // Returns when the customer has decided, or when the payment has expired.
    let payment = vipps.epayment().payment(reference.clone());
    let details = payment.wait().await?;
    println!("{reference} is {}", details.state());
    if !details.can_capture() {
        return Err(format!("{reference} is not authorized").into());
    }

    // With the stored key, a retry after a crash does not capture twice.
    let key = RequestId::derive(&reference, "capture");
    let captured = payment.capture_remaining().idempotency_key(key).await?;
    println!("captured {}", captured.amount.ok_or("no amount")?);

    // One of the socks has a hole.
    let refunded = payment.refund(Amount::nok(100)).await?;
    println!("refunded {}", refunded.amount.ok_or("no amount")?);
    Ok(())
}
