//! Real sockets, with all that reqwest and hyper log, and the simulator's own records.

use std::time::Duration;

use axum::response::IntoResponse as _;
use http::StatusCode;
use vipps::Amount;
use vipps::callback::{Callback, CallbackAuth};
use vipps::ecom::{Express, ShippingMethod};
use vipps::simulator::Simulator;
use vipps::types::{PersonalQr, ShippingCost};

use super::*;

/// What the simulator itself makes up: keys, and a customer with a name.
fn made_up(sim: &Simulator) -> Vec<String> {
    let keys = sim.keys();
    [
        keys.client_id(),
        keys.client_secret(),
        keys.subscription_key(),
    ]
    .into_iter()
    .chain(["Lovelace", "user@example.com", "Eufemias"])
    .map(str::to_owned)
    .collect()
}

#[tokio::test]
async fn a_day_at_the_shop() {
    let mut shown = Shown::start();
    let sim = Simulator::start().unwrap();
    let vipps = sim.client();
    let auth = CallbackAuth::new(AUTH_TOKEN.parse().unwrap());

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    sim.route("https://shop.example.com", listener.local_addr().unwrap())
        .unwrap();
    sim.webhook("https://shop.example.com/hooks", WEBHOOK_SECRET)
        .unwrap();
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel::<String>();
    let told = sender.clone();
    let callbacks = vipps::callback::axum::router(auth.clone(), move |callback: Callback| {
        sender.send(format!("{callback:?}")).unwrap();
        async move {
            let Callback::Shipping(question) = callback else {
                return StatusCode::OK.into_response();
            };
            let post = ShippingMethod::new("post", "By post", ShippingCost::FREE).unwrap();
            let reply = question.reply([post.is_default(true)]);
            reply.unwrap().into_response()
        }
    });
    let verifier =
        vipps::webhook::Verifier::new("https://shop.example.com/hooks", [WEBHOOK_SECRET]);
    let hook = vipps::webhook::axum::post(verifier.unwrap(), move |event| {
        told.send(format!("{event:?}")).unwrap();
        async { StatusCode::OK }
    });
    let shop = axum::Router::new()
        .nest("/vipps", callbacks)
        .route("/hooks", hook);
    let server = tokio::spawn(async move { axum::serve(listener, shop).await });

    let prefix = || {
        "https://shop.example.com/vipps"
            .parse::<vipps::types::HttpsUrl>()
            .unwrap()
    };
    let initiate = |id: &str| {
        vipps
            .ecom()
            .initiate(
                id.parse().unwrap(),
                Amount::kroner(200),
                "Socks".parse().unwrap(),
            )
            .callback_prefix(prefix())
            .auth_token(AUTH_TOKEN.parse().unwrap())
            .phone_number(PHONE.parse().unwrap())
    };
    let payer = sim.payer().with_number(MSISDN);
    shown.debug("the payer", &payer);

    let paid = initiate("order-1")
        .scope("name email phoneNumber".parse().unwrap())
        .await
        .unwrap();
    shown.debug("a payment", &paid);
    shown.debug(
        "a code",
        &vipps
            .qr()
            .one_time(&paid)
            .await
            .unwrap()
            .image()
            .await
            .unwrap(),
    );
    payer.approve("order-1").unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let details = paid.payment().details().await.unwrap();
    assert_eq!(
        details
            .user()
            .unwrap()
            .mobile_number
            .as_ref()
            .unwrap()
            .expose(),
        PHONE
    );
    shown.debug("details", &details);
    shown.result("a capture", &paid.payment().capture().await);
    shown.result("a second capture", &paid.payment().capture().await);

    let express = Express::with_dynamic_shipping(prefix());
    initiate("order-2")
        .express(express, prefix())
        .await
        .unwrap();
    payer.approve_with_shipping("order-2", "post").ok();
    payer.approve("order-2").ok();
    payer.withdraw_consent("order-2").ok();

    let code = PersonalQr::parse(&payer.personal_qr()).unwrap();
    let personal = code.expose().to_owned();
    let owner = vipps.qr().exchange(code).await.unwrap();
    assert_eq!(owner.phone_number().msisdn(), MSISDN);
    shown.debug("an owner", &owner);
    let till = vipps.qr().merchant_callback(&"till-1".parse().unwrap());
    till.put("Till 1".parse().unwrap()).await.unwrap();
    let code = till.get().await.unwrap();
    payer.scan(code.content().unwrap().as_str()).unwrap();

    // Refused keys and a refused token.
    sim.revoke_tokens();
    shown.result("details", &paid.payment().details().await);
    let faults = sim.faults();
    faults
        .any()
        .times(3)
        .status_with_body(500, format!("{PHONE} {EMAIL} Bearer {ACCESS_TOKEN}"));
    shown.result("details", &paid.payment().details().await);
    faults.any().times(9).reset_in_body();
    shown.result("details", &paid.payment().details().await);
    faults.clear();

    sim.settled().await;
    let mut callbacks = 0;
    while let Ok(text) = received.try_recv() {
        shown.text("a callback", &text);
        callbacks += 1;
    }
    assert!(callbacks >= 3, "{callbacks}");
    shown.debug("the journal", &sim.journal().entries());
    shown.debug("the deliveries", &sim.deliveries());
    shown.debug("the simulator", &sim);
    shown.debug("the keys", sim.keys());
    shown.debug("the ledger", &sim.ledger());

    let mut log = LOG.text("");
    log += &format!(
        "{:?} {:?} {details:?}",
        sim.journal().entries(),
        sim.deliveries()
    );
    for secret in made_up(&sim).iter().chain([&personal]) {
        assert!(!log.contains(secret.as_str()), "{secret} is shown");
    }
    // There was something to see: hyper, reqwest and the crate's own spans.
    for (target, least) in [("vipps", 50), ("hyper_util", 5), ("reqwest", 1)] {
        assert!(LOG.lines(target).len() >= least, "{target} told nothing");
    }
    server.abort();
    shown.end(40);
}
