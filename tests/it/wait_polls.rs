//! Which polls of a wait are repeated, and how.

use std::time::Duration;

use vipps::RetryPolicy;
use vipps::ecom::{PaymentState, Rhythm};
use vipps::testing::Recorder;

use crate::support::{self, id};

const PATH: &str = "/ecomm/v2/payments/acme-shop-123/details";

#[tokio::test(start_paused = true)]
async fn a_transient_failure_of_a_poll_ends_no_wait() {
    for status in [408, 423, 429, 500, 502, 503, 504, 599] {
        let recorder = Recorder::new().answer("GET", PATH, status, "").answer(
            "GET",
            PATH,
            200,
            support::DETAILS,
        );
        let vipps = support::on_tokio_time(&recorder).build().unwrap();
        let details = vipps.ecom().payment(&id()).wait().await.unwrap();
        assert_eq!(details.state(), PaymentState::Reserved, "{status}");
    }
    let recorder = Recorder::new()
        .lose("GET", PATH)
        .answer("GET", PATH, 200, support::DETAILS);
    let vipps = support::on_tokio_time(&recorder).build().unwrap();
    vipps.ecom().payment(&id()).wait().await.unwrap();
}

/// Without a policy of its own a poll is one request, since the next poll is the retry.
#[tokio::test(start_paused = true)]
async fn the_retry_policy_of_a_wait_is_that_of_its_polls() {
    for (policy, requests) in [
        (None, 1),
        (Some(RetryPolicy::none()), 1),
        (Some(RetryPolicy::default()), 3),
    ] {
        let recorder = Recorder::new().answer("GET", PATH, 503, "");
        let vipps = support::on_tokio_time(&recorder).build().unwrap();
        let mut wait = vipps.ecom().payment(&id()).wait();
        // One poll, and none before the end after it.
        wait = wait.rhythm(Rhythm::Every(Duration::from_secs(60)));
        if let Some(policy) = policy {
            wait = wait.retry(policy);
        }
        wait.deadline(Duration::from_secs(14)).await.unwrap_err();
        let polls = recorder.requests();
        let polls = polls
            .iter()
            .filter(|r| r.operation() == Some("get_payment_details_using_get"));
        // The last look begins 5 s before the end, and is a poll like the others.
        assert_eq!(polls.count() as u32 / 2, requests, "{requests}");
    }
}
