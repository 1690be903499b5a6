//! The retry policy of a wait is that of each of its polls.

use std::time::Duration;

use vipps::RetryPolicy;
use vipps::ecom::Rhythm;
use vipps::testing::Recorder;

use crate::support::{self, id};

const PATH: &str = "/ecomm/v2/payments/acme-shop-123/details";

#[tokio::test(start_paused = true)]
async fn a_poll_is_retried_as_the_policy_of_the_wait_says() {
    for (policy, requests_a_poll) in [
        (None, 1),
        (Some(RetryPolicy::none()), 1),
        (Some(RetryPolicy::default()), 3),
    ] {
        let recorder = Recorder::new().answer("GET", PATH, 503, "");
        let vipps = support::on_tokio_time(&recorder).build().unwrap();
        let mut wait = vipps.ecom().payment(&id()).wait();
        // Two polls: the first, and the last one 5 s before the end.
        wait = wait.rhythm(Rhythm::Every(Duration::from_secs(60)));
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
