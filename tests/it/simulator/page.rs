//! The page as HTTP: what is on it, who may use it, and that it stays apart from the API.

mod guard;
mod live;
mod outside;

use std::time::Duration;

use reqwest::Method;
use scraper::{ElementRef, Html, Selector};
use serde_json::json;
use vipps::simulator::Simulator;

use super::CAPTURE;
use super::shop::Shop;

fn css(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

/// Whitespace in one place is as good as in another.
fn text(element: ElementRef<'_>) -> String {
    let words: String = element.text().collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The page, as a parser reads it that takes nothing amiss.
struct Page(Html);

impl Page {
    async fn of(sim: &Simulator) -> Self {
        let answer = reqwest::get(sim.base_url()).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        Self::parse(&answer.text().await.unwrap())
    }

    fn parse(page: &str) -> Self {
        let page = Html::parse_document(page);
        assert_eq!(page.errors, Vec::<String>::new(), "{}", page.html());
        Self(page)
    }

    fn all(&self, selector: &str) -> Vec<ElementRef<'_>> {
        self.0.select(&css(selector)).collect()
    }

    fn texts(&self, selector: &str) -> Vec<String> {
        self.all(selector).into_iter().map(text).collect()
    }

    fn one(&self, selector: &str) -> String {
        let texts = self.texts(selector);
        assert_eq!(texts.len(), 1, "{selector}: {texts:?}");
        texts[0].clone()
    }

    /// Submits a form as a browser without script does, and returns the next page.
    async fn press(&self, sim: &Simulator, button: &str) -> Self {
        self.press_with(sim, button, &[]).await
    }

    async fn press_with(&self, sim: &Simulator, button: &str, typed: &[(&str, &str)]) -> Self {
        let found = self.all(button);
        let [button] = found[..] else {
            panic!("{button}: {} of them in {}", found.len(), self.0.html());
        };
        let form = button
            .ancestors()
            .filter_map(ElementRef::wrap)
            .find(|element| element.value().name() == "form")
            .expect("a form around the button");
        assert_eq!(form.attr("method"), Some("post"));
        let mut fields: Vec<(&str, &str)> = form
            .select(&css("input[type=hidden], input[checked]"))
            .chain([button])
            .map(|field| (field.attr("name").unwrap(), field.attr("value").unwrap()))
            .collect();
        fields.extend(typed);
        let answer = reqwest::Client::new()
            .post(format!(
                "{}{}",
                sim.base_url(),
                form.attr("action").unwrap()
            ))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(url_encoded(&fields))
            .send()
            .await
            .unwrap();
        assert_eq!((answer.status().as_u16(), answer.url().path()), (200, "/"));
        Self::parse(&answer.text().await.unwrap())
    }
}

fn url_encoded(fields: &[(&str, &str)]) -> String {
    let encode =
        |text| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
    fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

#[tokio::test]
async fn page_without_orders_explains_how_to_start() {
    let sim = Simulator::start().unwrap();
    let page = Page::of(&sim).await;
    let exports = page.one(".empty pre");
    let keys = sim.keys();
    for line in [
        format!("VIPPS_BASE_URL='{}'", sim.base_url()),
        format!("VIPPS_CLIENT_ID='{}'", keys.client_id()),
        format!("VIPPS_CLIENT_SECRET='{}'", keys.client_secret()),
        format!("VIPPS_SUBSCRIPTION_KEY='{}'", keys.subscription_key()),
        "VIPPS_MERCHANT_SERIAL_NUMBER='123456'".to_owned(),
        "cargo run --example till".to_owned(),
    ] {
        assert!(exports.contains(&line), "{line} in {exports}");
    }
    assert_eq!(page.all("article").len(), 0);
}

#[tokio::test]
async fn payment_completes_without_a_script() {
    let shop = Shop::open().await;
    let sim = &shop.sim;
    let landing_page = shop.initiate("order-1", 1_234_500).await;
    let code = shop.qr(&landing_page, "text/targetUrl").await;
    let page = Page::of(sim).await;
    assert_eq!(page.one("article h3"), "order-1");
    assert_eq!(page.one("article .chip"), "Waiting");
    assert_eq!(page.one("article .sum"), "12 345.00 kr");
    assert_eq!(page.one("article code"), code);
    let picture = page.all("article img")[0].attr("src").unwrap();
    let picture = shop.http.get(format!("{}{picture}", sim.base_url()));
    let picture = picture.send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/svg+xml");
    assert_eq!(crate::scan::svg(&picture.text().await.unwrap()), code);

    let page = page.press(sim, "article button[value=scan]").await;
    assert_eq!(page.one("article .chip"), "Scanned");
    assert_eq!(page.one("#phone .sum"), "12 345.00 kr");
    assert_eq!(page.one("#phone .shop"), "Sales unit 123456");
    assert_eq!(page.one("#phone .what"), "Socks");
    let page = page.press(sim, "#phone button[value=approve]").await;
    assert_eq!(page.one("article .chip"), "Reserved");
    assert_eq!(page.one("#phone .chip"), "Reserved");

    assert_eq!(shop.capture("order-1", "key").await.unwrap().status(), 200);
    let page = Page::of(sim).await;
    assert_eq!(page.one("article .chip"), "Partly captured");
    let steps: Vec<String> = page.texts(".timeline li span:not(.money)");
    assert_eq!(steps, ["Initiated", "Scanned", "Reserved", "Captured"]);
    let sums = page.texts(".sums div");
    assert_eq!(
        sums,
        [
            "Reserved12 345.00 kr",
            "Captured499.00 kr",
            "Charged499.00 kr"
        ]
    );
    // The payment has ended, so there is no button.
    assert_eq!(page.all("article button").len(), 0);
}

/// A shop sends its customer's browser to the landing page, and wants it back.
#[tokio::test]
async fn a_browser_that_is_sent_to_a_payment_finds_the_phone() {
    let shop = Shop::open().await;
    let sim = &shop.sim;
    let landing_page = shop.initiate("order-1", 20_000).await;
    shop.initiate("order-2", 30_000).await;
    let before = sim.journal().entries().len();
    let browser = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let open = async |url: &str| {
        let asked = browser.get(url).header("accept", "text/html,*/*;q=0.8");
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), 303);
        assert_eq!(answer.headers()["location"], "/#phone");
        Page::of(sim).await
    };
    let page = open(&landing_page).await;
    assert_eq!(page.one("#phone .sum"), "200.00 kr");
    // Opening the landing page does not count as a scan.
    assert_eq!(page.texts("article .chip"), ["Waiting", "Waiting"]);
    assert_eq!(page.all("#phone a").len(), 0);
    let back = async || {
        let page = Page::of(sim).await;
        let link = page.all("#phone a")[0].attr("href");
        link.unwrap().to_owned()
    };
    page.press(sim, "#phone button[value=approve]").await;
    assert_eq!(back().await, "https://example.com/result");
    // With a route, the link leads to the local address of the shop.
    let address: std::net::SocketAddr = "127.0.0.1:8080".parse().unwrap();
    sim.route("https://example.com", address).unwrap();
    assert_eq!(back().await, "http://127.0.0.1:8080/result");

    let none = landing_page.replace("token=", "token=x");
    let page = open(&none).await;
    assert!(page.one("#phone .glass").contains("That did not work"));
    assert_eq!(sim.journal().entries().len(), before);
    // A client that is not a browser gets the status for undocumented URLs.
    let program = shop.http.get(&landing_page).send().await.unwrap();
    assert_eq!(program.status(), 501);
    assert_eq!(sim.journal().entries().len(), before + 1);
}

#[tokio::test]
async fn phone_rejects_and_shows_why_it_cannot() {
    let shop = Shop::open().await;
    let sim = &shop.sim;
    shop.initiate("order-1", 20_000).await;
    let before = Page::of(sim).await;
    let page = before.press(sim, "article button[value=reject]").await;
    assert_eq!(page.one("article .chip"), "Rejected");
    assert!(page.one("#phone .glass").contains("You said no"));
    // A stale page in another window.
    let page = before.press(sim, "article button[value=approve]").await;
    let told = page.one("#phone .glass");
    assert!(told.contains("the payment is already cancelled"), "{told}");

    shop.initiate("order-2", 151).await;
    let page = Page::of(sim).await;
    let page = page.press(sim, "#order-1 button[value=approve]").await;
    assert!(page.one("#phone .glass").contains("insufficient funds"));
    assert_eq!(page.one("#order-1 .chip"), "Declined");
    let page = page.press(sim, "#phone button[value=close]").await;
    let typed = [("what", "no such thing")];
    let page = page.press_with(sim, "#phone .any button", &typed).await;
    assert!(page.one("#phone .glass").contains("has no payment"));
}

#[tokio::test]
async fn printed_codes_open_their_target() {
    let shop = Shop::open().await;
    let sim = &shop.sim;
    let poster = json!({"id": "poster", "redirectUrl": "https://example.com/offer", "ttl": 600});
    let made = shop.request(Method::POST, "/qr/v1/merchant-redirect");
    let made = made.header("accept", "image/png").json(&poster).send();
    assert_eq!(made.await.unwrap().status(), 200);
    let made = shop.request(Method::PUT, "/qr/v1/merchant-callback/till-1");
    let made = made.json(&json!({"locationDescription": "Kasse 1"})).send();
    assert_eq!(made.await.unwrap().status(), 200);

    let page = Page::of(sim).await;
    let goals = page.texts(".goal");
    assert_eq!(goals, ["to https://example.com/offer", "at Kasse 1"]);
    for picture in page.all(".printed img") {
        let picture = format!("{}{}", sim.base_url(), picture.attr("src").unwrap());
        let drawing = reqwest::get(picture).await.unwrap().text().await.unwrap();
        assert!(crate::scan::svg(&drawing).starts_with("https://qr.vipps.no/"));
    }
    let redirected = page.press(sim, "#redirect-123456-poster button").await;
    let link = redirected.all("#phone a")[0];
    assert_eq!(link.attr("href"), Some("https://example.com/offer"));
    assert!(link.attr("rel").unwrap().contains("noreferrer"));

    let checked_in = page.press(sim, "#callback-123456-till-1 button").await;
    assert!(checked_in.one("#phone .glass").contains("no webhook"));
    sim.webhook("https://example.com/hook", "secret").unwrap();
    let checked_in = page.press(sim, "#callback-123456-till-1 button").await;
    assert!(checked_in.one("#phone .glass").contains("Kasse 1"));
    assert!(
        checked_in
            .one("#journal")
            .contains("https://example.com/hook")
    );
    assert_eq!(sim.deliveries().len(), 1);
}

#[tokio::test]
async fn the_customers_own_code_can_be_read_at_the_till() {
    let shop = Shop::open().await;
    let page = Page::of(&shop.sim).await;
    let page = page.press(&shop.sim, "#phone button[value=show]").await;
    let picture = page.all("#phone img")[0].attr("src").unwrap();
    let drawing = shop.http.get(format!("{}{picture}", shop.sim.base_url()));
    let text = crate::scan::svg(&drawing.send().await.unwrap().text().await.unwrap());
    assert_eq!(page.one("#phone code"), text);
    let exchanged = shop.request(Method::POST, "/qr/v1/exchange");
    let exchanged = exchanged.json(&json!({"qrCode": text})).send().await;
    assert_eq!(exchanged.unwrap().status(), 200);
}

#[tokio::test]
async fn the_clock_is_moved_by_its_buttons() {
    let sim = Simulator::builder().freeze_clock().start().unwrap();
    let shop = Shop::with(sim).await;
    shop.initiate("order-1", 20_000).await;
    let page = Page::of(&shop.sim).await;
    assert_eq!(page.one("#clock time"), "09:00:00");
    let page = page.press(&shop.sim, "#clock button[value='600']").await;
    assert_eq!(page.one("#clock time"), "09:10:00");
    assert_eq!(page.one("article .chip"), "Expired");
    let steps = page.texts(".timeline li");
    assert_eq!(steps, ["09:00:00Initiated200.00 kr", "09:05:00Expired"]);
    let page = page.press(&shop.sim, "#clock button[value='86400']").await;
    assert!(page.one("#clock").contains("Tuesday 3 March 2026"));
}

#[tokio::test]
async fn faults_are_switched_on_counted_and_switched_off() {
    let shop = Shop::open().await;
    let sim = &shop.sim;
    shop.initiate("order-1", 49_900).await;
    sim.payer().approve("order-1").unwrap();
    let page = Page::of(sim).await;
    assert!(page.all("#faults[open]").is_empty());
    let on = "#faults li:has([value=capture-lost]) button";
    let page = page.press(sim, on).await;
    assert!(!page.all("#faults[open]").is_empty());
    assert_eq!(page.one("#faults .hits"), "not applied yet");
    assert_eq!(page.one("#faults .chip"), "1 on");
    shop.capture("order-1", "key").await.unwrap_err();
    assert_eq!(sim.account("order-1").unwrap().captured(), 49_900);
    let page = Page::of(sim).await;
    assert_eq!(page.one("#faults .hits"), "applied once, and expired");
    let note = page.one("#journal .note");
    assert_eq!(note, "fault: response lost; the request took effect");
    assert_eq!(shop.capture("order-1", "key").await.unwrap().status(), 200);

    // A rule that is switched on again applies again.
    let page = page.press(sim, on).await;
    shop.capture("order-1", "key").await.unwrap_err();
    assert_eq!(sim.journal().count(CAPTURE), 3);

    let page = page
        .press(sim, "#faults li:has([value=unavailable]) button")
        .await;
    assert_eq!(shop.capture("order-1", "key").await.unwrap().status(), 503);
    let page = page.press(sim, "#faults button.on").await;
    assert_eq!(shop.capture("order-1", "key").await.unwrap().status(), 200);
    drop(page);

    // Those that a test has set are shown, and end here too.
    let set = sim.faults().on(CAPTURE).order("order-1").status(500);
    let page = Page::of(sim).await;
    let shown = page.one("#faults li:last-child");
    assert!(shown.contains("status 500"), "{shown}");
    assert!(
        shown.contains("for capture_payment_using_post of order order-1"),
        "{shown}"
    );
    page.press(sim, "#faults button.on").await;
    assert_eq!(set.hits(), 0);
    assert_eq!(shop.capture("order-1", "key").await.unwrap().status(), 200);
}

#[tokio::test]
async fn no_more_is_shown_than_can_be_read() {
    let shop = Shop::open().await;
    for number in 0..53 {
        shop.initiate(&format!("order-{number}"), 20_000).await;
    }
    let page = Page::of(&shop.sim).await;
    assert_eq!(page.all("article").len(), 50);
    assert_eq!(page.one("article:first-of-type h3"), "order-52");
    assert_eq!(page.one("#orders .more"), "3 older orders are not shown.");
    // The token was fetched too.
    for _ in 0..10 {
        shop.details("order-1").await;
    }
    let page = Page::of(&shop.sim).await;
    assert_eq!(page.all("#journal details").len(), 60);
    assert_eq!(page.one("#journal .more"), "4 older lines are not shown.");
    let newest = page.texts("#journal .path")[0].clone();
    assert_eq!(newest, "/ecomm/v2/payments/order-1/details");
}

#[tokio::test]
async fn page_is_outside_the_api() {
    let shop = Shop::open().await;
    let sim = &shop.sim;
    let before = sim.journal().entries().len();
    let everything = sim.faults().any().status(503);
    let page = Page::of(sim).await;
    page.press(sim, "#clock button[value='60']").await;
    for path in ["/favicon.ico", "/_simulator/page/icon.svg"] {
        let icon = shop.http.get(format!("{}{path}", sim.base_url()));
        assert_eq!(icon.send().await.unwrap().status(), 200);
    }
    let nowhere = shop
        .http
        .get(format!("{}/_simulator/page/x", sim.base_url()));
    assert_eq!(nowhere.send().await.unwrap().status(), 404);
    assert_eq!(everything.hits(), 0);
    assert_eq!(sim.journal().entries().len(), before);
    // Requests that are not for the page are for the API.
    let other = shop.http.post(sim.base_url()).send().await.unwrap();
    assert_eq!(other.status(), 503);
    assert_eq!(everything.hits(), 1);

    let started = std::time::Instant::now();
    everything.remove();
    sim.faults().any().delay(Duration::from_secs(60));
    Page::of(sim).await;
    assert!(started.elapsed() < Duration::from_secs(30));
}
