//! The program `webshop`: it relies only on the payment details, and captures once.

use std::net::SocketAddr;

use vipps::simulator::{DeliveryOutcome, EffectKind, Scanned, Simulator};

use super::http::request;
use super::in_order;
use crate::programs::{Program, example, example_against, run};

#[test]
fn without_variables_a_simulated_customer_shops() {
    let shop = run(&mut example("webshop"));
    assert_eq!(shop.code, Some(0), "{shop:?}");
    in_order(
        &shop.out,
        &[
            "customer: starts a regular checkout",
            "-1 started: Socks & mittens for 499.00 NOK",
            "callback RESERVED for",
            "-1 is shipped, 499.00 NOK captured",
            "-1 is on its way",
            "customer: starts an express checkout",
            "-2 started",
            "shipping methods requested for",
            "-2 ships with \"Bicycle courier today\"",
            "-2 is shipped, 398.50 NOK captured",
            "customer: withdraws the consent",
            "customer: starts a regular checkout and rejects it in the app",
            "-3 is not paid",
        ],
    );
    in_order(
        &shop.out,
        &["consent withdrawn, customer data removed from 1 order(s)"],
    );
    in_order(&shop.out, &["-3 is cancelled and is not shipped"]);
    assert!(!shop.out.contains("-3 is shipped"), "{shop:?}");
}

/// A running shop, with its simulator.
struct Shop {
    sim: Simulator,
    program: Program,
    address: SocketAddr,
}

impl Shop {
    fn open() -> Self {
        let sim = Simulator::start().unwrap();
        let mut command = example_against(&sim, "webshop");
        command
            .args(["--public-url", "https://shop.example.com"])
            .args(["--listen", "127.0.0.1:0"]);
        let mut program = Program::start(&mut command, "");
        let line = program.wait_for("is served on");
        program.wait_for("open");
        Self {
            sim,
            program,
            address: line.rsplit(' ').next().unwrap().parse().unwrap(),
        }
    }

    /// Submits a form. Returns the order and its landing page.
    fn check_out(&self, path: &str) -> (String, String) {
        let response = request(self.address, "POST", path, &[], "");
        assert_eq!(response.status, 303, "{}", response.body);
        let landing_page = response.header("location").unwrap().to_owned();
        match self.sim.payer().scan(&landing_page).unwrap() {
            Scanned::Payment { order_id } => (order_id, landing_page),
            other => panic!("{other:?}"),
        }
    }

    fn order_page(&self, order: &str) -> String {
        let response = request(self.address, "GET", &format!("/orders/{order}"), &[], "");
        assert_eq!(response.status, 200);
        response.body
    }
}

/// The shop has no public URL, so it receives no callback.
#[test]
fn without_a_callback_the_details_are_polled() {
    let mut shop = Shop::open();
    let page = request(shop.address, "GET", "/", &[], "").body;
    assert!(page.contains("<h2>Socks &amp; mittens</h2>"), "{page}");
    assert!(
        page.contains("<h2>A hat for heads &lt; 60 cm</h2>"),
        "{page}"
    );
    assert!(page.contains("action=\"/buy/0\""), "{page}");

    let (order, landing_page) = shop.check_out("/buy/0");
    // The customer returns without having paid.
    let page = shop.order_page(&order);
    assert!(
        page.contains("not completed yet") && page.contains("refresh"),
        "{page}"
    );
    // The responses to both attempts of the capture are lost.
    let lost = shop
        .sim
        .faults()
        .on("capture_payment_using_post")
        .times(2)
        .lose_response();
    shop.sim.payer().approve(&landing_page).unwrap();
    assert!(shop.order_page(&order).contains("Thank you!"));
    shop.program
        .wait_for(&format!("{order} is shipped, 499.00 NOK captured"));
    assert!(shop.order_page(&order).contains("On its way"));
    assert_eq!(lost.hits(), 2);
    let account = shop.sim.account(&order).unwrap();
    assert_eq!(
        (account.captured(), account.count(EffectKind::Capture)),
        (49_900, 1)
    );
    let effects = account.effects();
    let key = effects.iter().find_map(|effect| effect.idempotency_key());
    assert!(key.is_some_and(|key| key.len() <= vipps::RequestId::MAX_GENERATED_LEN));
    assert_eq!(
        shop.sim.deliveries()[0].outcome(),
        &DeliveryOutcome::NotRouted
    );

    let home = "<a href=\"/\">";
    assert!(shop.order_page(&order).contains(home));
    for path in ["/orders/another", "/orders/a%20b", "/buy", "/elsewhere"] {
        assert_eq!(
            request(shop.address, "GET", path, &[], "").status / 100,
            4,
            "{path}"
        );
    }
    for (method, path) in [("POST", "/buy/9"), ("GET", "/nowhere")] {
        let response = request(shop.address, method, path, &[], "");
        assert_eq!(response.status, 404, "{path}");
        assert!(response.body.contains(home), "{path}: {}", response.body);
    }
}

#[test]
fn callback_with_the_token_starts_a_read_of_the_details() {
    let mut shop = Shop::open();
    shop.sim
        .route("https://shop.example.com", shop.address)
        .unwrap();
    let (order, _) = shop.check_out("/buy/1");
    let path = format!("/vipps/v2/payments/{order}");
    let forged_callback = format!(
        r#"{{"orderId":"{order}","transactionInfo":{{"status":"RESERVED","amount":24950}}}}"#
    );
    for headers in [&[][..], &[("authorization", "guessed")]] {
        assert_eq!(
            request(shop.address, "POST", &path, headers, &forged_callback).status,
            401
        );
    }
    assert!(shop.order_page(&order).contains("not completed yet"));
    assert_eq!(shop.sim.journal().count("capture_payment_using_post"), 0);

    // The real callback of the simulator is sufficient.
    shop.sim.payer().approve(&order).unwrap();
    shop.program
        .wait_for(&format!("callback RESERVED for {order}"));
    shop.program
        .wait_for(&format!("{order} is shipped, 249.50 NOK captured"));

    let (express, _) = shop.check_out("/express/0");
    shop.sim.payer().approve(&express).unwrap();
    shop.program
        .wait_for(&format!("{express} ships with \"Parcel locker\""));
    shop.program
        .wait_for(&format!("{express} is shipped, 578.50 NOK captured"));
    shop.sim.payer().withdraw_consent(&express).unwrap();
    shop.program
        .wait_for("consent withdrawn, customer data removed from 1 order(s)");
}

#[cfg(unix)]
#[test]
fn closing_the_shop_cancels_open_orders() {
    let shop = Shop::open();
    let (order, landing_page) = shop.check_out("/buy/0");
    shop.program.signal("TERM");
    let output = shop.program.wait_for_exit();
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(
        output.out.contains(&format!("cancelled: {order}")),
        "{output:?}"
    );
    assert!(shop.sim.payer().approve(&landing_page).is_err());
}

/// The payment exists, but its landing page was in the lost response. The payment must be cancelled
/// so that it cannot be paid.
#[test]
fn lost_initiate_response_is_reconciled() {
    let mut shop = Shop::open();
    shop.sim
        .faults()
        .on("initiate_payment_v3_using_post")
        .lose_response();
    let response = request(shop.address, "POST", "/buy/0", &[], "");
    assert_eq!(response.status, 502);
    assert!(
        response.body.contains("Nothing was charged"),
        "{}",
        response.body
    );
    shop.program.wait_for("cancelled: shop-");
    assert_eq!(shop.sim.ledger().len(), 1);
}

#[test]
fn webshop_without_a_valid_public_url_exits_with_code_2() {
    let sim = Simulator::start().unwrap();
    let shop = run(&mut example_against(&sim, "webshop"));
    assert_eq!(shop.code, Some(2), "{shop:?}");
    assert!(shop.err.contains("--public-url is missing"), "{shop:?}");
    let url = ["--public-url", "https://shop.example.com/warm"];
    let shop = run(example_against(&sim, "webshop").args(url));
    assert_eq!(shop.code, Some(2), "{shop:?}");
    assert!(shop.err.contains("must have no path"), "{shop:?}");
}
