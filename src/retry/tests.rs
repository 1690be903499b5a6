use bytes::Bytes;

use super::*;

/// The failure of an eCom operation after a response with this status and body.
fn failure(class: RetryClass, status: u16, body: &str) -> Failure {
    let operation = crate::ecom::operations::OPERATIONS[0];
    let body = Bytes::copy_from_slice(body.as_bytes());
    let codes = [operation.api.error_codes];
    let error = Error::from_response(&operation, &codes, status, &http::HeaderMap::new(), body);
    Failure::of_response(class, &error)
}

/// A whole body of the gateway, which names no code.
const GATEWAY: &str = r#"{"statusCode":400,"message":"x"}"#;
const PAGE: &str = "<html>Forbidden</html>";

const ALL: [RetryClass; 6] = [
    RetryClass::Read,
    RetryClass::KeyedWrite,
    RetryClass::Idempotent,
    RetryClass::Harmless,
    RetryClass::Cancel,
    RetryClass::Once,
];

/// Every cell of the documented table agrees with the code.
#[test]
fn the_table_that_users_read_is_the_code() {
    let mut rows: Vec<Vec<&str>> = include_str!("../retry.md")
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let columns = rows.remove(0);
    assert_eq!(rows.remove(0), ["---"; 10]);
    let classes = [
        ("read", RetryClass::Read),
        ("keyed write", RetryClass::KeyedWrite),
        ("idempotent", RetryClass::Idempotent),
        ("harmless", RetryClass::Harmless),
        ("cancel", RetryClass::Cancel),
        ("once", RetryClass::Once),
    ];
    let failures: [(&str, &[Failure]); 8] = [
        ("no connection", &[Failure::NotSent]),
        ("broken", &[Failure::Broken]),
        (
            "408, 5xx",
            &[
                Failure::Refused(408),
                Failure::Refused(500),
                Failure::Refused(503),
            ],
        ),
        ("429", &[Failure::Throttled]),
        ("locked", &[Failure::Locked]),
        ("unclear lock", &[Failure::BrokenLocked]),
        ("unclear", &[Failure::Unclear]),
        (
            "refused",
            &[
                Failure::Refused(400),
                Failure::Refused(404),
                Failure::Refused(422),
            ],
        ),
    ];
    assert_eq!(rows.len(), classes.len());
    for (row, (name, class)) in rows.iter().zip(classes) {
        assert_eq!(row[0], name);
        for (place, (column, failures)) in failures.iter().enumerate() {
            assert_eq!(columns[place + 2], *column);
            for signal in *failures {
                let verdict = judge(class, *signal);
                let mut cell = match verdict.retry {
                    None => "stop".to_owned(),
                    Some(Pace::Transient) => "retry".to_owned(),
                    Some(Pace::Throttled) => "retry later".to_owned(),
                };
                if verdict.outcome == Outcome::Unknown {
                    cell.push_str(", unknown");
                }
                assert_eq!(row[place + 2], cell, "{name}, {column}");
            }
        }
    }
}

#[test]
fn nothing_sent_is_always_safe_to_repeat() {
    for class in ALL {
        assert_eq!(
            judge(class, Failure::NotSent),
            Verdict {
                outcome: Outcome::NotSent,
                retry: Some(Pace::Transient)
            }
        );
    }
}

#[test]
fn a_broken_attempt_is_repeated_only_where_that_cannot_double_anything() {
    for signal in [
        Failure::Broken,
        Failure::Refused(500),
        Failure::Refused(502),
        Failure::Refused(503),
        Failure::Refused(504),
        Failure::Refused(408),
    ] {
        for class in ALL {
            let verdict = judge(class, signal);
            let may = matches!(
                class,
                RetryClass::Read
                    | RetryClass::KeyedWrite
                    | RetryClass::Idempotent
                    | RetryClass::Harmless
            );
            assert_eq!(verdict.retry.is_some(), may, "{class:?} {signal:?}");
            let harmless = matches!(class, RetryClass::Read | RetryClass::Harmless);
            assert_eq!(
                verdict.outcome == Outcome::NoEffect,
                harmless,
                "{class:?} {signal:?}"
            );
            assert_eq!(
                verdict.outcome == Outcome::Unknown,
                !harmless,
                "{class:?} {signal:?}"
            );
        }
    }
}

#[test]
fn too_many_requests_and_locks_are_waited_out_by_all() {
    for class in ALL {
        for signal in [Failure::Throttled, Failure::Locked] {
            assert_eq!(
                judge(class, signal),
                Verdict {
                    outcome: Outcome::Rejected,
                    retry: Some(Pace::Throttled)
                }
            );
        }
    }
}

#[test]
fn refusal_of_the_api_is_final_for_all() {
    for class in ALL {
        for status in [400, 401, 403, 404, 405, 410, 415, 422] {
            assert_eq!(failure(class, status, GATEWAY), Failure::Refused(status));
            assert_eq!(
                judge(class, Failure::Refused(status)),
                Verdict {
                    outcome: Outcome::Rejected,
                    retry: None
                }
            );
        }
    }
}

#[test]
fn only_a_4xx_of_the_api_refuses_what_has_an_effect() {
    for status in 100..700 {
        for class in ALL.into_iter().filter(|class| class.has_effect()) {
            for body in [GATEWAY, PAGE, "", "{}"] {
                let outcome = judge(class, failure(class, status, body)).outcome;
                let refuses = match status {
                    402 | 408 => false,
                    409 => class == RetryClass::Idempotent && body == GATEWAY,
                    401 | 423 | 429 => [GATEWAY, ""].contains(&body),
                    _ => (400..500).contains(&status) && body == GATEWAY,
                };
                let about = format!("{class:?} {status} {body}");
                assert_eq!(outcome == Outcome::Rejected, refuses, "{about}");
                assert_eq!(outcome == Outcome::Unknown, !refuses, "{about}");
            }
        }
    }
}

#[test]
fn nothing_is_unknown_of_what_has_no_effect() {
    for status in 100..700 {
        for class in [RetryClass::Read, RetryClass::Harmless] {
            for body in [GATEWAY, PAGE, "", "{}"] {
                let verdict = judge(class, failure(class, status, body));
                assert_ne!(verdict.outcome, Outcome::Unknown, "{status} {body}");
                // What the API did not make may be gone a moment later.
                let refused = verdict.outcome == Outcome::Rejected;
                let is_limit = matches!(status, 423 | 429);
                assert_eq!(
                    verdict.retry.is_some(),
                    !refused || is_limit,
                    "{status} {body}"
                );
            }
        }
    }
}

#[test]
fn locks_and_limits_are_told_by_status_and_code() {
    let code = r#"[{"errorGroup":"VippsError","errorCode":"94"}]"#;
    let quota = r#"{"statusCode":403,"message":"Out of call volume quota."}"#;
    for class in ALL {
        for (status, body, expected) in [
            (423, GATEWAY, Failure::Locked),
            (423, "", Failure::Locked),
            (423, " \r\n", Failure::Locked),
            (423, code, Failure::Locked),
            (423, PAGE, Failure::BrokenLocked),
            (400, code, Failure::Locked),
            (409, code, Failure::Locked),
            (408, code, Failure::BrokenLocked),
            (500, code, Failure::BrokenLocked),
            (429, "", Failure::Throttled),
            (429, " \r\n", Failure::Throttled),
            (429, GATEWAY, Failure::Throttled),
            (429, PAGE, Failure::BrokenLocked),
            (403, quota, Failure::Throttled),
            (403, GATEWAY, Failure::Refused(403)),
            (200, code, Failure::Unclear),
        ] {
            assert_eq!(failure(class, status, body), expected, "{status} {body}");
        }
    }
}

#[test]
fn code_that_asks_for_the_details_outweighs_the_others() {
    for code in ["52", "63", "92", "99"] {
        for codes in [["61", "94", code], ["61", code, "94"], [code, "61", "94"]] {
            let [first, second, third] = codes.map(|code| format!(r#"{{"errorCode":"{code}"}}"#));
            let body = format!("[{first},{second},{third}]");
            for class in ALL {
                for status in [400, 402, 409, 423, 429] {
                    let failure = failure(class, status, &body);
                    assert_eq!(failure, Failure::Unclear, "{status} {codes:?}");
                }
            }
        }
    }
}

/// The codes of every class that refuses decide where a status alone does not.
#[test]
fn code_that_refuses_decides_402_and_409() {
    for (group, code) in [
        ("Payment", "61"),
        ("Payment", "44"),
        ("Merchant", "37"),
        ("Payment", "74"),
    ] {
        let body = format!(r#"[{{"errorGroup":"{group}","errorCode":"{code}"}}]"#);
        for class in ALL {
            for status in [402, 409] {
                let refused = Failure::Refused(status);
                assert_eq!(failure(class, status, &body), refused, "{group} {code}");
            }
        }
    }
}

#[test]
fn an_answer_that_is_too_large_comes_again_as_large() {
    for class in ALL {
        assert_eq!(judge(class, Failure::TooLarge).retry, None);
    }
}

#[test]
fn a_code_that_says_look_at_the_details_is_unknown_for_writes() {
    for class in [
        RetryClass::KeyedWrite,
        RetryClass::Idempotent,
        RetryClass::Cancel,
        RetryClass::Once,
    ] {
        assert_eq!(
            judge(class, Failure::Unclear),
            Verdict {
                outcome: Outcome::Unknown,
                retry: None
            }
        );
    }
}

#[test]
fn waits_grow_with_full_jitter_and_stop_at_the_cap() {
    let policy = RetryPolicy::default();
    let ms = |attempt, jitter, pace| wait(&policy, pace, attempt, jitter, None).as_millis();
    assert_eq!(ms(1, 0.0, Pace::Transient), 0);
    assert_eq!(ms(1, 0.5, Pace::Transient), 50);
    assert_eq!(ms(2, 0.5, Pace::Transient), 100);
    assert_eq!(ms(30, 1.0, Pace::Transient), 5_000);
    assert_eq!(ms(u32::MAX, 1.0, Pace::Transient), 5_000);
    for attempt in 1..12 {
        assert!(ms(attempt, 0.0, Pace::Throttled) >= ms(attempt, 1.0, Pace::Transient));
    }
    assert_eq!(ms(30, 1.0, Pace::Throttled), 25_000);
}

#[test]
fn no_policy_is_too_patient_to_reckon_with() {
    let endless = RetryPolicy::default()
        .backoff(Duration::MAX, Duration::MAX)
        .throttled_backoff(Duration::MAX, Duration::MAX);
    for pace in [Pace::Transient, Pace::Throttled] {
        for jitter in [0.0, 0.5, 0.999_999_999] {
            assert!(wait(&endless, pace, 9, jitter, None) <= Duration::MAX);
        }
    }
}

#[test]
fn retry_after_is_a_lower_bound() {
    let policy = RetryPolicy::default();
    let seven = Some(Duration::from_secs(7));
    assert_eq!(
        wait(&policy, Pace::Throttled, 1, 0.9, seven),
        Duration::from_secs(7)
    );
    assert!(
        wait(
            &policy,
            Pace::Transient,
            9,
            0.99,
            Some(Duration::from_secs(1))
        ) > Duration::from_secs(1)
    );
}

#[test]
fn retry_after_is_read_in_every_form() {
    let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let read = |text: &str| retry_after(Some(&http::HeaderValue::from_str(text).unwrap()), now);
    assert_eq!(read("3"), Some(Duration::from_secs(3)));
    assert_eq!(read(" 0 "), Some(Duration::ZERO));
    assert_eq!(
        read("Thu, 01 Jan 2026 00:00:09 GMT"),
        Some(Duration::from_secs(9))
    );
    assert_eq!(read("Wed, 31 Dec 2025 23:59:00 GMT"), Some(Duration::ZERO));
    for old in [
        "Thursday, 01-Jan-26 00:00:09 GMT",
        "Thu Jan  1 00:00:09 2026",
    ] {
        assert_eq!(read(old), Some(Duration::from_secs(9)), "{old}");
    }
    // However far off, it can be added to the time of day.
    for forever in [
        "99999999999999999999999",
        "18446744073709551615",
        "Thu, 31 Dec 9998 23:59:59 GMT",
    ] {
        let wait = read(forever).unwrap();
        let year = Duration::from_secs(31_536_000);
        assert_eq!(wait, year, "{forever}");
        assert!(std::time::Instant::now().checked_add(wait).is_some());
        assert!(now.checked_add(wait).is_ok(), "{forever}");
    }
    for nonsense in ["", "-1", "1.5", "soon", "Thu, 99 Jan 2026 00:00:09 GMT"] {
        assert_eq!(read(nonsense), None, "{nonsense}");
    }
    assert_eq!(retry_after(None, now), None);
}

#[test]
fn attempts_stay_within_the_limit_per_minute() {
    let s = Duration::from_secs;
    assert_eq!(rate_limit_wait(&[s(0)], 2, s(1)), Duration::ZERO);
    assert_eq!(rate_limit_wait(&[s(0), s(1)], 2, s(2)), s(58));
    assert_eq!(rate_limit_wait(&[s(0), s(1)], 2, s(61)), Duration::ZERO);
    assert_eq!(
        rate_limit_wait(&[s(0), s(1), s(60)], 2, s(61)),
        Duration::ZERO
    );
    // The oldest of those that count decides.
    assert_eq!(rate_limit_wait(&[s(0), s(50), s(55)], 2, s(56)), s(54));
}

#[test]
fn attempts_are_1_to_10() {
    for (asked, expected) in [(0, 1), (1, 1), (10, 10), (11, 10), (u32::MAX, 10)] {
        let policy = RetryPolicy::default().attempts(asked);
        assert_eq!(policy.max_attempts, expected, "{asked}");
    }
    assert_eq!(RetryPolicy::none().max_attempts, 1);
}

#[test]
fn waits_stay_in_the_range_of_the_policy() {
    let s = Duration::from_secs;
    let plain = RetryPolicy::default().backoff(s(1), s(7));
    let slow = RetryPolicy::default().throttled_backoff(s(30), s(70));
    for (attempt, transient, throttled) in [(1, 1, 30), (2, 2, 60), (3, 4, 70), (9, 7, 70)] {
        assert_eq!(
            wait(&plain, Pace::Transient, attempt, 1.0, None),
            s(transient)
        );
        let plainly = wait(&slow, Pace::Transient, attempt, 1.0, None);
        let waited = wait(&slow, Pace::Throttled, attempt, 1.0, None);
        assert_eq!(waited, plainly + s(throttled), "{attempt}");
    }
}

#[test]
fn a_cap_below_the_base_is_the_base() {
    let (base, cap) = (Duration::from_secs(3), Duration::from_secs(2));
    let policy = RetryPolicy::default()
        .backoff(base, cap)
        .throttled_backoff(base, cap);
    assert_eq!(wait(&policy, Pace::Transient, 1, 1.0, None), base);
    assert_eq!(wait(&policy, Pace::Throttled, 1, 1.0, None), base * 2);
}
