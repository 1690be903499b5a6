//! Responses that lose members: an operation that moved no money is never reported as done, and an
//! operation that moved money is never reported as refused. The simulator's ledger decides.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use vipps::epayment::{Modification, Payment, PaymentDetails, Reconciled};
use vipps::simulator::{EffectKind, InMemory, Simulator};
use vipps::testing::SeededRandomness;
use vipps::{
    Amount, Currency, Error, Outcome, Reference, RequestId, RetryBudget, Transport,
    TransportFuture, Vipps,
};

use crate::rng::Rng;

/// The number of schedules, which `VIPPS_OMISSION_SEEDS` overrides. A failure names its seed, which
/// `VIPPS_OMISSION_SEED` makes the first one.
const SEEDS: u64 = 120;

/// Every member and entry of a JSON text, by its pointer.
fn pointers(at: &str, value: &Value, found: &mut Vec<String>) {
    if !at.is_empty() {
        found.push(at.to_owned());
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                pointers(&format!("{at}/{name}"), member, found);
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                pointers(&format!("{at}/{index}"), entry, found);
            }
        }
        _ => {}
    }
}

/// The members that a conclusion about money depends on.
const MONEY_MEMBERS: [&str; 6] = [
    "/idempotencyKey",
    "/success",
    "/name",
    "/amount",
    "/capturedAmount",
    "/refundedAmount",
];

/// Removes a part of a body, or makes it unreadable. Never replaces a fact with another one.
fn corrupt(body: &mut Value, rng: &mut Rng) {
    let mut found = Vec::new();
    pointers("", body, &mut found);
    // A log in which only the key of an event is missing equals a log of other events.
    let is_key = |pointer: &String| pointer.ends_with("/idempotencyKey");
    if rng.percent(40) && found.iter().any(is_key) {
        found.retain(is_key);
    } else if rng.percent(60) {
        found.retain(|pointer| MONEY_MEMBERS.iter().any(|name| pointer.ends_with(name)));
    }
    let Some(pointer) = found.get(rng.index(found.len())) else {
        return;
    };
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let unreadable = match name {
        "name" | "state" => json!("TOMORROW"),
        "success" => json!("maybe"),
        "reference" => json!("another-payment"),
        "value" => json!("1e"),
        _ => json!({}),
    };
    let kind = rng.below(4);
    match body.pointer_mut(parent).unwrap() {
        Value::Object(members) if kind < 2 => drop(members.remove(name)),
        Value::Array(entries) if kind < 2 => drop(entries.remove(name.parse().unwrap())),
        parent if kind == 2 => *child(parent, name) = Value::Null,
        parent => *child(parent, name) = unreadable,
    }
}

fn child<'a>(parent: &'a mut Value, name: &str) -> &'a mut Value {
    match parent {
        Value::Array(entries) => &mut entries[name.parse::<usize>().unwrap()],
        parent => &mut parent[name],
    }
}

/// Damages some responses of the simulator.
#[derive(Clone, Debug)]
struct DamagingTransport {
    sim: InMemory,
    rng: Arc<Mutex<Rng>>,
    /// The percentage of responses that are damaged.
    chance: Arc<Mutex<u64>>,
}

impl Transport for DamagingTransport {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        Box::pin(async move {
            let is_epayment = request.uri().path().starts_with("/epayment/");
            let mut response = self.sim.send(request).await?;
            let chance = *self.chance.lock().unwrap();
            let mut rng = self.rng.lock().unwrap();
            if !is_epayment || !rng.percent(chance) {
                return Ok(response);
            }
            let Ok(mut body) = serde_json::from_slice::<Value>(response.body()) else {
                return Ok(response);
            };
            for _ in 0..=rng.below(2) {
                corrupt(&mut body, &mut rng);
            }
            *response.body_mut() = match rng.below(12) {
                0 => Bytes::new(),
                1 => "<html>".into(),
                2 => body.to_string()[..body.to_string().len() / 2]
                    .to_owned()
                    .into(),
                _ => body.to_string().into(),
            };
            Ok(response)
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Capture(Option<i64>),
    Refund(Option<i64>),
    Cancel,
}

impl Operation {
    fn kind(self) -> EffectKind {
        match self {
            Self::Capture(_) => EffectKind::Capture,
            Self::Refund(_) => EffectKind::Refund,
            Self::Cancel => EffectKind::Release,
        }
    }
}

struct Shop {
    sim: Simulator,
    vipps: Vipps,
    reference: Reference,
    chance: Arc<Mutex<u64>>,
    /// The number of times that each result was seen.
    seen: [usize; 5],
}

fn ore(value: i64) -> Amount {
    Amount::minor(value, Currency::NOK)
}

impl Shop {
    fn payment(&self) -> Payment {
        self.vipps.epayment().payment(self.reference.clone())
    }

    /// The amounts that moved with this key.
    fn moved_amounts(&self, operation: Operation, key: &RequestId) -> Vec<i64> {
        let account = self.sim.account(self.reference.as_str()).unwrap();
        let effects = account.effects().iter();
        let of_key = effects
            .filter(|e| e.kind() == operation.kind() && e.idempotency_key() == Some(key.as_str()));
        of_key.map(vipps::simulator::Effect::amount).collect()
    }

    async fn send(&self, operation: Operation, key: &RequestId) -> Result<Modification, Error> {
        let (payment, key) = (self.payment(), key.clone());
        match operation {
            Operation::Capture(Some(amount)) => {
                payment.capture(ore(amount)).idempotency_key(key).await
            }
            Operation::Capture(None) => payment.capture_remaining().idempotency_key(key).await,
            Operation::Refund(Some(amount)) => {
                payment.refund(ore(amount)).idempotency_key(key).await
            }
            Operation::Refund(None) => payment.refund_remaining().idempotency_key(key).await,
            Operation::Cancel => payment.cancel().await,
        }
    }

    /// Returns whether the operation is in the ledger, and compares its amount.
    fn is_done(&self, operation: Operation, key: &RequestId, done: Option<&Modification>) -> bool {
        if operation == Operation::Cancel {
            let account = self.sim.account(self.reference.as_str()).unwrap();
            return account.released() > 0;
        }
        let moved_amounts = self.moved_amounts(operation, key);
        assert!(
            moved_amounts.len() <= 1,
            "{operation:?} {key}: {moved_amounts:?}"
        );
        if let (Some(done), [amount]) = (done, moved_amounts.as_slice()) {
            assert_eq!(
                done.amount,
                Some(ore(*amount)),
                "{operation:?} {key}: {done:?}"
            );
        }
        !moved_amounts.is_empty()
    }

    /// Compares the result of a call with the ledger.
    async fn check_result(
        &mut self,
        operation: Operation,
        key: &RequestId,
        result: Result<Modification, Error>,
    ) {
        let context = format!("{operation:?} {key}: {result:?}");
        let is_done = self.is_done(operation, key, result.as_ref().ok());
        let Err(error) = result else {
            self.seen[0] += 1;
            assert!(is_done, "{context}: no money moved");
            return;
        };
        if error.outcome() != Outcome::Unknown {
            self.seen[1] += 1;
            assert!(
                !is_done || operation == Operation::Cancel,
                "{context}: money moved"
            );
            return;
        }
        self.seen[2] += 1;
        let mut reconcile = self.vipps.epayment().reconcile(&error);
        if self.seen[2].is_multiple_of(2) {
            // One read decides, so an earlier read cannot hide a mistake.
            reconcile = reconcile.settled_after(Duration::ZERO);
        }
        let reconciled = reconcile.await;
        // A delayed request may have taken effect in the meantime.
        let is_done = self.is_done(operation, key, None);
        match reconciled {
            Reconciled::TookEffect(_) => assert!(is_done, "{context}: no money moved"),
            Reconciled::NoEffect => assert!(!is_done, "{context}: money moved"),
            Reconciled::StillUnknown(_) => {
                self.seen[3] += 1;
                return;
            }
        }
        self.seen[4] += 1;
    }

    /// Compares the details with the ledger.
    fn compare(&self, details: &PaymentDetails) {
        let account = self.sim.account(self.reference.as_str()).unwrap();
        let stated = *details.aggregate();
        for (stated, actual) in [
            (stated.authorized, account.reserved()),
            (stated.captured, account.captured()),
            (stated.refunded, account.refunded()),
        ] {
            assert!(stated.is_none_or(|sum| sum == ore(actual)), "{details:?}");
        }
        let rest = account.reserved() - account.captured() - account.released();
        let to_refund = account.captured() - account.refunded();
        assert!(!details.can_capture() || rest > 0, "{details:?}");
        assert!(!details.can_refund() || to_refund > 0, "{details:?}");
        for (stated, actual) in [
            (details.remaining_to_capture(), rest),
            (details.remaining_to_refund(), to_refund),
        ] {
            assert!(
                stated.is_none_or(|sum| sum == ore(actual.max(0))),
                "{details:?}"
            );
        }
    }
}

fn add_fault(sim: &Simulator, rng: &mut Rng) {
    let operations = [
        "capture_payment",
        "refund_payment",
        "cancel_payment",
        "get_payment",
        "get_payment_event_log",
    ];
    let operation = *rng.pick(&operations);
    let rule = sim.faults().on(operation).times(1 + rng.below(4));
    // The gateway refuses a token before the API receives the request.
    let kind = rng.below(6);
    let rule = if kind == 3 || rng.percent(50) {
        rule.before_effect()
    } else {
        rule.after_effect()
    };
    match kind {
        0 => rule.reset(),
        1 => rule.status(503),
        2 => rule.status(409),
        3 => rule.status(401),
        4 => rule.delay(Duration::from_secs(15)),
        _ => rule.status_with_body(502, "<html>"),
    };
}

async fn run(seed: u64) -> [usize; 5] {
    let mut rng = Rng::new(seed);
    let builder = Simulator::builder().freeze_clock().seed(rng.next());
    let sim = builder.in_memory().unwrap();
    let memory = sim.transport();
    let chance = Arc::new(Mutex::new(0));
    let transport = DamagingTransport {
        sim: memory.clone(),
        rng: Arc::new(Mutex::new(Rng::new(rng.next()))),
        chance: chance.clone(),
    };
    let vipps = sim
        .client_builder()
        .transport(transport)
        .clock(memory.clone())
        .randomness(SeededRandomness::new(rng.next()));
    let mut shop = Shop {
        vipps: vipps
            .retry_budget(RetryBudget::unlimited())
            .build()
            .unwrap(),
        sim,
        reference: "acme-shop-451".parse().unwrap(),
        chance,
        seen: [0; 5],
    };
    let create = shop
        .vipps
        .epayment()
        .create(shop.reference.clone(), ore(10_000));
    create.qr().await.unwrap();
    shop.sim.payer().approve("acme-shop-451").unwrap();
    *shop.chance.lock().unwrap() = 20 + rng.below(60);
    for number in 0..6 {
        if rng.percent(60) {
            add_fault(&shop.sim, &mut rng);
        }
        let amount = match rng.below(4) {
            0 => None,
            1 => Some(3_000),
            _ => Some(1 + i64::try_from(rng.below(6_000)).unwrap()),
        };
        let operation = match rng.below(9) {
            0..5 => Operation::Capture(amount),
            5..8 => Operation::Refund(amount),
            _ => Operation::Cancel,
        };
        let key = |name| RequestId::parse(&format!("{name}-{number}")).unwrap();
        let (one, other) = (key("one"), key("other"));
        if rng.percent(25) {
            // Two transfers of the same amount at once.
            let both = tokio::join!(shop.send(operation, &one), shop.send(operation, &other));
            shop.check_result(operation, &one, both.0).await;
            shop.check_result(operation, &other, both.1).await;
        } else {
            let result = shop.send(operation, &one).await;
            shop.check_result(operation, &one, result).await;
        }
        if let Ok(details) = shop.payment().details().await {
            shop.compare(&details);
        }
        tokio::time::sleep(Duration::from_secs(70)).await;
    }
    shop.seen
}

#[tokio::test(start_paused = true)]
async fn no_missing_member_becomes_a_fact() {
    let variable = |name: &str| std::env::var(name).ok()?.parse().ok();
    let seeds: u64 = variable("VIPPS_OMISSION_SEEDS").unwrap_or(SEEDS);
    let first: u64 = variable("VIPPS_OMISSION_SEED").unwrap_or(1);
    let mut seen = [0; 5];
    for seed in first..first + seeds {
        let of_seed = tokio::spawn(run(seed)).await;
        let of_seed = of_seed.unwrap_or_else(|_| panic!("seed {seed}"));
        for (total, times) in seen.iter_mut().zip(of_seed) {
            *total += times;
        }
    }
    // Done, refused, unknown, still unknown, and reconciled. A result that never happens is not
    // tested.
    let least = usize::try_from(seeds / 10).unwrap();
    assert!(seen.iter().all(|times| *times > least), "{seen:?}");
}
