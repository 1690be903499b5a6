//! Sells with express checkout: the customer selects an address and a shipping method in the app.
//!
//! `cargo run --example express_checkout` needs no account, because it uses a simulated customer.

use vipps::Amount;
use vipps::callback::CallbackAuth;
use vipps::ecom::{Express, ShippingMethod};
use vipps::simulator::Simulator;
use vipps::types::HttpsUrl;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let simulator = Simulator::start()?;
    let vipps = simulator.client();

    // The app adds the cost of the chosen method to the amount.
    let shipping = Express::with_static_shipping([
        ShippingMethod::new("locker", "Parcel locker", "79.50 NOK".parse()?)?.preselect(),
        ShippingMethod::new("shop", "Pick up in the shop", Amount::nok(0))?,
    ]);
    // Express needs an endpoint that receives a request when a customer withdraws the consent. The
    // example `receive_callbacks` shows how to serve it.
    let endpoint: HttpsUrl = "https://shop.example.com/vipps".parse()?;
    let started = vipps
        .ecom()
        .initiate("order-1".parse()?, Amount::nok(499), "Socks".parse()?)
        .callback_prefix(endpoint.clone())
        .auth_token(CallbackAuth::generate()?.token().clone())
        .fallback("https://shop.example.com/thanks/order-1".parse()?)
        .express(shipping, endpoint)
        .await?;

    // The shop redirects the browser to the landing page; here the customer follows the link.
    let page = started.landing_page().as_str();
    simulator.payer().approve_with_shipping(page, "locker")?;

    let payment = started.payment(&vipps);
    let details = payment.wait().await?;
    let shipping = details.shipping().ok_or("the details have no shipping")?;
    println!("{} is {}", payment.order_id(), details.state());
    println!(
        "deliver by {:?}",
        shipping.shipping_method.as_deref().unwrap_or_default()
    );
    // The address is in `shipping.address`. `Debug` and errors never show it.
    if shipping.address.is_none() {
        return Err("the details have no address".into());
    }

    // Capture when the goods are sent, at the latest: the amount includes the shipping.
    payment.capture_remaining().await?;
    println!("captured {}", payment.details().await?.sums().captured);
    Ok(())
}
