//! Takes a payment by QR code: starts it, shows the code, waits for the customer, captures the
//! money.
//!
//! `cargo run --example payment_by_qr` needs no account: it uses a simulated customer who approves
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

    // Store the order id before the call, because it identifies the payment in all later calls.
    let order: OrderId = "order-1".parse()?;
    let sale = vipps
        .pay_by_qr(order.clone(), Amount::nok(499), "Socks".parse()?)
        .content()
        .await?;
    let code = sale.qr().content().ok_or("the response has no code")?;
    println!("{}", code.render_terminal()?);
    println!("scan within {} s", sale.qr().expires_in().as_secs());

    // Returns when the customer has decided, or when the payment has expired.
    let details = sale.payment().wait().await?;
    println!("{order} is {}", details.state());

    // A sales unit with direct capture has captured the amount already.
    if details.can_capture() {
        // With the stored key, a retry after a crash does not capture twice.
        let key = RequestId::derive(&order, "capture");
        sale.payment()
            .capture_remaining()
            .idempotency_key(key)
            .await?;
    }
    let details = sale.payment().details().await?;
    if !details.state().is_paid() {
        return Err(format!("{order} is not paid").into());
    }
    println!("captured {}", details.sums().captured);
    Ok(())
}
