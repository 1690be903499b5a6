//! The page of the simulator in a real browser.

mod driver;
#[path = "../support/scan.rs"]
mod scan;

use std::time::Duration;

use driver::{Browser, browser};
use serde_json::{Value, json};
use vipps::simulator::Simulator;
use vipps::{Amount, Vipps};

async fn start_qr_payment(sim: &Simulator, order: &str, text: &str) {
    let client = sim.client();
    let (order, text) = (order.parse().unwrap(), text.parse().unwrap());
    let sale = client.pay_by_qr(order, Amount::nok(120), text);
    sale.content().await.unwrap();
}

/// Starts an ePayment payment.
async fn start_epayment(client: &Vipps, reference: &str, amount: Amount) {
    let create = client.epayment().create(reference.parse().unwrap(), amount);
    let create = create.qr().customer_present();
    create.description("Tea".parse().unwrap()).await.unwrap();
}

/// Starts a payment of 499 kr, waits for the customer and captures.
async fn take_payment(client: Vipps, order: &'static str, text: &'static str) {
    let (order, text) = (order.parse().unwrap(), text.parse().unwrap());
    let sale = client.pay_by_qr(order, Amount::nok(499), text);
    let payment = sale.content().await.unwrap().payment();
    let details = payment.wait().await.unwrap();
    assert!(details.can_capture(), "{details:?}");
    payment.capture_remaining().await.unwrap();
}

/// Returns the size of a screenshot.
fn size(screenshot: &[u8]) -> (u32, u32) {
    let decoder = png::Decoder::new(std::io::Cursor::new(screenshot));
    decoder.read_info().expect("a PNG").info().size()
}

#[tokio::test]
async fn order_appears_is_approved_and_captured_by_the_waiting_till() {
    let Some(browser) = browser("approve").await else {
        return;
    };
    let sim = Simulator::start().unwrap();
    browser.open_url(sim.base_url()).await;
    browser.wait_for_text("#connection", "live").await;
    assert_eq!(
        browser
            .run("return document.querySelector('.empty strong').innerText")
            .await,
        "No orders yet."
    );
    // Reloading the page would reset this variable.
    browser.run("window.seen = 'from the start'").await;

    let text = "<script>document.title='x'</script>Socks";
    let till = tokio::spawn(take_payment(sim.client(), "page-1", text));
    browser.wait_for_text("article h3", "page-1").await;
    browser.wait_for_text("article .what", text).await;
    browser
        .wait_for_text("article .sum", "499.00\u{a0}kr")
        .await;
    // The image on the page is the complete code in black and white.
    browser
        .wait_until("const code = document.querySelector('article img'); return code && code.complete && code.naturalWidth > 0")
        .await;
    let output = browser
        .wait_until("const code = document.querySelector('article code.text'); return code && code.innerText")
        .await;
    assert_eq!(
        scan::png(&browser.screenshot_of("article img").await),
        output
    );
    assert!(sim.account("page-1").unwrap().effects().is_empty());

    browser.click("article button[data-do=approve]").await;
    browser.wait_for_text("article .chip", "Captured").await;
    till.await.unwrap();
    assert_eq!(sim.account("page-1").unwrap().charged(), 49_900);
    let steps = "return [...document.querySelectorAll('.timeline li span:not(.money)')].map(step => step.innerText)";
    let steps = browser.run(steps).await;
    assert_eq!(steps, json!(["Started", "Scanned", "Reserved", "Captured"]));
    browser.wait_for_text("#phone .chip", "Captured").await;

    assert_eq!(browser.run("return window.seen").await, "from the start");
    assert_eq!(
        browser.run("return document.title").await,
        "Vipps simulator"
    );
    assert_eq!(browser.log_entries().await, Vec::<Value>::new());
}

#[tokio::test]
async fn page_fits_each_screen() {
    let Some(browser) = browser("screens").await else {
        return;
    };
    let sim = Simulator::start().unwrap();
    browser.open_url(sim.base_url()).await;
    browser.wait_for_text("#connection", "live").await;
    for width in [320, 390, 900, 1280] {
        browser.set_screen(width, 844, "light").await;
        assert!(content_width(&browser).await <= width, "{width}, empty");
    }
    browser.screenshot("empty").await;
    fill_shop(&sim).await;
    browser.wait_for_text("article h3", "shop-8").await;
    let open = "document.querySelector('#journal details').open = true; document.querySelector('#keys').open = true";
    for (width, height, scheme) in [
        (1280, 900, "light"),
        (1280, 900, "dark"),
        (390, 844, "light"),
        (390, 844, "dark"),
        (900, 1100, "light"),
        (320, 640, "light"),
    ] {
        browser.set_screen(width, height, scheme).await;
        let scale = if width < 500 { 2 } else { 1 };
        let screenshot = browser.screenshot(&format!("{width}-{scheme}")).await;
        let (wide, high) = size(&screenshot);
        // A scroll bar may use a part of the width.
        let bar = (width - 20) * scale;
        assert!((bar..=width * scale).contains(&wide), "{width}: {wide}");
        assert!(high > height * scale, "{width}: {high}");
        for details in ["", open] {
            browser.run(details).await;
            assert!(content_width(&browser).await <= width, "{width} {details}");
        }
        let overlaps = browser.run(OVERLAPS).await;
        assert_eq!(overlaps, json!([]), "{width}");
        let small = browser.run(SMALL_CONTROLS).await;
        assert_eq!(small, json!([]), "{width}");
        let faint = browser.run(LOW_CONTRAST).await;
        assert_eq!(faint, json!([]), "{width} {scheme}");
    }
    assert_eq!(browser.log_entries().await, Vec::<Value>::new());
}

/// Returns the width of the page's content. A phone widens its viewport to fit wide content, so the
/// width of the window would prove nothing.
async fn content_width(browser: &Browser) -> u32 {
    let width = browser
        .run("return document.documentElement.scrollWidth")
        .await;
    width
        .as_u64()
        .and_then(|width| width.try_into().ok())
        .expect("a width")
}

/// A script that returns the pairs of visible texts and controls that overlap by more than 2
/// pixels.
const OVERLAPS: &str = "
    scrollTo(0, 0);
    const selector = 'button, summary > *, input, img, h1, h2, h3, p, li > *, dt, dd, code, pre, .chip';
    const all = [...document.querySelectorAll(selector)]
        .filter(element => element.checkVisibility() && !element.closest('.hidden, .skip'))
        .filter(element => element.getBoundingClientRect().width > 0);
    const places = all.map(element => element.getBoundingClientRect());
    const found = [];
    for (let a = 0; a < all.length; a++) {
        for (let b = a + 1; b < all.length; b++) {
            const wide = Math.min(places[a].right, places[b].right) - Math.max(places[a].left, places[b].left);
            const high = Math.min(places[a].bottom, places[b].bottom) - Math.max(places[a].top, places[b].top);
            if (wide > 2 && high > 2 && !all[a].contains(all[b]) && !all[b].contains(all[a])
                && !all[a].closest('.side') === !all[b].closest('.side')
                && !(all[a].closest('.copy') && all[b].closest('.copy'))) {
                found.push(all[a].innerText + ' | ' + all[b].innerText);
            }
        }
    }
    return found";

/// A script that returns the visible controls whose height is below 44 pixels.
const SMALL_CONTROLS: &str = "
    return [...document.querySelectorAll('button, summary, fieldset label, input:not([type=hidden], [type=radio])')]
        .filter(element => element.checkVisibility())
        .filter(element => element.getBoundingClientRect().height < 44)
        .map(element => element.innerText)";

/// A script that returns the text whose contrast is below the 4.5 to 1 that WCAG requires.
const LOW_CONTRAST: &str = "
    const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const parts = (colours) => {
        paint.clearRect(0, 0, 1, 1);
        for (const colour of colours) { paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1); }
        return [...paint.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => {
        const [x, y, z] = [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const faint = new Set();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.nodeValue.trim() || !element.checkVisibility() || element.closest('script, style')) continue;
        const grounds = [];
        for (let at = element; at; at = at.parentElement) grounds.unshift(getComputedStyle(at).backgroundColor);
        const ground = light(parts(grounds));
        const ink = light(parts([...grounds, getComputedStyle(element).color]));
        const contrast = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
        if (contrast < 4.5) faint.add(element.className + ': ' + element.innerText + ' ' + contrast.toFixed(2));
    }
    return [...faint]";

/// Creates orders in all states, and QR codes of all kinds.
async fn fill_shop(sim: &Simulator) {
    let client = sim.client();
    let payer = sim.payer();
    let order = |id: &str| client.ecom().payment(id.parse().unwrap());
    for (id, text) in [
        ("shop-1", "Wool socks, two pairs"),
        ("shop-2", "Bicycle"),
        ("shop-3", "Flat white and a bun"),
        ("shop-4", "A book about a long journey by boat and on foot"),
        ("shop-5", "Apples"),
        ("shop-6", "Rain coat"),
        ("shop-7-with-a-name-as-long-as-they-may-be-1234567", "Tea"),
        (
            "shop-8",
            "A_text_without_a_single_space_in_it_that_must_be_broken_somewhere",
        ),
    ] {
        start_qr_payment(sim, id, text).await;
    }
    for id in ["shop-1", "shop-2", "shop-5", "shop-6"] {
        payer.approve(id).unwrap();
    }
    order("shop-1").capture_remaining().await.unwrap();
    order("shop-1").refund_remaining().await.unwrap();
    order("shop-2").capture(Amount::nok(50)).await.unwrap();
    order("shop-5").cancel().await.unwrap();
    payer.reject("shop-4").unwrap();
    let qr = client.qr();
    let poster = qr.merchant_redirect(
        "billboard_by_the_central_station_north_side"
            .parse()
            .unwrap(),
    );
    let target =
        "https://example.com/a/page/with/quite/a/long/address?from=the-billboard-by-the-station";
    poster.create(target.parse().unwrap()).await.unwrap();
    let till = qr.merchant_callback("till-1".parse().unwrap());
    till.put("Kasse 1".parse().unwrap()).await.unwrap();
    sim.faults().on("refund_payment_using_post").status(503);
    payer.scan("shop-8").unwrap();
}

#[tokio::test]
async fn phone_faults_and_clock_work_without_a_reload() {
    let Some(browser) = browser("work").await else {
        return;
    };
    let sim = Simulator::start().unwrap();
    start_qr_payment(&sim, "page-1", "Tea").await;
    browser.open_url(sim.base_url()).await;
    browser.wait_for_text("#connection", "live").await;
    browser.run("window.seen = true").await;

    // Updates of the page preserve opened sections, typed text and search results.
    browser.click("#journal details summary").await;
    let open = browser
        .run("return document.querySelector('#journal details[open]').id")
        .await;
    browser.type_text("#text", "page").await;
    start_qr_payment(&sim, "page-2", "Coffee").await;
    browser
        .wait_for_text("#order-123456-page-2 h3", "page-2")
        .await;
    assert_eq!(
        browser
            .run("return document.querySelector('details.line[open]').id")
            .await,
        open
    );
    let first = browser
        .run("return document.querySelector('#journal details').id")
        .await;
    assert_ne!(first, open);
    assert_eq!(
        browser.run("return document.activeElement.id").await,
        "text"
    );
    assert_eq!(
        browser.run("return document.activeElement.value").await,
        "page"
    );
    browser.type_text("#text", "-1").await;
    browser.click("#phone .any button").await;
    browser.wait_for_text("#phone .what", "Tea").await;
    browser
        .wait_for_text("#order-123456-page-1 .chip", "Scanned")
        .await;
    browser.click("#phone button[data-do=reject]").await;
    browser.wait_for_text("#phone .chip", "Rejected").await;
    browser
        .wait_for_text("#order-123456-page-1 .chip", "Rejected")
        .await;

    browser.click("#faults summary").await;
    browser.click("[aria-label='Add: Out of service']").await;
    browser.wait_for_text("#fault-count", "1 active").await;
    let refused = sim.client().ecom().payment("page-2".parse().unwrap());
    let refused = refused.details().deadline(Duration::from_secs(1)).await;
    refused.unwrap_err();
    browser
        .wait_until(
            "return document.querySelector('#faults .hits').innerText.startsWith('applied')",
        )
        .await;
    browser.click("#faults button.on").await;
    browser.wait_for_text("#fault-count", "none").await;

    let time = "const clock = document.querySelector('#clock time').innerText; return clock";
    let before = browser.run(time).await;
    browser
        .wait_until(&format!(
            "return document.querySelector('#clock time').innerText !== {before}"
        ))
        .await;
    browser.click("#clock button[data-seconds='600']").await;
    browser
        .wait_for_text("#order-123456-page-2 .chip", "Expired")
        .await;

    assert_eq!(browser.run("return window.seen").await, true);
    // The page shows that the simulator is unreachable.
    assert_eq!(browser.log_entries().await, Vec::<Value>::new());
    drop(sim);
    browser.wait_for_text("#connection", "connecting…").await;
}

#[tokio::test]
async fn every_control_is_reached_and_pressed_by_keyboard() {
    let Some(browser) = browser("keyboard").await else {
        return;
    };
    let sim = Simulator::start().unwrap();
    start_qr_payment(&sim, "page-1", "Tea").await;
    browser.open_url(sim.base_url()).await;
    browser.wait_for_text("article h3", "page-1").await;

    // The first stop skips to the orders. The next one is the first button there.
    browser.press(TAB).await;
    assert_eq!(browser.focused().await, "To the orders");
    browser.press(ENTER).await;
    browser.press(TAB).await;
    assert_eq!(browser.focused().await, "Approve");
    let outline = "return getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(browser.run(outline).await, "solid");
    browser.press(ENTER).await;
    browser.wait_for_text("article .chip", "Reserved").await;
    // The button is gone, and the focus stays at the order.
    let place = "return document.activeElement.id";
    assert_eq!(browser.run(place).await, "order-123456-page-1");

    // A round with the Tab key visits every control.
    let count = "return document.querySelectorAll('button, summary, input').length";
    let controls = browser.run(count).await.as_u64().expect("a count");
    browser
        .run("window.visited = new Set(); document.getElementById('phone').focus()")
        .await;
    for _ in 0..2 * controls + 20 {
        browser.press(TAB).await;
        browser
            .run("window.visited.add(document.activeElement)")
            .await;
    }
    let missed = browser
        .run(
            "return [...document.querySelectorAll('button, summary, input')]
                 .filter(element => element.checkVisibility() && !window.visited.has(element))
                 .map(element => element.outerHTML)",
        )
        .await;
    assert_eq!(missed, json!([]));
    let opened = "document.querySelector('#faults summary').focus()";
    browser.run(opened).await;
    browser.press(ENTER).await;
    browser.press(TAB).await;
    browser.press(ENTER).await;
    browser.wait_for_text("#fault-count", "1 active").await;
}

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

#[tokio::test]
async fn webhooks_currencies_and_error_codes_are_shown() {
    let Some(browser) = browser("webhooks").await else {
        return;
    };
    let sim = Simulator::start().unwrap();
    let client = sim.client();
    let url = "https://example.com/hook".parse().unwrap();
    let events = [vipps::webhooks::EventType::PaymentAuthorized];
    client.webhooks().register(url, events).await.unwrap();
    for (reference, amount) in [
        ("page-dkk-1", Amount::dkk(1234)),
        ("page-eur-1", Amount::eur(5)),
    ] {
        start_epayment(&client, reference, amount).await;
    }
    browser.open_url(sim.base_url()).await;
    browser
        .wait_for_text("#order-123456-page-dkk-1 .sum", "1\u{202f}234.00\u{a0}DKK")
        .await;
    browser
        .wait_for_text("#order-123456-page-eur-1 .sum", "5.00\u{a0}EUR")
        .await;
    let payment = client.epayment().payment("page-eur-1".parse().unwrap());
    payment.capture(Amount::eur(5)).await.unwrap_err();
    browser
        .wait_for_text("#journal .error-code", "error 6080")
        .await;

    sim.route_all(([127, 0, 0, 1], 1));
    browser
        .click("#order-123456-page-dkk-1 button[data-do=approve]")
        .await;
    browser
        .wait_for_text("#webhooks .sent .goal", "payment_event of page-dkk-1")
        .await;
    browser
        .wait_for_text("#webhooks .sent .status", "failed")
        .await;
    browser
        .wait_until(
            "return document.querySelector('#webhooks .sent').innerText.includes('next at')",
        )
        .await;
    browser.wait_for_text("#phone .chip", "Reserved").await;
    assert_eq!(browser.log_entries().await, Vec::<Value>::new());
}

#[tokio::test]
async fn codes_are_scanned_and_the_customer_shows_one() {
    let Some(browser) = browser("codes").await else {
        return;
    };
    let sim = Simulator::start().unwrap();
    let client = sim.client();
    let poster = client.qr().merchant_redirect("poster".parse().unwrap());
    let target = "https://example.com/offer".parse().unwrap();
    poster.create(target).await.unwrap();
    let till = client.qr().merchant_callback("till-1".parse().unwrap());
    till.put("Kasse 1".parse().unwrap()).await.unwrap();
    browser.open_url(sim.base_url()).await;
    browser
        .wait_for_text("#redirect-123456-poster h3", "poster")
        .await;
    let drawn = "const image = document.querySelector('#redirect-123456-poster img'); return image.complete && image.naturalWidth > 0";
    browser.wait_until(drawn).await;
    browser.click("#redirect-123456-poster button").await;
    browser
        .wait_for_text("#phone a", "https://example.com/offer")
        .await;
    browser.click("#checkIn-123456-till-1 button").await;
    browser.wait_for_text("#phone h2", "Not possible").await;
    sim.register_webhook("https://example.com/hook", "secret")
        .unwrap();
    browser.click("#checkIn-123456-till-1 button").await;
    browser.wait_for_text("#phone .what", "Kasse 1").await;
    browser.click("#phone button[data-do=close]").await;
    browser.wait_for_text("#phone h2", "Scan to pay").await;
    browser.click("#phone button[data-do=code]").await;
    let text = browser
        .wait_until(
            "const code = document.querySelector('#phone code'); return code && code.innerText",
        )
        .await;
    browser
        .wait_until("const image = document.querySelector('#phone img'); return image.complete && image.naturalWidth > 0")
        .await;
    assert_eq!(scan::png(&browser.screenshot_of("#phone img").await), text);
    let code = text.as_str().unwrap().parse().unwrap();
    client.qr().exchange(code).await.unwrap();
}

#[tokio::test]
async fn landing_page_shows_the_payment_on_the_phone() {
    let Some(browser) = browser("landing").await else {
        return;
    };
    let sim = Simulator::start().unwrap();
    let client = sim.client();
    let (order, text) = ("page-1".parse().unwrap(), "Tea".parse().unwrap());
    let started = client.ecom().initiate(order, Amount::nok(120), text);
    let started = started.await.unwrap();
    browser.open_url(started.landing_page().as_str()).await;
    browser.wait_for_text("#phone .what", "Tea").await;
    // Opening the landing page is not a scan.
    browser.wait_for_text("article .chip", "Waiting").await;
    browser.click("#phone button[data-do=approve]").await;
    browser.wait_for_text("#phone a", "Back to the shop").await;
    assert_eq!(sim.account("page-1").unwrap().reserved(), 12_000);
    browser
        .open_url(&started.landing_page().as_str().replace("token=", "token=x"))
        .await;
    browser.wait_for_text("#phone h2", "Not possible").await;
}

#[tokio::test]
async fn form_of_another_site_is_refused() {
    let Some(browser) = browser("forged").await else {
        return;
    };
    let sim = Simulator::start().unwrap();
    start_qr_payment(&sim, "page-1", "Tea").await;
    let elsewhere = Simulator::start().unwrap();
    let form = format!(
        "<form method=post action='{}/_simulator/orders/page-1/approve'><button>A free phone!</button></form>",
        sim.base_url()
    );
    // A page without an origin, and a page of the same machine.
    for site in [
        format!("data:text/html,{form}"),
        format!("{}/_simulator/health", elsewhere.base_url()),
    ] {
        browser.open_url(&site).await;
        if site.starts_with("http") {
            // The content security policy is bypassed so that the form can be inserted as if the
            // site had served it. The origin that the browser sends is the same.
            let policy = json!({"enabled": true});
            browser.devtools("Page.setBypassCSP", policy).await;
            browser.open_url(&site).await;
            let put = format!("document.body.innerHTML = {}", json!(form));
            browser.run(&put).await;
        }
        browser.click("button").await;
        browser
            .wait_until("return document.body.innerText.includes('another site')")
            .await;
    }
    assert!(sim.account("page-1").unwrap().effects().is_empty());
}
