//! Receives webhooks with axum, and captures a payment when its customer has approved it.
//!
//! `cargo run --example webhook_server` needs no account: the simulated customer approves, and the
//! simulator sends the event to this program.

use std::net::Ipv4Addr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use vipps::epayment::EventName;
use vipps::simulator::Simulator;
use vipps::webhooks::{self, Event, EventType, MemoryEventStore, Receiver, Registration, Verifier};
use vipps::{Amount, RequestId};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let simulator = Simulator::start()?;
    let vipps = simulator.client();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    // The API requires an https URL. The simulator routes requests to that URL to this program.
    simulator.route("https://shop.example.com", listener.local_addr()?)?;

    // The registration that an earlier start has stored, made with `Registration::new(id, secret)`.
    // Store a new one: its secret is not shown again.
    let stored: Option<Registration> = None;
    let url = "https://shop.example.com/webhooks";
    let events = [EventType::PaymentAuthorized];
    let registration = vipps
        .webhooks()
        .ensure(url.parse()?, events, stored)
        .await?
        .into_registration();

    let verifier = Verifier::new(url, [registration.expose_secret()])?;
    let receiver = Receiver::new(verifier).deduplicate(MemoryEventStore::default());
    let (sender, mut received) = mpsc::channel(100);
    // The response is due within 10 s, so the handler only passes the event on. After an error, the
    // event is sent again.
    let handler = webhooks::axum::events(receiver, move |event| {
        let sent = sender.try_send(event);
        async move { sent }
    });
    let app = Router::new().route("/webhooks", handler);
    tokio::spawn(async move { axum::serve(listener, app).await });

    vipps
        .epayment()
        .create("order-2026-451".parse()?, Amount::nok(499))
        .web_redirect("https://shop.example.com/orders/451".parse()?)
        .description("One pair of socks".parse()?)
        .await?;
    simulator.payer().approve("order-2026-451")?;

    while let Some(event) = received.recv().await {
        let Event::Payment(event) = event else {
            continue;
        };
        println!("{} of {}", event.name, event.reference);
        if event.name == EventName::Authorized {
            // The same key if the event arrives twice, so that the money moves once.
            let key = RequestId::derive(&event.reference, "capture");
            let payment = vipps.epayment().payment(event.reference);
            let captured = payment.capture_remaining().idempotency_key(key).await?;
            println!("captured {}", captured.amount.ok_or("no amount")?);
            break;
        }
    }
    Ok(())
}
