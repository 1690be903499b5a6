//! The retry budget: a retry costs 14 points, or 5 points after a 429, and a success adds 1 point.

use vipps::testing::Recorder;
use vipps::{RetryBudget, Vipps};

use crate::support::{self, DETAILS, id};

const PATH: &str = "/ecomm/v2/payments/acme-shop-123/details";

fn client(statuses: &[u16]) -> Vipps {
    let mut recorder = Recorder::new();
    for status in statuses {
        let body = if *status == 200 { DETAILS } else { "" };
        recorder = recorder.respond("GET", PATH, *status, body);
    }
    let builder = support::on_tokio_time(&recorder).retry_budget(RetryBudget::default());
    builder.build().unwrap()
}

/// Returns the remaining budget after each of the calls.
async fn remaining_points(vipps: &Vipps, calls: usize) -> Vec<u32> {
    let mut remaining_points = Vec::new();
    for _ in 0..calls {
        vipps.ecom().payment(id()).details().await.unwrap();
        remaining_points.push(vipps.retry_budget().remaining().unwrap());
    }
    remaining_points
}

#[tokio::test(start_paused = true)]
async fn success_after_a_failure_adds_one_point() {
    let vipps = client(&[503, 200]);
    assert_eq!(vipps.retry_budget().remaining(), Some(500));
    assert_eq!(
        remaining_points(&vipps, 16).await,
        (487..=500).chain([500; 2]).collect::<Vec<_>>()
    );
}

#[tokio::test(start_paused = true)]
async fn success_after_429_adds_one_point() {
    let vipps = client(&[429, 200]);
    assert_eq!(
        remaining_points(&vipps, 7).await,
        [496, 497, 498, 499, 500, 500, 500]
    );
}

#[tokio::test(start_paused = true)]
async fn failed_call_adds_no_point() {
    let vipps = client(&[503]);
    for remaining_points in [500 - 28, 500 - 56] {
        let error = vipps.ecom().payment(id()).details().await.unwrap_err();
        assert_eq!(error.attempts(), 3);
        assert_eq!(vipps.retry_budget().remaining(), Some(remaining_points));
    }
}
