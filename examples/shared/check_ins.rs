//! The webhook that tells of customers who have scanned a code at a till.

use anyhow::Result;
use axum::Router;
use axum::http::StatusCode;
use tokio::sync::mpsc;
use vipps::webhook::{self, CheckIn, Verifier};

use super::front::Front;
use super::stop::Stop;
use super::{Place, say};

/// Where a registration keeps its secret for this program: an argument could be read by everybody on the machine.
pub(crate) const SECRET: &str = "VIPPS_WEBHOOK_SECRET";
/// The secret of the simulator's registration, which guards nothing.
const OF_THE_SIMULATOR: &str = "secret-of-the-simulators-webhook";
const PATH: &str = "/check-ins";
/// More customers than can wait at the same time.
const WAITING: usize = 64;

/// The URL to register for the event.
pub(crate) fn registered_url(front: &Front) -> String {
    front.url(PATH)
}

/// The secret of the registration; with a simulator it is registered here.
pub(crate) fn secret(place: &Place, front: &Front) -> Result<Option<String>> {
    if let Some(simulator) = &place.simulator {
        simulator.webhook(registered_url(front), OF_THE_SIMULATOR)?;
        return Ok(Some(OF_THE_SIMULATOR.to_owned()));
    }
    Ok(std::env::var(SECRET).ok())
}

/// Serves the webhook. What comes out is signed; it may come out twice, as it may come in twice.
pub(crate) fn receive(front: Front, secret: &str, stop: Stop) -> Result<mpsc::Receiver<CheckIn>> {
    let verifier = Verifier::new(registered_url(&front), [secret])?;
    let (tell, told) = mpsc::channel(WAITING);
    let hook = webhook::axum::post(verifier, move |check_in: CheckIn| {
        // The work comes later: Vipps waits for the answer, and the customer with it.
        let answer = if !check_in.is_fresh(jiff::Timestamp::now()) {
            // It was sent again for long, and the customer is gone.
            say!("a check-in came too late");
            StatusCode::OK
        } else if tell.try_send(check_in).is_ok() {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        std::future::ready(answer)
    });
    let router = Router::new().route(PATH, hook);
    tokio::spawn(front.serve(router, stop));
    Ok(told)
}
