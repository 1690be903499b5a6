//! A failed poll is retried by the next poll, or by the retry policy of the wait.

use std::time::Duration;

use vipps::RetryPolicy;
use vipps::ecom::{PaymentState, PollInterval};
use vipps::testing::Recorder;

use crate::support::{self, id};

const PATH: &str = "/ecomm/v2/payments/acme-shop-123/details";

#[tokio::test(start_paused = true)]
async fn poll_is_retried_by_the_policy_of_the_wait() {
    for (policy, requests_a_poll) in [
        (None, 1),
        (Some(RetryPolicy::none()), 1),
        (Some(RetryPolicy::default()), 3),
    ] {
        let recorder = Recorder::new().respond("GET", PATH, 503, "");
        let vipps = support::on_tokio_time(&recorder).build().unwrap();
        let mut wait = vipps.ecom().payment(id()).wait();
        // Two polls: the first poll, and the last poll 5 s before the end.
        wait = wait.interval(PollInterval::Every(Duration::from_secs(60)));
        if let Some(policy) = policy {
            wait = wait.retry(policy);
        }
        wait.deadline(Duration::from_secs(14)).await.unwrap_err();
        let sent = recorder.requests();
        let details = sent
            .iter()
            .filter(|r| r.operation() == Some("get_payment_details_using_get"));
        assert_eq!(details.count(), 2 * requests_a_poll);
    }
}

#[tokio::test(start_paused = true)]
async fn transient_failure_of_a_poll_does_not_end_the_wait() {
    let failures = [408, 423, 429, 500, 502, 503, 504, 599]
        .map(|status| Recorder::new().respond("GET", PATH, status, ""));
    let lost = Recorder::new().lose_response("GET", PATH);
    for recorder in failures.into_iter().chain([lost]) {
        let recorder = recorder.respond("GET", PATH, 200, support::DETAILS);
        let vipps = support::on_tokio_time(&recorder).build().unwrap();
        let details = vipps.ecom().payment(id()).wait().await.unwrap();
        assert_eq!(details.state(), PaymentState::Reserved);
        let sent = recorder.requests();
        let details = sent
            .iter()
            .filter(|r| r.operation() == Some("get_payment_details_using_get"));
        assert_eq!(details.count(), 2);
    }
}
