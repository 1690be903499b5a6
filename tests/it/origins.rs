//! Credentials are sent only to the configured origin, for every response of that origin. The other
//! origin is a real socket that records every byte it receives.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vipps::ecom::Express;
use vipps::types::PersonalQr;
use vipps::{Amount, Credentials, Environment, ErrorKind, Outcome, RetryPolicy, Vipps};

const KEYS: [&str; 3] = [
    "origin-client-id",
    "origin-client-secret",
    "origin-subscription-key",
];
const TOKEN: &str = "origin.access.token";
const MSN: &str = "654321";

/// A server that passes the first line of every request to a closure, sends the result, and records
/// the request.
struct Origin {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Origin {
    fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (record, answer) = (heard.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (record, answer) = (record.clone(), answer.clone());
                std::thread::spawn(move || serve(connection, &record, &*answer));
            }
        });
        Self { address, heard }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Everything that came, connections without a request included.
    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn serve(mut connection: TcpStream, record: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> String) {
    let _ = connection.set_read_timeout(Some(Duration::from_secs(10)));
    let at = {
        let mut heard = record.lock().unwrap();
        heard.push(String::new());
        heard.len() - 1
    };
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !is_whole(&text) {
        match connection.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(read) => text += &String::from_utf8_lossy(&buffer[..read]),
        }
        record.lock().unwrap()[at].clone_from(&text);
    }
    let first = text.lines().next().unwrap_or_default();
    let _ = connection.write_all(answer(first).as_bytes());
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.to_ascii_lowercase();
    let length = length
        .lines()
        .find_map(|l| l.strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0_usize)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn json(body: &str) -> String {
    answer("200 OK", "content-type: application/json\r\n", body)
}

fn token() -> String {
    json(&format!(
        r#"{{"access_token":"{TOKEN}","expires_in":"3600"}}"#
    ))
}

fn client(api: &Origin) -> Vipps {
    let [id, secret, key] = KEYS;
    let credentials = Credentials::new(id, secret, key, MSN.parse().unwrap()).unwrap();
    Vipps::builder(credentials)
        .environment(Environment::custom(&api.url("")).unwrap())
        .retry(RetryPolicy::none())
        .build()
        .unwrap()
}

/// Asserts that a request contains nothing that identifies the merchant.
fn assert_anonymous(request: &str) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    for secret in KEYS.iter().chain(&[TOKEN, MSN]) {
        assert!(!request.contains(secret), "{secret} went out:\n{request}");
    }
    assert_eq!(body, "");
    let allowed = ["host", "user-agent", "accept", "accept-encoding"];
    for line in head.lines().skip(1) {
        let name = line.split(':').next().unwrap().to_ascii_lowercase();
        assert!(allowed.contains(&&*name), "{line} went out");
    }
}

const SVG: &str = "<svg xmlns='http://www.w3.org/2000/svg'/>";

#[tokio::test]
async fn credentials_reach_only_the_configured_origin() {
    let images = Origin::start(|_| answer("200 OK", "content-type: image/svg+xml\r\n", SVG));
    let link = images.url("/code.svg?sig=abc");
    let api = Origin::start(move |first| match first {
        _ if first.contains("/accesstoken/get") => token(),
        _ => json(&format!(r#"{{"url":"{link}","expiresIn":300}}"#)),
    });
    let page: vipps::types::LandingPage = "https://api.vipps.no/x?token=abc".parse().unwrap();
    let qr = client(&api).qr();
    let code = qr.one_time(&page).await.unwrap();
    let image = qr.image(&code).await.unwrap();
    assert_eq!(&image.bytes()[..], SVG.as_bytes());

    let [asked, made] = &api.heard()[..] else {
        panic!("{:?}", api.heard());
    };
    // The API gets what it must, or the rest would prove nothing.
    assert!(asked.contains(KEYS[1]) && asked.contains(KEYS[2]));
    assert!(made.contains(TOKEN) && made.contains(KEYS[2]) && made.contains(MSN));
    assert!(!made.contains(KEYS[1]), "the secret is for the token alone");
    let [fetched] = &images.heard()[..] else {
        panic!("{:?}", images.heard());
    };
    assert!(fetched.starts_with("GET /code.svg?sig=abc HTTP/1.1\r\n"));
    assert_anonymous(fetched);
}

#[tokio::test]
async fn redirect_is_not_followed() {
    let other = Origin::start(|_| json(&format!(r#"{{"access_token":"{TOKEN}"}}"#)));
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        for at_token in [true, false] {
            let location = other.url("/accesstoken/get");
            let api = Origin::start(move |first| {
                if first.contains("/accesstoken/get") && !at_token {
                    return token();
                }
                // The other origin is in `Location` and in further headers that a client may
                // follow.
                let also =
                    format!("refresh: 0; url={location}\r\ncontent-location: {location}\r\n");
                let link = format!(
                    "link: <{location}>; rel=preload\r\nalt-svc: h2=\"{}\"\r\n",
                    &location[7..]
                );
                answer(status, &format!("location: {location}\r\n{also}{link}"), "")
            });
            let vipps = client(&api);
            let payment = vipps.ecom().payment("order-1".parse().unwrap());
            let error = payment.capture().await.unwrap_err();
            if at_token {
                assert_eq!(error.kind(), ErrorKind::Authentication);
            } else {
                // A proxy may have sent the redirect after the API had seen the capture.
                let seen = (error.kind(), error.outcome());
                assert_eq!(seen, (ErrorKind::Api, Outcome::Unknown));
            }
            let code = PersonalQr::parse("https://qr.vipps.no/p/x").unwrap();
            vipps.qr().exchange(code).await.unwrap_err();
        }
    }
    assert_eq!(other.heard(), Vec::<String>::new());
}

#[tokio::test]
async fn redirect_of_an_image_link_is_not_followed() {
    let other = Origin::start(|_| answer("200 OK", "content-type: image/svg+xml\r\n", SVG));
    let location = other.url("/");
    let images =
        Origin::start(move |_| answer("302 Found", &format!("location: {location}\r\n"), ""));
    let link = images.url("/");
    let api = Origin::start(move |first| match first {
        _ if first.contains("/accesstoken/get") => token(),
        _ => json(&format!(r#"{{"url":"{link}"}}"#)),
    });
    let page: vipps::types::LandingPage = "https://api.vipps.no/x?token=abc".parse().unwrap();
    let qr = client(&api).qr();
    let code = qr.one_time(&page).await.unwrap();
    let error = qr.image(&code).await.unwrap_err();
    assert_eq!(error.http_status(), Some(302));
    assert_anonymous(&images.heard()[0]);
    assert_eq!(other.heard(), Vec::<String>::new());
}

/// The client does not open the URLs in a request or in a response.
#[tokio::test]
async fn urls_that_are_only_passed_on_are_not_visited() {
    let other = Origin::start(|_| json("{}"));
    let port = other.address.port();
    let named = format!("https://localhost:{port}/named");
    let page = format!("http://127.0.0.1:{port}/page?token=abc");
    let answered =
        format!(r#"{{"orderId":"order-1","url":"{page}","redirectUrl":"{named}","id":"b"}}"#);
    let api = Origin::start(move |first| match first {
        _ if first.contains("/accesstoken/get") => token(),
        _ => json(&answered),
    });
    let vipps = client(&api);
    let prefix: vipps::types::HttpsUrl = "https://shop.example.com/vipps".parse().unwrap();
    let sold = vipps
        .ecom()
        .initiate(
            "order-1".parse().unwrap(),
            Amount::nok(1),
            "Socks".parse().unwrap(),
        )
        .callback_prefix(prefix.clone())
        .auth_token("origin-auth-token".parse().unwrap())
        .express(Express::with_dynamic_shipping(prefix.clone()), prefix)
        .await
        .unwrap();
    assert!(sold.landing_page().as_str().contains(&port.to_string()));
    vipps
        .qr()
        .merchant_redirect("b".parse().unwrap())
        .get()
        .await
        .unwrap();
    vipps.qr().one_time(&sold).await.unwrap();
    assert_eq!(api.heard().len(), 4);
    assert_eq!(other.heard(), Vec::<String>::new());
}

/// A generated client made for another base URL builds such requests.
#[tokio::test]
async fn a_raw_request_to_another_origin_is_refused_unsent() {
    const PATH: &str = "/ecomm/v2/payments/order-1/details";
    let other = Origin::start(|_| json("{}"));
    let api = Origin::start(|_| token());
    let (address, port) = (api.address, api.address.port());
    let [id, secret, key] = KEYS;
    let credentials = Credentials::new(id, secret, key, MSN.parse().unwrap()).unwrap();
    let vipps = Vipps::builder(credentials)
        .environment(Environment::custom(&api.url("/prefix")).unwrap())
        .build()
        .unwrap();
    for (url, value) in [
        (other.url(PATH), Some(other.url(""))),
        (other.url(&format!("/prefix{PATH}")), Some(other.url(""))),
        (
            format!("https://{address}/prefix{PATH}"),
            Some(format!("https://{address}")),
        ),
        (
            format!("http://localhost:{port}/prefix{PATH}"),
            Some(format!("http://localhost:{port}")),
        ),
        (
            format!("ftp://{address}/prefix{PATH}"),
            Some(format!("ftp://{address}")),
        ),
        (format!("data:{PATH}"), Some("data:".to_owned())),
        (format!("http://me:pw@{address}/prefix{PATH}"), None),
        (format!("http://me@{address}/prefix{PATH}"), None),
        (api.url(PATH), Some(api.url(PATH))),
        (
            api.url(&format!("/prefixed{PATH}")),
            Some(api.url(&format!("/prefixed{PATH}"))),
        ),
        (api.url(&format!("/prefix/..{PATH}")), Some(api.url(PATH))),
    ] {
        for operation_id in ["get_payment_details_using_get", "new"] {
            let error = exec(&vipps, operation_id, &url, None).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{url}: {error}");
            let sent = (error.outcome(), error.attempts());
            assert_eq!(sent, (Outcome::NotSent, 0), "{url}: {error}");
            assert!(error.operation().is_some(), "{url}: {error}");
            let invalid = error.invalid_value().unwrap();
            assert_eq!(invalid.field(), "url", "{error}");
            assert_eq!(invalid.value(), value.as_deref(), "{error}");
            assert!(!format!("{error} {error:?}").contains("pw"), "{error}");
        }
    }
    let host = Some("other.example");
    let url = api.url(&format!("/prefix{PATH}"));
    let error = exec(&vipps, "get_payment_details_using_get", &url, host).await;
    let error = error.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::InvalidInput, Outcome::NotSent)
    );
    assert_eq!(error.invalid_value().unwrap().field(), "host");
    assert_eq!(other.heard(), Vec::<String>::new());
    assert_eq!(api.heard(), Vec::<String>::new());

    // The rest would prove nothing if no hand-made request were sent.
    exec(&vipps, "get_payment_details_using_get", &url, None)
        .await
        .unwrap();
    assert_eq!(api.heard().len(), 2);
}

/// Passes a request to the retry loop without the generated builders.
async fn exec(
    vipps: &Vipps,
    operation_id: &'static str,
    url: &str,
    host: Option<&'static str>,
) -> vipps::Result<()> {
    use progenitor_client::{ClientHooks, Error as RawError, OperationInfo, ResponseValue};

    let mut request = reqwest::Request::new(http::Method::GET, url.parse().unwrap());
    if let Some(host) = host {
        let value = http::HeaderValue::from_static(host);
        request.headers_mut().insert(http::header::HOST, value);
    }
    let call = vipps.call(|raw| async move {
        let info = OperationInfo { operation_id };
        let sent = ClientHooks::exec(raw.ecom(), request, &info).await;
        let response = sent.map_err(RawError::<()>::CommunicationError)?;
        ClientHooks::post::<()>(raw.ecom(), &Ok(response), &info).await?;
        Ok(ResponseValue::empty(http::Response::new("").into()))
    });
    call.await.map(drop)
}
