//! Searches the logs of reqwest and hyper on real sockets, and the records of the simulator.

use axum::response::IntoResponse as _;
use http::StatusCode;
use tokio::sync::mpsc::UnboundedReceiver;
use vipps::callback::{Callback, CallbackAuth};
use vipps::ecom::{Express, Initiate, Payment, ShippingMethod};
use vipps::simulator::Simulator;
use vipps::types::PersonalQr;
use vipps::webhooks::Verifier;
use vipps::{Amount, Vipps};

use super::*;

/// Returns the values that the simulator generates: keys and a customer with a name.
fn generated_values(sim: &Simulator) -> Vec<String> {
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

const SHOP: &str = "https://shop.example.com/vipps";
const HOOKS: &str = "https://shop.example.com/hooks";

/// The server of the merchant on a socket, and the `Debug` output of the calls that it received.
struct Shop {
    printed: UnboundedReceiver<String>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Shop {
    async fn open(sim: &Simulator) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        sim.route("https://shop.example.com", address).unwrap();
        sim.register_webhook(HOOKS, WEBHOOK_SECRET).unwrap();
        let (sender, printed) = tokio::sync::mpsc::unbounded_channel();
        let callback_sender = sender.clone();
        let auth = CallbackAuth::new(AUTH_TOKEN.parse().unwrap());
        let auth = auth.allow_unauthenticated_consent_removal();
        let callbacks = vipps::callback::axum::router(auth, move |callback: Callback| {
            callback_sender.send(format!("{callback:?}")).unwrap();
            async move {
                let Callback::Shipping(request) = callback else {
                    return StatusCode::OK.into_response();
                };
                let post = ShippingMethod::new("post", "By post", vipps::Amount::nok(0)).unwrap();
                let response = request.respond([post.preselect()]);
                response.unwrap().into_response()
            }
        });
        let verifier = Verifier::new(HOOKS, [WEBHOOK_SECRET]).unwrap();
        let hook = vipps::webhooks::axum::events(verifier, move |event| {
            sender.send(format!("{event:?}")).unwrap();
            async { Ok::<_, String>(()) }
        });
        let routes = axum::Router::new().nest("/vipps", callbacks);
        let routes = routes.route("/hooks", hook);
        let server = tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { printed, server }
    }
}

fn initiate(vipps: &Vipps, id: &str) -> Initiate {
    let (id, text) = (id.parse().unwrap(), "Socks".parse().unwrap());
    vipps
        .ecom()
        .initiate(id, Amount::nok(200), text)
        .callback_prefix(SHOP.parse().unwrap())
        .auth_token(AUTH_TOKEN.parse().unwrap())
        .phone_number(PHONE.parse().unwrap())
}

/// Creates a payment with a person in its details, and an Express payment whose consent is
/// withdrawn.
async fn payments(sim: &Simulator, search: &mut LeakSearch) -> Payment {
    let (vipps, payer) = (sim.client(), sim.payer().with_number(MSISDN));
    search.debug("the payer", &payer);
    let scope = "name email phoneNumber".parse().unwrap();
    let paid = initiate(&vipps, "order-1").scope(scope).await.unwrap();
    search.debug("a payment", &paid);
    let code = vipps.qr().one_time(&paid).await.unwrap();
    search.debug("a code", &code);
    search.debug("an image", &vipps.qr().image(&code).await.unwrap());
    payer.approve("order-1").unwrap();
    let details = paid.payment(&vipps).details().await.unwrap();
    let number = details.user().unwrap().mobile_number.as_ref();
    assert_eq!(number.unwrap().expose(), PHONE);
    search.debug("details", &details);
    search.result("a capture", &paid.payment(&vipps).capture_remaining().await);
    search.result(
        "a second capture",
        &paid.payment(&vipps).capture_remaining().await,
    );

    let prefix = || SHOP.parse().unwrap();
    let express = Express::with_dynamic_shipping(prefix());
    let express = initiate(&vipps, "order-2").express(express, prefix());
    express.await.unwrap();
    payer.approve("order-2").unwrap();
    // The simulator requests the shipping methods before the approval is complete.
    sim.settled().await;
    payer.withdraw_consent("order-2").unwrap();
    paid.payment(&vipps)
}

#[tokio::test]
pub(crate) async fn simulated_payments_show_no_marker() {
    let mut search = LeakSearch::start();
    let sim = Simulator::start().unwrap();
    let mut shop = Shop::open(&sim).await;
    let payment = payments(&sim, &mut search).await;

    let (vipps, payer) = (sim.client(), sim.payer().with_number(MSISDN));
    let code = PersonalQr::parse(&payer.personal_qr()).unwrap();
    let personal = code.expose().to_owned();
    let owner = vipps.qr().exchange(code).await.unwrap();
    assert_eq!(owner.phone_number().msisdn(), MSISDN);
    search.debug("an owner", &owner);
    let till = vipps.qr().merchant_callback("till-1".parse().unwrap());
    till.put("Till 1".parse().unwrap()).await.unwrap();
    let code = till.get().await.unwrap();
    payer.scan(code.content().unwrap().as_str()).unwrap();

    sim.revoke_tokens();
    search.result("details", &payment.details().await);
    let faults = sim.faults();
    let body_with_personal_data = format!("{PHONE} {EMAIL} Bearer {ACCESS_TOKEN}");
    faults
        .any()
        .times(3)
        .status_with_body(500, body_with_personal_data);
    search.result("details", &payment.details().await);
    faults.any().times(9).reset();
    search.result("details", &payment.details().await);
    faults.clear();

    sim.settled().await;
    let mut calls = 0;
    while let Ok(text) = shop.printed.try_recv() {
        search.text("a call to the shop", &text);
        calls += 1;
    }
    // Two results, the request for shipping methods, the consent removal, the check-in.
    assert!(calls >= 5, "{calls}");
    search.debug("the journal", &sim.journal().entries());
    search.debug("the deliveries", &sim.deliveries());
    search.debug("the simulator", &sim);
    search.debug("the keys", sim.keys());
    search.debug("the ledger", &sim.ledger());

    let journal = format!("{:?} {:?}", sim.journal().entries(), sim.deliveries());
    let output = LOG.text("") + &journal;
    for secret in generated_values(&sim).iter().chain([&personal]) {
        assert!(!output.contains(secret.as_str()), "{secret} is shown");
    }
    // The search proves something only if hyper, reqwest and the crate logged.
    for (target, least) in [("vipps", 50), ("hyper_util", 5), ("reqwest", 1)] {
        assert!(
            LOG.lines(target).len() >= least,
            "{target} logged fewer than {least} lines"
        );
    }
    shop.server.abort();
    search.finish(40);
}
