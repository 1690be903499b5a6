//! The simulated customers: a browser, and the app of the simulator.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, StatusCode, header, redirect};
use vipps::OrderId;
use vipps::simulator::{Scanned, Simulator};

use crate::shared::log_line;
use crate::shop::Shop;

/// The maximum wait for a page to change.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The first customer pays, the second uses express checkout and later withdraws the consent, the
/// third rejects the payment.
pub(crate) async fn run_all(simulator: &Simulator, shop: &Shop, address: SocketAddr) -> Result<()> {
    let browser = Browser::open(simulator, address)?;
    let page = browser.read("/").await?;
    ensure!(page.contains("Pay with Vipps"), "the shop has no goods");

    log_line("customer: starts a regular checkout");
    let (order, landing_page) = browser.check_out("/buy/0").await?;
    simulator.payer().approve(&landing_page)?;
    log_line(format_args!("customer: approves {order} in the app"));
    browser.until(&order, "On its way").await?;
    log_line(format_args!("customer: {order} is on its way"));

    log_line("customer: starts an express checkout");
    let (order, landing_page) = browser.check_out("/express/1").await?;
    simulator
        .payer()
        .approve_with_shipping(&landing_page, "bike")?;
    log_line(format_args!(
        "customer: approves {order} with delivery by bicycle courier"
    ));
    browser.until(&order, "On its way").await?;
    ensure!(shop.has_customer(&order), "{order} has no customer data");
    simulator.payer().withdraw_consent(order.as_str())?;
    log_line("customer: withdraws the consent");
    simulator.settled().await;
    ensure!(
        !shop.has_customer(&order),
        "the customer data of {order} was not removed"
    );

    log_line("customer: starts a regular checkout and rejects it in the app");
    let (order, landing_page) = browser.check_out("/buy/1").await?;
    simulator.payer().reject(&landing_page)?;
    browser.until(&order, "Not paid").await?;
    log_line(format_args!("customer: {order} is not paid"));
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
        let response = self.http.get(format!("{}{path}", self.shop)).send().await?;
        ensure!(
            response.status() == StatusCode::OK,
            "{path}: {}",
            response.status()
        );
        Ok(response.text().await?)
    }

    /// Submits a checkout form and returns the order id and the landing page.
    async fn check_out(&self, path: &str) -> Result<(OrderId, String)> {
        let response = self
            .http
            .post(format!("{}{path}", self.shop))
            .send()
            .await?;
        ensure!(
            response.status() == StatusCode::SEE_OTHER,
            "{path}: {}",
            response.status()
        );
        let location = response.headers().get(header::LOCATION);
        let landing_page = location
            .context("the redirect has no location")?
            .to_str()?
            .to_owned();
        match self.simulator.payer().scan(&landing_page)? {
            Scanned::Payment { order_id } => Ok((order_id.parse()?, landing_page)),
            other => bail!("the landing page is not a payment: {other:?}"),
        }
    }

    /// Reloads the page of an order until it contains this text.
    async fn until(&self, order: &OrderId, text: &str) -> Result<()> {
        let start_time = Instant::now();
        loop {
            let page = self.read(&format!("/orders/{order}")).await?;
            if page.contains(text) {
                return Ok(());
            }
            ensure!(
                start_time.elapsed() < TIMEOUT,
                "the page of {order} never contained {text:?}"
            );
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}
