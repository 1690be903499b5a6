//! A response from neither the API nor its gateway proves nothing about the request.

use vipps::ecom::PaymentState;
use vipps::testing::Recorder;
use vipps::{Error, ErrorKind, Outcome, RequestId, Vipps};

use crate::raw::{RawServer, http_response, write};
use crate::support::{
    self, Call, DETAILS, TRANSACTION, amount, boxed, id, landing_page, requests_sent, text,
};

const PAYMENTS: &str = "/ecomm/v2/payments";
const CAPTURE: &str = "/ecomm/v2/payments/acme-shop-123/capture";
const REFUND: &str = "/ecomm/v2/payments/acme-shop-123/refund";
const CANCEL: &str = "/ecomm/v2/payments/acme-shop-123/cancel";
const DETAILS_PATH: &str = "/ecomm/v2/payments/acme-shop-123/details";
const REDIRECT: &str = "/qr/v1/merchant-redirect/b";
const ONE_TIME: &str = "/qr/v1";
const TOKEN: &str = "/accesstoken/get";

/// Bodies in none of the documented error forms.
const FOREIGN_BODIES: [&str; 15] = [
    "<html><body><h1>403 Forbidden</h1><hr>Microsoft-Azure-Application-Gateway/v2</body></html>",
    "Access denied by policy 4711",
    "",
    " \r\n",
    "{}",
    "[]",
    "null",
    r#"{"message":"Planned maintenance, back at 03:00"}"#,
    r#"{"error":"forbidden"}"#,
    r#"{"error":{"code":"Blocked","message":"by rule 12"}}"#,
    r#"{"timestamp":1700000000,"status":403,"error":"Forbidden","path":"/x"}"#,
    r#"{"id":"billboard_1"}"#,
    r#"{"statusCode":403}"#,
    r#"{"responseInfo":{}}"#,
    r#"{"loginUrl":"https://wifi.example.com"}"#,
];

/// Bodies in one of the documented forms, complete, and without a code whose remedy is to read the
/// details.
const API_ERRORS: [&str; 16] = [
    r#"[{"errorGroup":"Payment","errorCode":"61","errorMessage":"x","contextId":"c"}]"#,
    r#"[{"errorCode":"34","errorMessage":"x"}]"#,
    r#"[{"ErrorGroup":"Payment","ErrorCode":"44","ErrorMessage":"x"}]"#,
    r#"{"errorGroup":"Merchant","errorCode":"35","errorMessage":"x"}"#,
    r#"{"errorCode":"Unauthorized","errorMessage":"Subscription not found"}"#,
    r#"{"orderId":"o","errorInfo":{"errorCode":"81","errorGroup":"User","errorMessage":"x"}}"#,
    r#"{"error":[{"errorGroup":"Merchant","errorCode":"35","errorMessage":"x"}]}"#,
    r#"{"statusCode":400,"message":"x"}"#,
    r#"{"responseInfo":{"responseCode":400,"responseMessage":"x"},"result":{"message":"x"}}"#,
    r#"{"ResponseInfo":{"ResponseCode":"1000","ResponseMessage":"x"}}"#,
    r#"{"error":"invalid_client","error_description":"x","error_codes":[1]}"#,
    r#"{"title":"x","detail":"x","instance":"i"}"#,
    r#"{"title":"x","status":400,"detail":"x","extraDetails":[{"name":"n","reason":"r"}]}"#,
    r#"{"type":"t","title":"x","status":"400","detail":null,"traceId":"t"}"#,
    r#"["x"]"#,
    r#"{"errors":{"amount":["too low"]}}"#,
];

const STATUSES: [u16; 10] = [400, 403, 404, 405, 406, 410, 415, 421, 422, 451];
const REDIRECTS: [u16; 7] = [300, 301, 302, 303, 304, 307, 308];

type Operation = (&'static str, &'static str, fn(&Vipps) -> Call);

/// Every class that has an effect.
const WRITES: [Operation; 6] = [
    ("POST", PAYMENTS, |v| {
        boxed(v.ecom().initiate(id(), amount(), text()))
    }),
    ("POST", CAPTURE, |v| {
        boxed(v.ecom().payment(id()).capture_remaining())
    }),
    ("POST", REFUND, |v| {
        boxed(v.ecom().payment(id()).refund(amount()))
    }),
    ("PUT", CANCEL, |v| boxed(v.ecom().payment(id()).cancel())),
    ("PUT", REDIRECT, |v| {
        let code = v.qr().merchant_redirect("b".parse().unwrap());
        boxed(code.update("https://example.com/".parse().unwrap()))
    }),
    ("DELETE", REDIRECT, |v| {
        boxed(v.qr().merchant_redirect("b".parse().unwrap()).delete())
    }),
];

const READS: [Operation; 2] = [
    ("GET", DETAILS_PATH, |v| {
        boxed(v.ecom().payment(id()).details())
    }),
    ("POST", ONE_TIME, |v| {
        boxed(v.qr().one_time(&landing_page()))
    }),
];

fn client(recorder: &Recorder) -> Vipps {
    support::on_tokio_time(recorder).build().unwrap()
}

async fn failure(operation: Operation, status: u16, body: &str) -> (Error, usize) {
    let (method, path, call) = operation;
    let recorder = Recorder::new().respond(method, path, status, body);
    let error = call(&client(&recorder)).await.unwrap_err();
    (error, requests_sent(&recorder, method))
}

#[tokio::test(start_paused = true)]
async fn foreign_4xx_leaves_a_write_unknown() {
    for operation in WRITES {
        for status in STATUSES {
            for body in FOREIGN_BODIES {
                let (error, sent) = failure(operation, status, body).await;
                let context = format!("{} {} {status} {body}", operation.0, operation.1);
                assert_eq!(error.outcome(), Outcome::Unknown, "{context}");
                assert!(!error.is_retryable() && sent == 1, "{context}");
                assert_eq!(error.http_status(), Some(status), "{context}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn error_of_the_api_rejects_a_write() {
    for operation in WRITES {
        for status in [400, 403, 404, 422] {
            for body in API_ERRORS {
                let (error, sent) = failure(operation, status, body).await;
                let context = format!("{} {} {status} {body}", operation.0, operation.1);
                assert_eq!(error.outcome(), Outcome::Rejected, "{context}");
                assert_eq!(sent, 1, "{context}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn foreign_4xx_of_a_read_is_no_effect_and_retried() {
    for operation in READS {
        for status in STATUSES {
            for body in FOREIGN_BODIES {
                let (error, sent) = failure(operation, status, body).await;
                assert_eq!(error.outcome(), Outcome::NoEffect, "{status} {body}");
                assert!(error.is_retryable() && sent == 3, "{status} {body}");
            }
        }
    }
    for body in API_ERRORS {
        let (error, sent) = failure(READS[0], 400, body).await;
        assert_eq!((error.outcome(), sent), (Outcome::Rejected, 1), "{body}");
    }
}

/// The API documents no redirect, so every redirect comes from a proxy, even with a body in the
/// API's format.
#[tokio::test(start_paused = true)]
async fn redirect_leaves_a_write_unknown() {
    for status in REDIRECTS {
        for body in ["", "<html>moved</html>", API_ERRORS[0], API_ERRORS[7]] {
            for operation in WRITES {
                let (error, sent) = failure(operation, status, body).await;
                assert_eq!((error.outcome(), sent), (Outcome::Unknown, 1), "{status}");
            }
            for operation in READS {
                let (error, _) = failure(operation, status, body).await;
                assert_eq!(error.outcome(), Outcome::NoEffect, "{status} {body}");
            }
        }
    }
}

/// The gateway refuses a request with an empty 401 or 429 before the API has received it.
#[tokio::test(start_paused = true)]
async fn empty_401_and_429_reject_a_write() {
    for operation in WRITES {
        let (error, _) = failure(operation, 401, "").await;
        assert_eq!(error.outcome(), Outcome::Rejected, "{}", operation.1);
        let (error, sent) = failure(operation, 429, "").await;
        assert_eq!(error.outcome(), Outcome::Rejected, "{}", operation.1);
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert!(error.is_retryable() && sent > 1);
    }
}

#[tokio::test(start_paused = true)]
async fn page_of_401_or_429_leaves_a_write_unknown() {
    for status in [401, 429] {
        for body in ["<html>Sign in to the guest network</html>", "slow down"] {
            for operation in WRITES {
                let (error, _) = failure(operation, status, body).await;
                assert_eq!(error.outcome(), Outcome::Unknown, "{status} {body}");
            }
            for operation in READS {
                let (error, _) = failure(operation, status, body).await;
                assert_eq!(error.outcome(), Outcome::NoEffect, "{status} {body}");
            }
        }
    }
    // A 401 is still retried with a new token. A 429 is not retried without a key.
    let (_, sent) = failure(WRITES[0], 401, "<html>").await;
    assert_eq!(sent, 2);
    let (_, sent) = failure(WRITES[0], 429, "<html>").await;
    assert_eq!(sent, 1);
}

/// A proxy may respond after the API has applied the request. The API's response to the replay,
/// such as an order id that is already used, is then the result of the first request.
#[tokio::test(start_paused = true)]
async fn refusal_after_a_page_of_401_leaves_a_write_unknown() {
    let conflict =
        r#"[{"errorGroup":"Merchant","errorCode":"34","errorMessage":"orderId is already used"}]"#;
    let gateway = r#"{"statusCode":401,"message":"Unauthorized"}"#;
    for (body, outcome) in [
        ("<html>Sign in</html>", Outcome::Unknown),
        ("signed out", Outcome::Unknown),
        ("", Outcome::Rejected),
        (gateway, Outcome::Rejected),
    ] {
        let recorder = Recorder::new()
            .respond("POST", PAYMENTS, 401, body)
            .respond("POST", PAYMENTS, 400, conflict);
        let call = client(&recorder).ecom().initiate(id(), amount(), text());
        let error = call.await.unwrap_err();
        assert!(error.has_code("34"));
        assert_eq!(error.outcome(), outcome, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn wait_continues_after_foreign_responses() {
    let mut cases: Vec<(u16, &str)> = Vec::new();
    for status in [401, 403, 404, 429, 502].into_iter().chain(REDIRECTS) {
        cases.extend(
            FOREIGN_BODIES
                .iter()
                .filter(|b| status != 401 || !b.trim().is_empty())
                .map(|b| (status, *b)),
        );
    }
    for (status, body) in cases {
        let mut recorder = Recorder::new();
        // A poll whose token is refused is sent again with another token.
        for _ in 0..if status == 401 { 2 } else { 1 } {
            recorder = recorder.respond("GET", DETAILS_PATH, status, body);
        }
        let recorder = recorder.respond("GET", DETAILS_PATH, 200, DETAILS);
        let details = client(&recorder).ecom().payment(id()).wait().await;
        let details = details.unwrap_or_else(|e| panic!("{status} {body}: {e:?}"));
        assert_eq!(details.state(), PaymentState::Reserved);
    }
}

#[tokio::test(start_paused = true)]
async fn wait_ends_with_an_error_of_the_api() {
    for body in API_ERRORS {
        let recorder = Recorder::new().respond("GET", DETAILS_PATH, 404, body);
        let error = client(&recorder)
            .ecom()
            .payment(id())
            .wait()
            .await
            .unwrap_err();
        assert_eq!(error.outcome(), Outcome::Rejected, "{body}");
        assert_eq!(requests_sent(&recorder, "GET"), 1);
    }
}

/// A firewall in front of the token endpoint sends the page.
#[tokio::test(start_paused = true)]
async fn wait_continues_after_a_page_of_the_token_endpoint() {
    let token = r#"{"access_token":"t","expires_in":"3600"}"#;
    let recorder = Recorder::new()
        .respond("POST", TOKEN, 403, FOREIGN_BODIES[0])
        .respond("POST", TOKEN, 302, "")
        .respond("POST", TOKEN, 200, token)
        .respond("GET", DETAILS_PATH, 200, DETAILS);
    client(&recorder).ecom().payment(id()).wait().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn error_35_on_a_page_does_not_prove_absence() {
    let lost = Recorder::new().lose_response("POST", PAYMENTS);
    let call = client(&lost).ecom().initiate(id(), amount(), text());
    let error = call.await.unwrap_err();
    for body in ["<html>404</html>", "", r#"{"message":"Not Found"}"#] {
        let recorder = Recorder::new().respond("GET", DETAILS_PATH, 404, body);
        let vipps = client(&recorder);
        let verdict = vipps.ecom().reconcile(&error).await;
        assert!(
            matches!(verdict, vipps::ecom::Reconciled::StillUnknown(_)),
            "{body}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn foreign_404_is_no_finished_delete() {
    for body in FOREIGN_BODIES {
        let (error, _) = failure(WRITES[5], 404, body).await;
        assert_eq!(error.outcome(), Outcome::Unknown, "{body}");
        // The same holds after an attempt whose response was lost.
        let recorder = Recorder::new()
            .lose_response("DELETE", REDIRECT)
            .respond("DELETE", REDIRECT, 404, body);
        let code = client(&recorder)
            .qr()
            .merchant_redirect("b".parse().unwrap());
        let error = code.delete().await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{body}");
    }
}

/// The missing part may name a code that leaves the outcome open.
#[tokio::test(start_paused = true)]
async fn unfinished_json_leaves_a_write_unknown() {
    let two_errors = r#"[{"errorGroup":"Payment","errorCode":"61","errorMessage":"x"},{"errorGroup":"Payment","errorCode":"63","errorMessage":"x"}]"#;
    let gateway = r#"{"statusCode":400,"message":"x"}"#;
    let problem = r#"{"title":"x","status":400,"detail":"x"}"#;
    for whole in [two_errors, gateway, problem, API_ERRORS[0]] {
        for end in 1..whole.len() {
            let truncated = &whole[..end];
            for operation in [WRITES[0], WRITES[1], WRITES[3]] {
                let (error, sent) = failure(operation, 400, truncated).await;
                assert_eq!(
                    (error.outcome(), sent),
                    (Outcome::Unknown, 1),
                    "{truncated}"
                );
            }
        }
    }
    let (error, _) = failure(READS[0], 400, &two_errors[..two_errors.len() - 1]).await;
    assert_eq!(error.outcome(), Outcome::NoEffect);
    let trailing = format!("{}<html>", API_ERRORS[0]);
    let (error, _) = failure(WRITES[0], 400, &trailing).await;
    assert_eq!(error.outcome(), Outcome::Unknown);
}

#[tokio::test(start_paused = true)]
async fn error_cut_at_64_kib_leaves_a_write_unknown() {
    let long = "x".repeat(64 << 10);
    let truncated =
        format!(r#"[{{"errorGroup":"Payment","errorCode":"61","errorMessage":"{long}"}}]"#);
    let error = r#"{"errorGroup":"Payment","errorCode":"61","errorMessage":"x"}"#;
    let many = format!("[{}]", vec![error; 2_000].join(","));
    for body in [truncated, many] {
        let (error, _) = failure(WRITES[0], 400, &body).await;
        assert_eq!(error.outcome(), Outcome::Unknown, "{} bytes", body.len());
    }
}

/// The 33rd error of a list is not read, and could be a code that leaves the outcome open.
#[tokio::test(start_paused = true)]
async fn list_too_long_to_read_leaves_a_write_unknown() {
    let error = r#"{"errorCode":"61","errorGroup":"Payment"}"#;
    let list = |n: usize| format!("[{}]", vec![error; n].join(","));
    let (error, _) = failure(WRITES[0], 400, &list(32)).await;
    assert_eq!(error.outcome(), Outcome::Rejected);
    let (error, _) = failure(WRITES[0], 400, &list(33)).await;
    assert_eq!(
        (error.outcome(), error.api_errors().len()),
        (Outcome::Unknown, 32)
    );
}

/// Without a length, the end of the connection is the end of the body.
#[tokio::test]
async fn error_cut_with_its_connection_is_unknown() {
    let body = r#"[{"errorGroup":"Payment","errorCode":"61","errorMessage":"x"}]"#;
    for version in ["1.0", "1.1"] {
        let head = format!("HTTP/{version} 400 Bad Request\r\n\r\n");
        for (end, outcome) in [
            (body.len(), Outcome::Rejected),
            (body.len() - 1, Outcome::Unknown),
            (body.len() - 2, Outcome::Unknown),
            (40, Outcome::Unknown),
            (1, Outcome::Unknown),
            (0, Outcome::Unknown),
        ] {
            let server = RawServer::start(vec![write(format!("{head}{}", &body[..end]))]);
            let key = RequestId::parse("k").unwrap();
            let call = server.client().ecom().payment(id()).capture_remaining();
            let error = call.idempotency_key(key).await.unwrap_err();
            assert_eq!(error.outcome(), outcome, "{version} {end}: {error:?}");
        }
    }
}

#[tokio::test]
async fn redirect_is_never_followed() {
    let elsewhere = RawServer::start(vec![write(http_response("200 OK", TRANSACTION))]);
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let head = format!("{status}\r\nlocation: {}/x", elsewhere.base_url());
        let server = RawServer::start(vec![write(http_response(&head, ""))]);
        let error = server
            .client()
            .ecom()
            .payment(id())
            .capture_remaining()
            .await
            .unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{status}");
    }
    assert_eq!(elsewhere.connections(), 0);
}
