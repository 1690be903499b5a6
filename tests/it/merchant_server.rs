//! A merchant on a socket receives the callbacks and webhooks of the simulator and responds to
//! them.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::response::IntoResponse as _;
use http::StatusCode;
use vipps::callback::{self, Callback, CallbackAuth, CallbackStatus, CallbackUrls};
use vipps::ecom::{Express, ShippingMethod};
use vipps::simulator::{Delivery, DeliveryOutcome, Simulator};
use vipps::webhooks::{self, CheckIn, Event, Verifier};
use vipps::{Amount, Currency, OrderId, Vipps};

const HOOK: &str = "https://shop.example.com/hooks/vipps?unit=kiosk-7";
const SECRET: &str = "090a478d-37ff-4e77-970e-d457aeb26a3a";

#[derive(Clone, Default)]
struct Received(Arc<Mutex<(Vec<Callback>, Vec<CheckIn>)>>);

struct Shop {
    sim: Simulator,
    vipps: Vipps,
    received: Received,
    urls: CallbackUrls,
    auth: CallbackAuth,
}

impl Shop {
    /// Returns a shop whose webhooks are signed with `SECRET`.
    async fn open() -> Self {
        let received = Received::default();
        // As documented, the simulator sends consent removals without a token.
        let auth = CallbackAuth::generate()
            .unwrap()
            .allow_unauthenticated_consent_removal();
        let urls = CallbackUrls::new("https://shop.example.com/vipps/".parse().unwrap());

        let calls = received.clone();
        let callbacks = callback::axum::router(auth.clone(), move |callback| {
            calls.0.lock().unwrap().0.push(callback.clone());
            async move {
                match callback {
                    Callback::Payment(_) | Callback::Consent(_) => StatusCode::OK.into_response(),
                    Callback::Shipping(request) => {
                        request.respond(methods()).unwrap().into_response()
                    }
                }
            }
        });
        let check_ins = received.clone();
        let verifier = Verifier::new(HOOK, [SECRET]).unwrap();
        let hook = webhooks::axum::events(verifier, move |event| {
            let Event::CheckIn(check_in) = event else {
                panic!("{event:?}")
            };
            check_ins.0.lock().unwrap().1.push(check_in);
            std::future::ready(Ok::<_, String>(()))
        });
        let app: Router = Router::new()
            .nest("/vipps", callbacks)
            .route("/hooks/vipps", hook);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });

        let sim = Simulator::start().unwrap();
        sim.route("https://shop.example.com", address).unwrap();
        let vipps = sim.client();
        Self {
            sim,
            vipps,
            received,
            urls,
            auth,
        }
    }

    async fn initiate(&self, id: &str, auth: &CallbackAuth, express: Option<Express>) -> OrderId {
        let id: OrderId = id.parse().unwrap();
        let text = "One pair of socks".parse().unwrap();
        let mut initiate = self
            .vipps
            .ecom()
            .initiate(id.clone(), Amount::nok(200), text)
            .callback_prefix(self.urls.prefix().clone())
            .auth_token(auth.token().clone());
        if let Some(express) = express {
            initiate = initiate.express(express, self.urls.prefix().clone());
        }
        initiate.await.unwrap();
        id
    }

    async fn received(&self) -> Vec<Callback> {
        self.sim.settled().await;
        std::mem::take(&mut self.received.0.lock().unwrap().0)
    }

    fn last_delivery(&self) -> Delivery {
        self.sim.deliveries().pop().unwrap()
    }
}

fn methods() -> [ShippingMethod; 2] {
    [
        ShippingMethod::new("walk", "Walking", "99 NOK".parse().unwrap()).unwrap(),
        ShippingMethod::new("cannon", "By cannon", "249.50 NOK".parse().unwrap())
            .unwrap()
            .preselect(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn payment_sends_a_callback() {
    let shop = Shop::open().await;
    let id = shop.initiate("order-1", &shop.auth, None).await;
    shop.sim.payer().approve("order-1").unwrap();
    let received = shop.received().await;
    let [Callback::Payment(update)] = received.as_slice() else {
        panic!("{received:?}");
    };
    assert_eq!(update.order_id, id);
    assert_eq!(update.status, Some(CallbackStatus::Reserved));
    assert_eq!(update.amount, Some(Amount::nok(200)));
    assert!(update.transaction_id.is_some() && update.timestamp.is_some());
    let number = shop.vipps.merchant_serial_number();
    assert_eq!(update.merchant_serial_number.as_ref(), Some(number));
    let details = update.payment(&shop.vipps).details().await.unwrap();
    assert!(details.state().is_paid());
    assert_eq!(shop.last_delivery().url(), shop.urls.payment_url(&id));

    shop.initiate("order-2", &shop.auth, None).await;
    shop.sim.payer().reject_on_landing_page("order-2").unwrap();
    let received = shop.received().await;
    let [Callback::Payment(update)] = received.as_slice() else {
        panic!("{received:?}");
    };
    assert_eq!(update.status, Some(CallbackStatus::Rejected));
    assert_eq!(update.error.as_ref().unwrap().code(), Some("45"));
}

#[tokio::test(flavor = "multi_thread")]
async fn callback_with_another_token_is_refused() {
    let shop = Shop::open().await;
    let other = CallbackAuth::generate().unwrap();
    shop.initiate("order-1", &other, None).await;
    shop.sim.payer().approve("order-1").unwrap();
    assert!(shop.received().await.is_empty());
    assert_eq!(
        shop.last_delivery().outcome(),
        &DeliveryOutcome::Responded(401)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn shipping_response_and_consent_removal_work() {
    let shop = Shop::open().await;
    let express = Express::with_dynamic_shipping(shop.urls.prefix().clone());
    let id = shop.initiate("order-1", &shop.auth, Some(express)).await;
    shop.sim.payer().approve("order-1").unwrap();
    let received = shop.received().await;
    let [Callback::Shipping(request), Callback::Payment(update)] = received.as_slice() else {
        panic!("{received:?}");
    };
    assert_eq!(request.order_id, id);
    assert!(request.address_type.is_some() && request.address.post_code.is_some());
    assert_eq!(update.status, Some(CallbackStatus::Reserved));
    assert_eq!(
        update.amount,
        Some(Amount::minor(20_000 + 24_950, Currency::NOK))
    );
    let shipping = update.shipping.as_ref().unwrap();
    assert_eq!(shipping.shipping_method_id.as_deref(), Some("cannon"));
    assert_eq!(shipping.shipping_cost.unwrap().minor_units(), 24_950);
    assert!(shipping.address.as_ref().unwrap().post_code.is_some());
    let user_id = update.user.as_ref().unwrap().user_id.clone().unwrap();

    shop.sim.payer().withdraw_consent("order-1").unwrap();
    let received = shop.received().await;
    let [Callback::Consent(removal)] = received.as_slice() else {
        panic!("{received:?}");
    };
    assert_eq!(removal.user_id, user_id);
    assert_eq!(
        shop.last_delivery().outcome(),
        &DeliveryOutcome::Responded(200)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn check_in_sends_a_webhook() {
    let shop = Shop::open().await;
    let till = shop.vipps.qr().merchant_callback("till-1".parse().unwrap());
    till.put("Kasse 1".parse().unwrap()).await.unwrap();
    let code = till.get().await.unwrap();
    let scan = || {
        shop.sim
            .payer()
            .scan(code.content().unwrap().as_str())
            .unwrap()
    };

    shop.sim.register_webhook(HOOK, SECRET).unwrap();
    scan();
    shop.sim.settled().await;
    let check_ins = std::mem::take(&mut shop.received.0.lock().unwrap().1);
    let [check_in] = check_ins.as_slice() else {
        panic!("{check_ins:?}");
    };
    assert_eq!(check_in.merchant_qr_id, "till-1");
    assert!(check_in.is_fresh(shop.sim.clock().now()));
    assert_eq!(
        check_in.merchant_serial_number.as_ref(),
        Some(shop.vipps.merchant_serial_number())
    );

    shop.sim.register_webhook(HOOK, "another").unwrap();
    scan();
    shop.sim.settled().await;
    assert!(shop.received.0.lock().unwrap().1.is_empty());
    assert_eq!(
        shop.last_delivery().outcome(),
        &DeliveryOutcome::Responded(401)
    );
}
