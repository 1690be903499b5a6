//! The life cycle of merchant codes and check-ins, against the simulator.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use vipps::qr::RedirectUrl;
use vipps::qr::{Category, QrFormat};
use vipps::simulator::{Scanned, Simulator};
use vipps::types::ImageSize;
use vipps::{Outcome, PhoneNumber};

fn page(name: &str) -> RedirectUrl {
    format!("https://example.com/{name}").parse().unwrap()
}

fn leads_to(name: &str) -> Scanned {
    Scanned::Redirect {
        url: page(name).to_string(),
    }
}

#[tokio::test]
async fn printed_code_is_redirected_and_deleted() {
    let sim = Simulator::start().unwrap();
    let qr = sim.client().qr();
    let code = qr.merchant_redirect("50% off + æøå".parse().unwrap());
    let size = ImageSize::new(320).unwrap();

    let created = code.create(page("spring")).png(size).await.unwrap();
    assert_eq!(
        (created.id(), created.expires_in()),
        ("50% off + æøå", None)
    );
    assert_eq!(
        qr.image(&created).await.unwrap().format(),
        QrFormat::Png(size)
    );
    let printed = code
        .get()
        .content()
        .await
        .unwrap()
        .content()
        .unwrap()
        .clone();
    assert!(printed.is_accepted_by_app());
    assert_eq!(
        sim.payer().scan(printed.as_str()).unwrap(),
        leads_to("spring")
    );

    let taken = code.create(page("autumn")).await.unwrap_err();
    assert_eq!(taken.conflict_id(), Some("50% off + æøå"));
    code.update(page("summer")).await.unwrap();
    assert_eq!(
        sim.payer().scan(printed.as_str()).unwrap(),
        leads_to("summer")
    );
    let updated = code
        .create_or_update(page("autumn"))
        .content()
        .await
        .unwrap();
    assert_eq!(updated.content(), Some(&printed));
    assert_eq!(
        sim.payer().scan(printed.as_str()).unwrap(),
        leads_to("autumn")
    );

    let other = qr.merchant_redirect("50%25 off".parse().unwrap());
    other.create_or_update(page("other")).await.unwrap();
    let list = qr.merchant_redirects().await.unwrap();
    assert_eq!(list.len(), 2);
    assert_eq!(qr.image(&list[0]).await.unwrap().format(), QrFormat::Svg);

    code.delete().await.unwrap();
    assert!(sim.payer().scan(printed.as_str()).is_err());
    assert_eq!(code.get().await.unwrap_err().http_status(), Some(404));
    assert_eq!(code.delete().await.unwrap_err().http_status(), Some(404));
    assert_eq!(qr.merchant_redirects().await.unwrap().len(), 1);
}

/// The code is created, and the response is lost.
#[tokio::test]
async fn create_succeeds_after_a_lost_response() {
    let sim = Simulator::start().unwrap();
    let code = sim.client().qr().merchant_redirect("sale".parse().unwrap());
    let fault = sim
        .faults()
        .on("create_merchant_redirect_qr")
        .nth(1)
        .lose_response();
    let created = code.create(page("sale")).await.unwrap();
    assert_eq!(
        (fault.hits(), created.redirect_url()),
        (1, Some("https://example.com/sale"))
    );

    // The first attempt did not arrive, and another program has created a code with this id.
    let fault = sim
        .faults()
        .on("create_merchant_redirect_qr")
        .nth(1)
        .lose_request();
    let error = code.create(page("other")).await.unwrap_err();
    assert_eq!((fault.hits(), error.outcome()), (1, Outcome::Unknown));
    assert_eq!(error.conflict_id(), Some("sale"));

    let fault = sim
        .faults()
        .on("delete_merchant_redirect_qr")
        .nth(1)
        .lose_response();
    code.delete().await.unwrap();
    assert_eq!(fault.hits(), 1);
}

/// Responds to one webhook, and returns the token in it.
async fn customer_token(listener: TcpListener) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    loop {
        let read = stream.read_buf(&mut request).await.unwrap();
        assert_ne!(read, 0, "the request ended early");
        let text = String::from_utf8_lossy(&request);
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
        if let Some(Ok(event)) = body.map(serde_json::from_str::<serde_json::Value>) {
            let response = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(response).await.unwrap();
            return event["customerToken"].as_str().unwrap().to_owned();
        }
    }
}

#[tokio::test]
async fn a_scan_at_a_till_becomes_a_phone_number() {
    let sim = Simulator::start().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    sim.route("https://example.com", address).unwrap();
    sim.register_webhook("https://example.com/check-ins", "secret")
        .unwrap();
    let qr = sim.client().qr();
    let till = qr.merchant_callback("till 1, 2. etasje".parse().unwrap());
    till.put("Kasse 1".parse().unwrap()).await.unwrap();
    till.put("Automat 1".parse().unwrap())
        .category(Category::Vending)
        .await
        .unwrap();

    let size = ImageSize::new(200).unwrap();
    let created = till.get().png(size).await.unwrap();
    assert_eq!(
        (created.merchant_qr_id(), created.location()),
        ("till 1, 2. etasje", Some("Automat 1"))
    );
    assert_eq!(
        qr.image(&created).await.unwrap().format(),
        QrFormat::Png(size)
    );
    let list = qr.merchant_callbacks().await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].content(), created.content());

    let payer = sim.payer().with_number("4798765432");
    let printed = created.content().unwrap();
    assert!(printed.is_accepted_by_app());
    let scanned = payer.scan(printed.as_str()).unwrap();
    let merchant_qr_id = "till 1, 2. etasje".to_owned();
    assert_eq!(scanned, Scanned::CheckIn { merchant_qr_id });
    let token = customer_token(listener).await.parse().unwrap();
    let customer = qr.exchange_customer(token).await.unwrap();
    let number = PhoneNumber::from_msisdn("4798765432").unwrap();
    assert_eq!(customer.phone_number(), &number);

    till.delete().await.unwrap();
    assert!(payer.scan(printed.as_str()).is_err());
    assert_eq!(till.get().await.unwrap_err().http_status(), Some(404));

    let owner = qr
        .exchange(payer.personal_qr().parse().unwrap())
        .await
        .unwrap();
    assert_eq!(
        (owner.phone_number(), owner.version()),
        (&number, Some("2.0"))
    );
    assert!(owner.timestamp().is_some());
}

#[tokio::test]
async fn mapped_mobilepay_code_sends_a_check_in() {
    let sim = Simulator::start().unwrap();
    sim.register_webhook("https://example.com/check-ins", "secret")
        .unwrap();
    let beacon = sim
        .client()
        .qr()
        .mobilepay_beacon("123456789012345".parse().unwrap());
    assert!(sim.payer().scan("123456789012345").is_err());
    beacon.put("Kasse 1".parse().unwrap()).await.unwrap();
    let merchant_qr_id = "123456789012345".to_owned();
    assert_eq!(
        sim.payer().scan("123456789012345").unwrap(),
        Scanned::CheckIn { merchant_qr_id }
    );
}

/// The response to a create is lost, so `create_or_update` conflicts with its own code and sends an
/// update, which is refused. The code has the new URL, so the outcome must be `Unknown`.
#[tokio::test]
async fn earlier_lost_attempt_keeps_the_outcome_unknown() {
    for (lost, outcome) in [(true, Outcome::Unknown), (false, Outcome::Rejected)] {
        let sim = Simulator::start().unwrap();
        let code = sim
            .client()
            .qr()
            .merchant_redirect("poster".parse().unwrap());
        if lost {
            let create = sim.faults().on("create_merchant_redirect_qr");
            create.times(1).lose_response();
        } else {
            code.create(page("spring")).await.unwrap();
        }
        sim.faults().on("update_merchant_redirect_url").status(400);
        let error = code.create_or_update(page("autumn")).await.unwrap_err();
        assert_eq!(error.outcome(), outcome, "{error:?}");
        let leads = code.get().await.unwrap();
        let is_updated = leads.redirect_url() == Some(page("autumn").as_str());
        assert_eq!(is_updated, lost);
    }
}
