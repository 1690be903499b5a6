//! What is called: by browsers, and by Vipps.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use vipps::OrderId;
use vipps::callback::{self, Callback, ShippingRequest};
use vipps::ecom::ShippingMethod;
use vipps::types::ShippingCost;

use crate::pages;
use crate::shared::say;
use crate::shop::{CALLBACKS, Checkout, Shop};

pub(crate) fn router(shop: &Arc<Shop>) -> Router {
    let of_vipps = Arc::clone(shop);
    // The token is checked before any of this is asked.
    let callbacks = callback::axum::router(shop.auth().clone(), move |call| {
        let shop = Arc::clone(&of_vipps);
        async move { answer(&shop, call) }
    });
    Router::new()
        .route("/", get(front_page))
        .route("/buy/{goods}", post(buy))
        .route("/express/{goods}", post(express))
        .route("/thanks/{order}", get(thanks))
        .fallback(async |shop: State<Arc<Shop>>| not_found(&shop))
        .with_state(Arc::clone(shop))
        .nest(CALLBACKS, callbacks)
}

async fn front_page(State(shop): State<Arc<Shop>>) -> Html<String> {
    Html(pages::front(&shop))
}

async fn buy(shop: State<Arc<Shop>>, goods: Path<usize>) -> Response {
    check_out(shop, goods, Checkout::Regular).await
}

async fn express(shop: State<Arc<Shop>>, goods: Path<usize>) -> Response {
    check_out(shop, goods, Checkout::Express).await
}

/// Starts a payment and sends the browser to it, unchanged and never in a frame.
async fn check_out(
    State(shop): State<Arc<Shop>>,
    Path(goods): Path<usize>,
    checkout: Checkout,
) -> Response {
    let Some(goods) = crate::shop::GOODS.get(goods) else {
        return not_found(&shop);
    };
    match Shop::check_out(&shop, goods, checkout).await {
        Ok(landing_page) => Redirect::to(landing_page.as_str()).into_response(),
        // Why is in the log; to the customer only one thing matters.
        Err(_) => (StatusCode::BAD_GATEWAY, Html(pages::not_started(&shop))).into_response(),
    }
}

/// Where the customer comes back to, paid or not, in whatever browser, or never. Nothing that the browser brings is
/// believed: the details are asked.
async fn thanks(State(shop): State<Arc<Shop>>, Path(order): Path<String>) -> Response {
    let Ok(id) = OrderId::parse(&order) else {
        return not_found(&shop);
    };
    match shop.look(&id).await {
        Ok(Some((order, state))) => Html(pages::thanks(&shop, &order, state)).into_response(),
        Ok(None) => not_found(&shop),
        Err(_) => (StatusCode::BAD_GATEWAY, Html(pages::unclear(&shop))).into_response(),
    }
}

fn not_found(shop: &Shop) -> Response {
    (StatusCode::NOT_FOUND, Html(pages::not_found(shop))).into_response()
}

/// What Vipps calls. It waits for the answer, three seconds at most, so that the work is left to the order's own task.
fn answer(shop: &Shop, call: Callback) -> Response {
    match call {
        Callback::Payment(update) => {
            shop.hear(&update);
            StatusCode::OK.into_response()
        }
        Callback::Shipping(request) => match ways_to_ship(&request) {
            Ok(methods) => match request.reply(methods) {
                Ok(reply) => reply.into_response(),
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            },
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
        Callback::Consent(removal) => {
            let orders = shop.forget(removal.user_id.expose());
            say!("shop: a consent is withdrawn: {orders} orders know their customer no more");
            StatusCode::OK.into_response()
        }
    }
}

/// The address decides; it is not for the log.
fn ways_to_ship(request: &ShippingRequest) -> Result<Vec<ShippingMethod>, vipps::InvalidValue> {
    let post_code = request.address.post_code.as_ref();
    let in_oslo = post_code.is_some_and(|code| code.expose().starts_with('0'));
    say!("shop: asked how {} can be sent", request.order_id);
    let parcel = ShippingMethod::new("parcel", "Parcel locker", ShippingCost::parse("79.50")?)?;
    let mut methods = vec![parcel.is_default(true).priority(1)];
    if in_oslo {
        methods.push(
            ShippingMethod::new("bike", "By bike today", ShippingCost::kroner(149)?)?.priority(2),
        );
    }
    Ok(methods)
}
