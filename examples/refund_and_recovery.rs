//! Refunds a part of a payment, and determines the outcome after all responses are lost.
//!
//! `cargo run --example refund_and_recovery` needs no account: the simulator executes the refund
//! and drops the connection before it responds.

use vipps::ecom::Reconciled;
use vipps::simulator::Simulator;
use vipps::{Amount, OrderId, Outcome, RequestId};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let simulator = Simulator::start()?;
    let vipps = simulator.client();
    let order: OrderId = "order-1".parse()?;
    let started = vipps
        .ecom()
        .initiate(order.clone(), Amount::nok(499), "Socks".parse()?)
        .await?;
    simulator.payer().approve(started.landing_page().as_str())?;
    let payment = started.payment(&vipps);
    payment.capture_remaining().await?;

    // Every attempt of the client loses its response.
    let faults = simulator.faults();
    let refunds = faults.on("refund_payment_using_post");
    refunds.times(3).lose_response();

    // Store both values before the call. They suffice to continue after a crash.
    let amount = Amount::nok(100);
    let key = RequestId::derive(&order, "refund of return 17");
    let refund = || payment.refund(amount).idempotency_key(key.clone());
    match refund().await {
        Ok(_) => println!("refunded"),
        // The money may have moved. Neither success nor failure may be reported yet.
        Err(error) if error.outcome() == Outcome::Unknown => {
            println!("no response after {} attempts", error.attempts());
            match payment.reconcile_refund(key.clone(), amount).await {
                Reconciled::TookEffect(_) => println!("the refund took effect"),
                Reconciled::NoEffect => {
                    refund().await?;
                    println!("refunded by the second call");
                }
                Reconciled::StillUnknown(error) => return Err(error.into()),
            }
        }
        // `Outcome::Rejected` or `Outcome::NotSent`: no money was refunded.
        Err(error) => return Err(error.into()),
    }
    // A retry with the same key does not refund twice.
    refund().await?;
    let refunded = payment.details().await?.sums().refunded;
    println!("refunded in total: {refunded}");
    Ok(())
}
