//! The profile that a customer has shared, read from the simulator with the sub of a payment.

use std::time::Duration;

use vipps::Amount;
use vipps::simulator::Simulator;
use vipps::types::Sensitive;

#[tokio::test]
async fn profile_of_an_ecom_payment_is_read_for_168_hours() {
    let sim = Simulator::builder().freeze_clock().start().unwrap();
    let vipps = sim.client_builder().build().unwrap();
    let (id, text) = ("order-1".parse().unwrap(), "Socks".parse().unwrap());
    let initiate = vipps.ecom().initiate(id, Amount::nok(200), text);
    let scope = "name address phoneNumber".parse().unwrap();
    let payment = initiate.scope(scope).await.unwrap().payment(&vipps);
    let payer = sim.payer().with_number("4798765432");
    payer.approve("order-1").unwrap();
    assert_eq!(payment.details().await.unwrap().sub(), None);
    // The sub appears a moment after the approval.
    sim.clock().advance(Duration::from_secs(1));
    let details = payment.details().await.unwrap();
    let sub = details.sub().unwrap().to_owned();

    let userinfo = vipps.userinfo(sub.as_str()).await.unwrap();
    assert_eq!(userinfo.sub.as_ref().unwrap().expose(), sub);
    let text = |value: &Option<Sensitive>| value.as_ref().unwrap().expose().to_owned();
    assert_eq!(text(&userinfo.name), "Ada Lovelace");
    assert_eq!(text(&userinfo.phone_number), "4798765432");
    let address = userinfo.address.as_ref().unwrap();
    assert_eq!(address.country.as_deref(), Some("NO"));
    assert_eq!(userinfo.email, None);

    let entry = sim.journal().entries().pop().unwrap();
    assert_eq!(entry.operation(), Some("get_userinfo"));
    assert_eq!(entry.path(), "/vipps-userinfo-api/userinfo/[redacted]");
    let shown = format!("{entry:?}");
    for personal in ["Lovelace", "98765432", "Eufemias", &sub] {
        assert!(!shown.contains(personal), "{shown}");
    }

    sim.clock().advance(Duration::from_secs(168 * 3600));
    let error = vipps.userinfo(sub.as_str()).await.unwrap_err();
    assert_eq!(error.http_status(), Some(404));
}
