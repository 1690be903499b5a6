//! A complete Express payment against the simulator.

use crate::support::{id, text};
use vipps::ecom::{Express, PaymentState, ShippingMethod};
use vipps::simulator::Simulator;
use vipps::types::Timestamp;
use vipps::{Amount, Currency};

#[tokio::test]
async fn chosen_shipping_is_charged_and_in_the_details() {
    let sim = Simulator::start().unwrap();
    let vipps = sim.client();
    let method = |id, cost: &str| ShippingMethod::new(id, id, cost.parse().unwrap()).unwrap();
    let shipping = Express::with_static_shipping([
        method("walk", "0 NOK").preselect(),
        method("parcel", "79.50 NOK").priority(2),
    ]);
    let start = vipps.ecom().initiate(id(), Amount::nok(200), text());
    let start = start.express(shipping, "https://example.com/vipps".parse().unwrap());
    let payment = start.await.unwrap().payment(&vipps);
    sim.payer()
        .approve_with_shipping("acme-shop-123", "parcel")
        .unwrap();

    let details = payment.wait().await.unwrap();
    assert_eq!(details.state(), PaymentState::Reserved);
    // The shipping cost is added to the amount.
    assert_eq!(
        details.sums().remaining_to_capture,
        Amount::minor(27_950, Currency::NOK)
    );
    let chosen = details.shipping().unwrap();
    assert_eq!(chosen.shipping_method_id.as_deref(), Some("parcel"));
    assert_eq!(
        chosen.shipping_cost,
        Some(Amount::minor(7_950, Currency::NOK))
    );
    let address = chosen.address.as_ref().unwrap();
    assert!(address.post_code.is_some() && !chosen.is_expired());
    let user = details.user().unwrap();
    assert!(user.email.is_some() && !user.is_expired());
    let reserved: Option<&Timestamp> = details.events().first().unwrap().timestamp.as_ref();
    assert!(reserved.unwrap().instant().is_some());

    let captured = payment.capture_remaining().await.unwrap();
    assert_eq!(captured.amount, Some(Amount::minor(27_950, Currency::NOK)));
    // The API no longer returns the user's data and the address after a week.
    sim.clock()
        .advance(std::time::Duration::from_secs(8 * 24 * 3600));
    let details = payment.details().await.unwrap();
    assert!(details.user().unwrap().is_expired());
    assert!(details.shipping().unwrap().is_expired());
    assert_eq!(details.state(), PaymentState::Captured);
}
