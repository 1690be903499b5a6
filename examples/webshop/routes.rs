//! The handlers of requests from browsers and from Vipps.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use vipps::OrderId;
use vipps::callback::{self, Callback, ShippingRequest};
use vipps::ecom::ShippingMethod;

use crate::pages;
use crate::shared::log_line;
use crate::shop::{CALLBACKS, Checkout, Shop};

pub(crate) fn router(shop: &Arc<Shop>) -> Router {
    let callback_shop = Arc::clone(shop);
    // The router checks the token before it calls the handler.
    let callbacks = callback::axum::router(shop.auth().clone(), move |callback| {
        let shop = Arc::clone(&callback_shop);
        async move { handle_callback(&shop, callback) }
    });
    Router::new()
        .route("/", get(home))
        .route("/buy/{goods}", post(buy))
        .route("/express/{goods}", post(express))
        .route("/orders/{order}", get(order))
        .fallback(async || not_found())
        .with_state(Arc::clone(shop))
        .nest(CALLBACKS, callbacks)
}

async fn home() -> Html<String> {
    Html(pages::home())
}

async fn buy(shop: State<Arc<Shop>>, goods: Path<usize>) -> Response {
    check_out(shop, goods, Checkout::Regular).await
}

async fn express(shop: State<Arc<Shop>>, goods: Path<usize>) -> Response {
    check_out(shop, goods, Checkout::Express).await
}

/// Starts a payment and redirects the browser to the landing page.
async fn check_out(
    State(shop): State<Arc<Shop>>,
    Path(goods): Path<usize>,
    checkout: Checkout,
) -> Response {
    let Some(goods) = crate::shop::GOODS.get(goods) else {
        return not_found();
    };
    match Shop::check_out(&shop, goods, checkout).await {
        Ok(landing_page) => Redirect::to(landing_page.as_str()).into_response(),
        // The shop has printed the reason.
        Err(_) => (StatusCode::BAD_GATEWAY, Html(pages::not_started())).into_response(),
    }
}

/// Shows the page that the customer returns to, with or without having paid. The state comes from
/// the payment details and never from the browser.
async fn order(State(shop): State<Arc<Shop>>, Path(order): Path<String>) -> Response {
    let Ok(id) = OrderId::parse(&order) else {
        return not_found();
    };
    match shop.order_with_state(&id).await {
        Ok(Some((order, state))) => Html(pages::order(&order, state)).into_response(),
        Ok(None) => not_found(),
        Err(_) => (StatusCode::BAD_GATEWAY, Html(pages::unknown())).into_response(),
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Html(pages::not_found())).into_response()
}

/// Handles a callback. The response is due within 3 s, so the task of the order does the work.
fn handle_callback(shop: &Shop, callback: Callback) -> Response {
    match callback {
        Callback::Payment(update) => {
            shop.payment_updated(&update);
            StatusCode::OK.into_response()
        }
        Callback::Shipping(request) => match shipping_methods(&request) {
            Ok(methods) => match request.respond(methods) {
                Ok(response) => response.into_response(),
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            },
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
        Callback::Consent(removal) => {
            let orders = shop.remove_customer(removal.user_id.expose());
            log_line(format_args!(
                "shop: consent withdrawn, customer data removed from {orders} order(s)"
            ));
            StatusCode::OK.into_response()
        }
    }
}

/// Returns the shipping methods for an address. The address is personal data and is not printed.
fn shipping_methods(request: &ShippingRequest) -> Result<Vec<ShippingMethod>, vipps::InvalidValue> {
    let post_code = request.address.post_code.as_ref();
    let in_oslo = post_code.is_some_and(|code| code.expose().starts_with('0'));
    log_line(format_args!(
        "shop: shipping methods requested for {}",
        request.order_id
    ));
    let parcel = ShippingMethod::new("parcel", "Parcel locker", "79.50 NOK".parse()?)?;
    let mut methods = vec![parcel.preselect().priority(1)];
    if in_oslo {
        methods.push(
            ShippingMethod::new("bike", "Bicycle courier today", vipps::Amount::nok(149))?
                .priority(2),
        );
    }
    Ok(methods)
}
