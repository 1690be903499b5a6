//! An allowed id reaches exactly its own resource. Other ids are refused before sending.

use percent_encoding::percent_decode_str;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use vipps::RetryPolicy;
use vipps::qr::Qr;
use vipps::qr::{BeaconId, CallbackQrId, RedirectQrId};
use vipps::testing::Recorder;

const REDIRECTS: &[&str] = &["qr", "v1", "merchant-redirect"];
const CALLBACKS: &[&str] = &["qr", "v1", "merchant-callback"];
const BEACONS: &[&str] = &["qr", "v1", "merchant-callback", "mobilepay"];

fn cases() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(64)
    }
}

/// Sends a request, and returns its method, path and query.
fn sent<F: Future<Output = ()>>(send: impl FnOnce(Qr) -> F) -> Vec<(String, String)> {
    let recorder = Recorder::new();
    let builder = recorder.builder().unwrap().retry(RetryPolicy::none());
    let qr = builder.build().unwrap().qr();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(send(qr));
    let lines = recorder.requests().into_iter().filter_map(|shape| {
        let line = shape.as_str().lines().next()?;
        let (method, path) = line.split_once(' ')?;
        Some((method.to_owned(), path.to_owned()))
    });
    lines
        .filter(|(_, path)| path != "/accesstoken/get")
        .collect()
}

/// Asserts that the path is the path of the collection and one more segment, which decodes to the
/// id with every decoder.
fn reaches(path: &str, collection: &[&str], id: &str) {
    let segments: Vec<_> = path.strip_prefix('/').unwrap().split('/').collect();
    let (last, before) = segments.split_last().unwrap();
    assert_eq!(before, collection, "{path}");
    assert_eq!(
        percent_decode_str(last).decode_utf8().unwrap(),
        id,
        "{path}"
    );
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~%".contains(&b);
    assert!(last.bytes().all(plain), "{path}");
    assert!(
        !matches!(
            last.to_ascii_lowercase().replace("%2e", ".").as_str(),
            "." | ".."
        ),
        "{path}"
    );
}

fn redirect_id() -> impl Strategy<Value = RedirectQrId> {
    let alphabet: Vec<char> = "abzAZ059_-+% æøåÆØÅ".chars().collect();
    vec(select(alphabet), 1..=128).prop_filter_map("a space at an end", |id| {
        RedirectQrId::parse(&id.into_iter().collect::<String>()).ok()
    })
}

/// Texts of characters that have a meaning in a URL.
fn text() -> impl Strategy<Value = String> {
    let special: Vec<char> = "%+;:@&=,.~!$'()*|^`{}[]<>\" -_aZ0å/\\?#\t2eEfF5cC"
        .chars()
        .collect();
    let any = prop_oneof![4 => select(special), 1 => any::<char>()];
    vec(any, 1..=24).prop_map(|text| text.into_iter().collect())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_redirect_id_reaches_its_own_code(id in redirect_id()) {
        let sent = sent(async |qr| {
            let code = qr.merchant_redirect(id.clone());
            let _ = code.get().await;
            let _ = code.update("https://example.com".parse().unwrap()).await;
            let _ = code.delete().await;
        });
        let methods: Vec<_> = sent.iter().map(|(method, _)| method.as_str()).collect();
        prop_assert_eq!(methods, ["GET", "PUT", "DELETE"]);
        for (_, path) in sent {
            reaches(&path, REDIRECTS, id.as_str());
        }
    }

    #[test]
    fn a_callback_id_reaches_its_own_code(text in text()) {
        let Ok(id) = CallbackQrId::parse(&text) else { return Ok(()) };
        let sent = sent(async |qr| {
            let code = qr.merchant_callback(id.clone());
            let _ = code.get().await;
            let _ = code.put("Kasse 1".parse().unwrap()).await;
            let _ = code.delete().await;
        });
        let methods: Vec<_> = sent.iter().map(|(method, _)| method.as_str()).collect();
        prop_assert_eq!(methods, ["GET", "PUT", "DELETE"]);
        for (_, path) in sent {
            reaches(&path, CALLBACKS, &text);
        }
    }

    #[test]
    fn a_beacon_id_reaches_its_own_code(text in text()) {
        let Ok(id) = BeaconId::parse(&text) else { return Ok(()) };
        let sent = sent(async |qr| {
            let _ = qr.mobilepay_beacon(id.clone()).put("Kasse 1".parse().unwrap()).await;
        });
        prop_assert_eq!(sent.len(), 1);
        reaches(&sent[0].1, BEACONS, &text);
    }
}

#[test]
fn ids_that_other_clients_misroute_reach_their_code() {
    for text in [
        "50% off",
        "a+b c",
        "%2F",
        "%2e%2e",
        "%",
        "æøå ÆØÅ",
        "mobilepay",
        "a%00",
    ] {
        let id = RedirectQrId::parse(text);
        let other = CallbackQrId::parse(text).unwrap();
        let paths = sent(async |qr| {
            let _ = qr.merchant_callback(other.clone()).get().await;
            if let Ok(id) = id {
                let _ = qr.merchant_redirect(id.clone()).get().await;
            }
        });
        reaches(&paths[0].1, CALLBACKS, text);
        if let Some((_, path)) = paths.get(1) {
            reaches(path, REDIRECTS, text);
        }
    }
}

#[test]
fn id_that_changes_the_path_is_refused() {
    for text in [
        "",
        ".",
        "..",
        "/",
        "a/b",
        "mobilepay/1",
        "a\\b",
        "a?b",
        "a#b",
        "a\nb",
        " a",
        "a ",
    ] {
        assert!(RedirectQrId::parse(text).is_err(), "{text:?}");
        assert!(CallbackQrId::parse(text).is_err(), "{text:?}");
        assert!(BeaconId::parse(text).is_err(), "{text:?}");
    }
}
