//! Takes a payment by QR code: starts it, shows the code, waits for the customer, captures the money.
//!
//! `cargo run --example payment_by_qr` needs no account: the customer is one of the simulator's, and
//! approves after a second. With keys in the environment, `Vipps::from_env()?` makes the client.

use std::time::Duration;

use vipps::simulator::Simulator;
use vipps::{Amount, OrderId, RequestId};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let simulator = Simulator::builder()
        .approve_after(Duration::from_secs(1))
        .start()?;
    let vipps = simulator.client();

    // Store the order before the call: it names the payment for good, and is used up by the call.
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

    // A sales unit with direct capture has the money already.
    if details.can_capture() {
        // The same key after a crash captures the same money, once.
        let key = RequestId::derive(&order, "capture");
        sale.payment().capture().idempotency_key(key).await?;
    }
    let details = sale.payment().details().await?;
    if !details.state().is_paid() {
        return Err(format!("{order} is not paid").into());
    }
    println!("captured {}", details.sums().captured);
    Ok(())
}
