//! The part of the page that follows what happens.

use std::time::Duration;

use vipps::simulator::Simulator;

use super::{Page, Shop};

async fn live(sim: &Simulator, since: &str) -> String {
    let url = format!("{}/_simulator/page/live?since={since}", sim.base_url());
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

async fn version(sim: &Simulator) -> String {
    let page = Page::of(sim).await;
    page.all("#live")[0]
        .attr("data-version")
        .unwrap()
        .to_owned()
}

type Change<'a> = std::pin::Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Every change of the displayed data is reported at once. Nothing is reported without a change.
#[tokio::test]
async fn each_change_is_pushed_at_once() {
    let sim = Simulator::builder().freeze_clock().start().unwrap();
    let shop = Shop::with(sim).await;
    let sim = &shop.sim;
    let changes: [(&str, Change<'_>); 6] = [
        (
            "order-1",
            Box::pin(async {
                shop.initiate("order-1", 20_000).await;
            }),
        ),
        (
            "Scanned",
            Box::pin(async {
                sim.payer().scan("order-1").unwrap();
            }),
        ),
        (
            "Reserved",
            Box::pin(async {
                sim.payer().approve("order-1").unwrap();
            }),
        ),
        (
            "not applied yet",
            Box::pin(async {
                sim.faults().any().times(1).status(500);
            }),
        ),
        (
            "applied once",
            Box::pin(async {
                drop(shop.capture("order-1", "key").await);
            }),
        ),
        (
            "09:07:00",
            Box::pin(async {
                sim.clock().advance(Duration::from_secs(420));
            }),
        ),
    ];
    for (shown, change) in changes {
        let since = version(sim).await;
        let told = live(sim, &since);
        tokio::pin!(told);
        let early = tokio::time::timeout(Duration::from_millis(150), &mut told).await;
        assert!(early.is_err(), "told before {shown}");
        change.await;
        let told = tokio::time::timeout(Duration::from_secs(20), told);
        let told = told.await.expect(shown);
        assert!(told.contains(shown), "{shown} in {told}");
    }
}

/// A page that is still open from a simulator that ran here before.
#[tokio::test]
async fn unknown_version_receives_the_current_one() {
    let sim = Simulator::start().unwrap();
    for since in ["0", "18446744073709551615", "x", ""] {
        let told = tokio::time::timeout(Duration::from_secs(20), live(&sim, since));
        assert!(told.await.unwrap().contains("No orders yet"), "{since}");
    }
}

/// A payment that expires by itself changes the page without a request.
#[tokio::test]
async fn timed_changes_are_pushed() {
    let sim = Simulator::builder()
        .approve_after(Duration::from_millis(1500))
        .start()
        .unwrap();
    let shop = Shop::with(sim).await;
    shop.initiate("order-1", 20_000).await;
    let mut since = version(&shop.sim).await;
    let mut seen = Vec::new();
    while seen.last().is_none_or(|chip| chip != "Reserved") {
        let told = tokio::time::timeout(Duration::from_secs(20), live(&shop.sim, &since));
        let told = told.await.expect("news");
        let told = scraper::Html::parse_fragment(&told);
        let select = |selector| told.select(&super::css(selector)).next().unwrap();
        let next = select("#live").attr("data-version").unwrap().to_owned();
        since = next;
        seen.push(super::text(select("article .chip")));
    }
    assert!(seen.contains(&"Scanned".to_owned()), "{seen:?}");
}

/// Looking at the page is no change, or two open pages would wake each other for ever.
#[tokio::test]
async fn reading_the_page_changes_no_state() {
    let sim = Simulator::start().unwrap();
    let before = version(&sim).await;
    for _ in 0..5 {
        assert_eq!(version(&sim).await, before);
    }
    drop((sim.journal().entries(), sim.ledger(), sim.deliveries()));
    assert_eq!(version(&sim).await, before);
}
