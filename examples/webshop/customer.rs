//! The customers: a browser, and the simulator's phone.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, StatusCode, header, redirect};
use vipps::OrderId;
use vipps::simulator::{Scanned, Simulator};

use crate::shared::say;
use crate::shop::Shop;

/// Long enough for a shop on one's own machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// One pays, one takes the express way and later withdraws the consent, one says no.
pub(crate) async fn go_shopping(
    simulator: &Simulator,
    shop: &Shop,
    address: SocketAddr,
) -> Result<()> {
    let browser = Browser::open(simulator, address)?;
    let page = browser.read("/").await?;
    ensure!(page.contains("Pay with Vipps"), "the shop is empty");

    say!("customer: buys the regular way");
    let (order, landing_page) = browser.check_out("/buy/0").await?;
    simulator.payer().approve(&landing_page)?;
    say!("customer: approves {order} in the app");
    browser.until(&order, "On its way").await?;
    say!("customer: reads that {order} is on its way");

    say!("customer: takes the express checkout");
    let (order, landing_page) = browser.check_out("/express/1").await?;
    simulator
        .payer()
        .approve_with_shipping(&landing_page, "bike")?;
    say!("customer: approves {order} and wants it by bike");
    browser.until(&order, "On its way").await?;
    ensure!(
        shop.knows_the_customer_of(&order),
        "nobody knows where to send {order}"
    );
    simulator.payer().withdraw_consent(order.as_str())?;
    say!("customer: withdraws the consent");
    simulator.settled().await;
    ensure!(
        !shop.knows_the_customer_of(&order),
        "the shop has not forgotten the customer"
    );

    say!("customer: buys, and says no in the app");
    let (order, landing_page) = browser.check_out("/buy/1").await?;
    simulator.payer().reject(&landing_page)?;
    browser.until(&order, "Not paid").await?;
    say!("customer: reads that {order} is not paid");
    Ok(())
}

struct Browser<'a> {
    simulator: &'a Simulator,
    http: Client,
    shop: String,
}

impl<'a> Browser<'a> {
    fn open(simulator: &'a Simulator, address: SocketAddr) -> Result<Self> {
        let http = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Self {
            simulator,
            http,
            shop: format!("http://{address}"),
        })
    }

    async fn read(&self, path: &str) -> Result<String> {
        let answer = self.http.get(format!("{}{path}", self.shop)).send().await?;
        ensure!(
            answer.status() == StatusCode::OK,
            "{path}: {}",
            answer.status()
        );
        Ok(answer.text().await?)
    }

    /// Presses a button, and gives the order and the page to pay at.
    async fn check_out(&self, path: &str) -> Result<(OrderId, String)> {
        let answer = self
            .http
            .post(format!("{}{path}", self.shop))
            .send()
            .await?;
        ensure!(
            answer.status() == StatusCode::SEE_OTHER,
            "{path}: {}",
            answer.status()
        );
        let location = answer.headers().get(header::LOCATION);
        let landing_page = location.context("nowhere to go")?.to_str()?.to_owned();
        match self.simulator.payer().scan(&landing_page)? {
            Scanned::Payment { order_id } => Ok((order_id.parse()?, landing_page)),
            other => bail!("the shop leads to {other:?}"),
        }
    }

    /// Reads the page to come back to until it says this.
    async fn until(&self, order: &OrderId, said: &str) -> Result<()> {
        let begun = Instant::now();
        loop {
            let page = self.read(&format!("/thanks/{order}")).await?;
            if page.contains(said) {
                return Ok(());
            }
            ensure!(begun.elapsed() < PATIENCE, "{order} never became {said:?}");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}
