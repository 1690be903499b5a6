//! Receives the callback of a payment with axum, and reads the details before it acts.
//!
//! `cargo run --example receive_callbacks` needs no account: the simulated customer approves, and
//! the simulator sends the callback to this program.

use std::net::Ipv4Addr;

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use vipps::callback::{self, Callback, CallbackAuth};
use vipps::simulator::Simulator;
use vipps::{Amount, Vipps};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let simulator = Simulator::start()?;
    let vipps: Vipps = simulator.client();

    // Store the token with the other secrets, because a callback can arrive after a restart.
    let auth = CallbackAuth::generate()?;
    let token = auth.token().clone();
    let (updates, mut received) = mpsc::channel(100);
    let callbacks: Router = callback::axum::router(auth, move |callback| {
        let updates = updates.clone();
        async move {
            match callback {
                // The response is due within 3 s, so the update is only recorded here.
                Callback::Payment(update) => match updates.try_send(update) {
                    Ok(()) => StatusCode::OK.into_response(),
                    Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                },
                _ => StatusCode::NOT_FOUND.into_response(),
            }
        }
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    // The API requires an https URL. The simulator routes requests to that URL to this program.
    simulator.route("https://shop.example.com", listener.local_addr()?)?;
    let app = Router::new().nest("/vipps", callbacks);
    tokio::spawn(async move { axum::serve(listener, app).await });

    let started = vipps
        .ecom()
        .initiate("order-1".parse()?, Amount::nok(499), "Socks".parse()?)
        .callback_prefix("https://shop.example.com/vipps".parse()?)
        .auth_token(token)
        .await?;
    simulator.payer().approve(started.landing_page().as_str())?;

    // A callback can be lost, so a shop also polls. Only the details state what is paid.
    let update = received.recv().await.ok_or("the server has stopped")?;
    println!("callback for {}", update.order_id);
    let details = update.payment(&vipps).details().await?;
    println!("{} is {}", update.order_id, details.state());
    Ok(())
}
