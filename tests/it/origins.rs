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
    requests: Arc<Mutex<Vec<String>>>,
}

impl Origin {
    fn start(respond: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (record, respond) = (requests.clone(), Arc::new(respond));
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (record, respond) = (record.clone(), respond.clone());
                std::thread::spawn(move || serve(connection, &record, &*respond));
            }
        });
        Self { address, requests }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns all requests. A connection without a request is an empty text.
    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(mut connection: TcpStream, record: &Mutex<Vec<String>>, respond: &dyn Fn(&str) -> String) {
    let _ = connection.set_read_timeout(Some(Duration::from_secs(10)));
    let at = {
        let mut requests = record.lock().unwrap();
        requests.push(String::new());
        requests.len() - 1
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
    let _ = connection.write_all(respond(first).as_bytes());
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

fn http_response(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn json(body: &str) -> String {
    http_response("200 OK", "content-type: application/json\r\n", body)
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
        assert!(!request.contains(secret), "{secret} was sent:\n{request}");
    }
    assert_eq!(body, "");
    let allowed = ["host", "user-agent", "accept", "accept-encoding"];
    for line in head.lines().skip(1) {
        let name = line.split(':').next().unwrap().to_ascii_lowercase();
        assert!(allowed.contains(&&*name), "{line} was sent");
    }
}

const SVG: &str = "<svg xmlns='http://www.w3.org/2000/svg'/>";

#[tokio::test]
async fn credentials_reach_only_the_configured_origin() {
    let images = Origin::start(|_| http_response("200 OK", "content-type: image/svg+xml\r\n", SVG));
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

    let [token_request, code_request] = &api.requests()[..] else {
        panic!("{:?}", api.requests());
    };
    // The API receives the credentials; otherwise the rest would prove nothing.
    assert!(token_request.contains(KEYS[1]) && token_request.contains(KEYS[2]));
    assert!(code_request.contains(TOKEN));
    assert!(code_request.contains(KEYS[2]) && code_request.contains(MSN));
    assert!(
        !code_request.contains(KEYS[1]),
        "only the token request has the secret"
    );
    let [fetched] = &images.requests()[..] else {
        panic!("{:?}", images.requests());
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
                let refresh_headers =
                    format!("refresh: 0; url={location}\r\ncontent-location: {location}\r\n");
                let link = format!(
                    "link: <{location}>; rel=preload\r\nalt-svc: h2=\"{}\"\r\n",
                    &location[7..]
                );
                http_response(
                    status,
                    &format!("location: {location}\r\n{refresh_headers}{link}"),
                    "",
                )
            });
            let vipps = client(&api);
            let payment = vipps.ecom().payment("order-1".parse().unwrap());
            let error = payment.capture_remaining().await.unwrap_err();
            if at_token {
                assert_eq!(error.kind(), ErrorKind::Authentication);
            } else {
                // A proxy may have sent the redirect after the API had seen the capture.
                let failure = (error.kind(), error.outcome());
                assert_eq!(failure, (ErrorKind::Api, Outcome::Unknown));
            }
            let code = PersonalQr::parse("https://qr.vipps.no/p/x").unwrap();
            vipps.qr().exchange(code).await.unwrap_err();
        }
    }
    assert_eq!(other.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn redirect_of_an_image_link_is_not_followed() {
    let other = Origin::start(|_| http_response("200 OK", "content-type: image/svg+xml\r\n", SVG));
    let location = other.url("/");
    let images = Origin::start(move |_| {
        http_response("302 Found", &format!("location: {location}\r\n"), "")
    });
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
    assert_anonymous(&images.requests()[0]);
    assert_eq!(other.requests(), Vec::<String>::new());
}

/// The client does not open the URLs in a request or in a response.
#[tokio::test]
async fn urls_that_are_only_passed_on_are_not_visited() {
    let other = Origin::start(|_| json("{}"));
    let port = other.address.port();
    let redirect_url = format!("https://localhost:{port}/named");
    let page = format!("http://127.0.0.1:{port}/page?token=abc");
    let body = format!(
        r#"{{"orderId":"order-1","url":"{page}","redirectUrl":"{redirect_url}","id":"b"}}"#
    );
    let api = Origin::start(move |first| match first {
        _ if first.contains("/accesstoken/get") => token(),
        _ => json(&body),
    });
    let vipps = client(&api);
    let prefix: vipps::types::HttpsUrl = "https://shop.example.com/vipps".parse().unwrap();
    let payment = vipps
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
    assert!(payment.landing_page().as_str().contains(&port.to_string()));
    vipps
        .qr()
        .merchant_redirect("b".parse().unwrap())
        .get()
        .await
        .unwrap();
    vipps.qr().one_time(&payment).await.unwrap();
    assert_eq!(api.requests().len(), 4);
    assert_eq!(other.requests(), Vec::<String>::new());
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
    assert_eq!(other.requests(), Vec::<String>::new());
    assert_eq!(api.requests(), Vec::<String>::new());

    // The rest would prove nothing if no hand-made request were sent.
    exec(&vipps, "get_payment_details_using_get", &url, None)
        .await
        .unwrap();
    assert_eq!(api.requests().len(), 2);
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
