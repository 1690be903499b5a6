//! A merchant that makes random calls and records their results in the model.

use std::future::IntoFuture as _;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use vipps::epayment::EventName;
use vipps::simulator::{CaptureType, InMemory, Simulator};
use vipps::{
    Amount, Currency, Error, OrderId, Outcome, Reference, RequestId, RetryBudget, RetryPolicy,
    Vipps,
};
use vipps::{ecom, epayment};

use crate::codes::{self, Asked, Code};
use crate::fault_plan;
use crate::model::{Came, Model, Order, Over, Record, Shown, Verdict, What};
use crate::network::{CALL, Network, Seen, Sent};
use crate::rng::{Rng, Seeded};

/// The resolution of tokio's timers is one millisecond.
const TICK: Duration = Duration::from_millis(2);
const USUAL_DEADLINE: Duration = Duration::from_secs(30);
const USUAL_ATTEMPTS: u32 = 3;

/// Awaits a call of `reconcile` to one of the two APIs.
macro_rules! verdict_of {
    ($api:ident, $call:expr, $deadline:expr, $reconcile:expr) => {{
        let mut asked = $reconcile;
        let deadline: Option<Duration> = $deadline;
        if let Some(deadline) = deadline {
            asked = asked.deadline(deadline);
        }
        match CALL.scope($call, asked.into_future()).await {
            $api::Reconciled::TookEffect(_) => Verdict::TookEffect,
            $api::Reconciled::NoEffect => Verdict::NoEffect,
            $api::Reconciled::StillUnknown(why) => {
                assert_eq!(why.outcome(), Outcome::Unknown, "{why:?}");
                Verdict::StillUnknown
            }
        }
    }};
}

/// A call that has not been made yet.
#[derive(Clone, Debug)]
struct Plan {
    order: OrderId,
    over: Over,
    what: What,
    key: Option<RequestId>,
    text: String,
    deadline: Option<Duration>,
    /// The number of attempts allowed. `None` selects the number of the client's policy.
    attempts: Option<u32>,
    /// The index of the process that makes the call.
    process: usize,
    /// The time after which the caller drops the call.
    patience: Option<Duration>,
}

pub struct Driver {
    /// The API under test. With ePayment, some payments are started by eCom.
    over: Over,
    pub rng: Rng,
    pub sim: Simulator,
    memory: InMemory,
    network: Network,
    processes: Vec<Vipps>,
    pub model: Model,
}

impl Driver {
    pub fn new(seed: u64, over: Over) -> Self {
        let mut rng = Rng::new(seed);
        let mut builder = Simulator::builder()
            .freeze_clock()
            .seed(rng.next())
            .token_lifetime(Duration::from_secs(*rng.pick(&[3600, 3600, 3600, 61, 20])));
        // How ePayment shows a direct capture of eCom is not documented.
        if over == Over::Ecom && rng.percent(15) {
            builder = builder.capture_type(CaptureType::Direct);
        }
        let sim = builder.in_memory().expect("a simulator");
        let memory = sim.transport();
        let network = Network::new(memory.clone(), rng.next());
        let mut driver = Self {
            over,
            rng,
            sim,
            memory,
            network,
            processes: Vec::new(),
            model: Model::default(),
        };
        let first = driver.process();
        driver.processes.push(first);
        for _ in 0..driver.rng.below(6) {
            driver.worsen();
        }
        if driver.rng.percent(30) {
            driver.network.refuse(driver.rng.between(5, 60));
        }
        driver
    }

    /// Creates another process of the merchant. It shares no state with the other processes.
    fn process(&mut self) -> Vipps {
        let budget = if self.rng.percent(80) {
            RetryBudget::unlimited()
        } else {
            RetryBudget::default()
        };
        self.sim
            .client_builder()
            .transport(self.network.clone())
            .clock(self.memory.clone())
            .randomness(Seeded::new(self.rng.next()))
            .retry_budget(budget)
            .build()
            .expect("a client")
    }

    fn worsen(&mut self) {
        self.model.twice |= fault_plan::worsen(&self.sim, self.over, &mut self.rng);
    }

    /// Does one thing.
    pub async fn step(&mut self) {
        if self.model.orders.is_empty() {
            return self.initiate().await;
        }
        match self.rng.below(100) {
            0..6 => self.initiate().await,
            6..20 => self.customer(),
            20..52 => {
                let plan = self.move_money();
                self.act(plan).await;
            }
            52..62 => self.cancel().await,
            62..66 => self.two_at_once().await,
            66..74 => self.repeat().await,
            74..82 => self.reconcile_one().await,
            82..87 => self.wait().await,
            87..91 => self.code().await,
            91..93 => self.sim.revoke_tokens(),
            93..95 => self.worsen(),
            _ => {
                let time = Duration::from_millis(self.rng.below(90_000));
                sleep(time).await;
            }
        }
    }

    fn plan(&mut self, order: OrderId, what: What, word: &str) -> Plan {
        let number = self.model.next_number();
        let deadline = match self.rng.below(10) {
            0 => Some(self.rng.between(1, 2_000)),
            1 => Some(self.rng.between(2_000, 30_000)),
            2 => Some(self.rng.between(30_000, 200_000)),
            _ => None,
        };
        let attempts = match self.rng.below(10) {
            0 => Some(1),
            1 => Some(10),
            2 => Some(5),
            _ => None,
        };
        let key = self.rng.percent(40).then(|| {
            let fill = "k".repeat(usize::try_from(self.rng.below(30)).expect("small"));
            RequestId::parse(&format!("own-{number}-{fill}")).expect("a key")
        });
        let patience = self
            .rng
            .percent(12)
            .then(|| Duration::from_millis(self.rng.below(12_000)));
        if self.processes.len() < 2 && self.rng.percent(10) {
            let second = self.process();
            self.processes.push(second);
        }
        let process = self.rng.below(self.processes.len() as u64);
        let over = self.over_for(&order, &what);
        // A call with a long deadline and many attempts reaches the limits per minute.
        let stubborn = self.rng.percent(10);
        let deadline = if stubborn { Some(200_000) } else { deadline };
        let attempts = if stubborn { Some(10) } else { attempts };
        Plan {
            order,
            over,
            what,
            key,
            text: format!("{word} {number}"),
            deadline: deadline.map(Duration::from_millis),
            attempts,
            process: usize::try_from(process).expect("small"),
            patience,
        }
    }

    /// Chooses the API for a call. A payment that eCom started can be changed with either.
    fn over_for(&mut self, order: &OrderId, what: &What) -> Over {
        let started_by = self.model.order(order).started_by;
        let is_start = matches!(what, What::Initiate { .. });
        match (self.over, started_by) {
            (Over::Ecom, _) => Over::Ecom,
            (Over::Epayment, Over::Ecom) if is_start || self.rng.percent(20) => Over::Ecom,
            (Over::Epayment, _) => Over::Epayment,
        }
    }

    fn any_order(&mut self) -> OrderId {
        self.rng.pick(&self.model.orders).id.clone()
    }

    fn amount(&mut self, of: i64) -> i64 {
        let of = u64::try_from(of).expect("positive");
        let amount = match self.rng.below(8) {
            0 => of,
            1 => of + 1,
            _ => self.rng.between(1, of / 2 + 100),
        };
        i64::try_from(amount).expect("small")
    }

    async fn initiate(&mut self) {
        let known = !self.model.orders.is_empty() && self.rng.percent(20);
        let id = if known {
            self.any_order()
        } else {
            let number = self.model.orders.len();
            let amount = i64::try_from(self.rng.between(100, 90_000)).expect("small");
            let id: OrderId = format!("order-no-{number}").parse().expect("an order id");
            let by_ecom = self.over == Over::Ecom || self.rng.percent(30);
            self.model.orders.push(Order {
                id: id.clone(),
                amount,
                started_by: if by_ecom { Over::Ecom } else { Over::Epayment },
            });
            id
        };
        let with_code = self.rng.percent(30);
        let plan = self.plan(id, What::Initiate { with_code }, "start");
        self.act(plan).await;
        if self.rng.percent(70) {
            self.customer();
        }
    }

    /// The human at the phone, who may do nothing.
    fn customer(&mut self) {
        self.memory.follow();
        let order = self.any_order();
        let payer = self.sim.payer();
        // Actions that the customer can no longer take fail, and the failure is ignored.
        let _ = match self.rng.below(10) {
            0 => payer.scan(order.as_str()).map(|_| ()),
            1 => payer.reject(order.as_str()),
            _ => payer.approve(order.as_str()),
        };
    }

    fn move_money(&mut self) -> Plan {
        let id = self.any_order();
        let whole = self.model.order(&id).amount;
        let amount = if self.rng.percent(75) {
            Some(self.amount(whole))
        } else {
            None
        };
        let what = match self.rng.below(5) {
            0 | 1 => What::Refund {
                amount,
                rest: self.rng.percent(50),
            },
            _ => What::Capture { amount },
        };
        self.plan(id, what, "move")
    }

    async fn cancel(&mut self) {
        let id = self.any_order();
        let release = self.rng.percent(50);
        let plan = self.plan(id, What::Cancel { release }, "cancel");
        self.act(plan).await;
    }

    async fn two_at_once(&mut self) {
        let (one, other) = (self.move_money(), self.move_money());
        let (one, other) = (self.prepare(one), self.prepare(other));
        let this = &*self;
        let (one, other) = tokio::join!(this.run(one), this.run(other));
        self.model.enter(one);
        self.model.enter(other);
    }

    /// Repeats an operation with the same key, sometimes in another process or with another amount.
    async fn repeat(&mut self) {
        let keyed: Vec<_> = self.model.keyed().cloned().collect();
        if keyed.is_empty() {
            return;
        }
        let before = self.rng.pick(&keyed).clone();
        let mut plan = self.plan(before.order.clone(), before.what.clone(), "again");
        plan.text.clone_from(&before.text);
        plan.over = before.over;
        plan.key = before
            .key
            .as_deref()
            .map(|key| RequestId::parse(key).expect("was accepted before"));
        if let (What::Capture { amount } | What::Refund { amount, .. }, true) =
            (&mut plan.what, self.rng.percent(15))
        {
            *amount = Some(amount.unwrap_or(500) + 1);
        }
        let is_same = plan.what == before.what && self.model.is_done(&before, &self.sim);
        self.act(plan).await;
        if let (true, Some(Came::Failed(error))) = (
            is_same,
            self.model.records.last().map(|record| &record.came),
        ) {
            let is_conflict = ["93", "4010"].iter().any(|code| error.has_code(code));
            assert!(
                !is_conflict,
                "a repeat is not what it repeats: {before:?} {error:?}"
            );
        }
    }

    async fn act(&mut self, plan: Plan) {
        let prepared = self.prepare(plan);
        let record = self.run(prepared).await;
        self.model.enter(record);
    }

    fn prepare(&mut self, plan: Plan) -> (usize, Plan) {
        (self.network.next_call(), plan)
    }

    /// Makes a call and checks the invariants that hold for every result.
    async fn run(&self, (call, plan): (usize, Plan)) -> Record {
        let deadline = plan.deadline.unwrap_or(USUAL_DEADLINE);
        let begun = Instant::now();
        let made = CALL.scope(call, self.make(&plan));
        let came = match plan.patience {
            None => Came::of(made.await),
            Some(patience) => timeout(patience, made)
                .await
                .map_or(Came::Dropped, Came::of),
        };
        check_deadline(begun, deadline, &plan);
        let attempts = plan.attempts.unwrap_or(USUAL_ATTEMPTS);
        self.network.check(call, Some(attempts));
        let key = self.network.key(call);
        let requests = self.network.requests(call);
        let limited = requests.iter().any(|sent| sent.seen == Seen::Status(429));
        if let (Some(told), Some(key)) = (came.key(), &key) {
            assert_eq!(&told, key, "the answer or error tells another key");
            let own = plan.key.as_ref().map(RequestId::as_str);
            assert!(own.map_or(key.len() <= 30, |own| own == key), "{plan:?}");
        }
        if let Came::Failed(error) = &came {
            let named = match plan.over {
                Over::Ecom => error.order_id().map(OrderId::as_str),
                Over::Epayment => error.reference().map(Reference::as_str),
            };
            assert!(
                error.attempts() == 0 || named == Some(plan.order.as_str()),
                "the error does not name its order: {error:?}"
            );
        }
        Record {
            order: plan.order,
            over: plan.over,
            what: plan.what,
            text: plan.text,
            made: key.is_some() && plan.key.is_none(),
            key: key.or_else(|| plan.key.map(|key| key.to_string())),
            came,
            limited,
            number: 0,
            verdicts: Vec::new(),
        }
    }

    async fn make(&self, plan: &Plan) -> Result<(Option<i64>, Option<RequestId>), Error> {
        macro_rules! sent {
            ($builder:expr) => {{
                let mut builder = $builder;
                if let Some(deadline) = plan.deadline {
                    builder = builder.deadline(deadline);
                }
                if let Some(attempts) = plan.attempts {
                    builder = builder.retry(RetryPolicy::default().attempts(attempts));
                }
                builder.await
            }};
        }
        macro_rules! sent_with_key {
            ($builder:expr) => {{
                let mut builder = $builder;
                if let Some(key) = &plan.key {
                    builder = builder.idempotency_key(key.clone());
                }
                sent!(builder)
            }};
        }
        let vipps = &self.processes[plan.process];
        let ore = |ore| Amount::minor(ore, Currency::NOK);
        if plan.over == Over::Epayment {
            let payment = vipps.epayment().payment(plan.order.clone().into());
            let moved = match plan.what {
                What::Initiate { with_code } => {
                    let amount = ore(self.model.order(&plan.order).amount);
                    let create = vipps.epayment().create(plan.order.clone().into(), amount);
                    let create = if with_code {
                        create.qr()
                    } else {
                        create.web_redirect("https://example.com/result".parse()?)
                    };
                    let created = sent_with_key!(create.description(plan.text.parse()?))?;
                    return Ok((None, created.idempotency_key().cloned()));
                }
                What::Capture { amount } => sent_with_key!(match amount {
                    Some(amount) => payment.capture(ore(amount)),
                    None => payment.capture_remaining(),
                }),
                What::Refund { amount, .. } => sent_with_key!(match amount {
                    Some(amount) => payment.refund(ore(amount)),
                    None => payment.refund_remaining(),
                }),
                What::Cancel { release } => sent!(if release {
                    payment.cancel()
                } else {
                    payment.cancel().only_if_not_approved()
                }),
            }?;
            return Ok((moved.amount.map(Amount::minor_units), moved.idempotency_key));
        }
        let payment = vipps.ecom().payment(plan.order.clone());
        let text = plan.text.parse()?;
        let moved = match plan.what {
            What::Initiate { with_code } => {
                let amount = ore(self.model.order(&plan.order).amount);
                if with_code {
                    sent!(vipps.pay_by_qr(plan.order.clone(), amount, text)).map(|_| ())?;
                } else {
                    sent!(vipps.ecom().initiate(plan.order.clone(), amount, text)).map(|_| ())?;
                }
                return Ok((None, None));
            }
            What::Capture { amount } => {
                let capture = payment.capture().text(text);
                sent_with_key!(match amount {
                    Some(amount) => capture.amount(ore(amount)),
                    None => capture.rest(),
                })
            }
            What::Refund { amount, rest } => {
                let refund = payment.refund().text(text);
                sent_with_key!(match amount {
                    Some(amount) => refund.amount(ore(amount)),
                    None if rest => refund.rest(),
                    None => refund,
                })
            }
            What::Cancel { release } => {
                let cancel = payment.cancel().text(text);
                sent!(if release {
                    cancel.release_remaining()
                } else {
                    cancel
                })
            }
        }?;
        Ok((moved.amount.map(Amount::minor_units), moved.idempotency_key))
    }

    async fn wait(&mut self) {
        let id = self.any_order();
        let call = self.network.next_call();
        // Either poll at the maximum rate for slightly more than a minute, or poll slowly until the
        // payment expires.
        let (every, patience) = if self.rng.percent(10) {
            (Duration::ZERO, self.rng.between(1, 70))
        } else {
            (Duration::from_secs(25), self.rng.between(1, 700))
        };
        let patience = Duration::from_secs(patience);
        let over = self.over_for(&id, &What::Cancel { release: false });
        let begun = Instant::now();
        let is_paid = match over {
            Over::Ecom => {
                let payment = self.processes[0].ecom().payment(id.clone());
                let wait = payment.wait().deadline(patience);
                let wait = wait.interval(ecom::PollInterval::Every(every));
                let waited = CALL.scope(call, wait.into_future()).await;
                waited.map(|details| details.state().is_paid())
            }
            Over::Epayment => {
                let payment = self.processes[0].epayment().payment(id.clone().into());
                let wait = payment.wait().deadline(patience);
                let wait = wait.interval(epayment::PollInterval::Every(every));
                let waited = CALL.scope(call, wait.into_future()).await;
                waited.map(|details| details.state() == &epayment::PaymentState::Authorized)
            }
        };
        check_deadline(begun, patience, &"wait");
        self.network.check(call, None);
        match is_paid {
            Ok(true) => {
                let account = self
                    .sim
                    .account(id.as_str())
                    .expect("an order that is paid");
                assert!(account.reserved() + account.captured() > 0, "{account:?}");
            }
            Ok(_) => {}
            Err(error) => assert_ne!(error.outcome(), Outcome::Unknown, "{error:?}"),
        }
    }

    /// Changes a code, or looks at one.
    async fn code(&mut self) {
        let number = self.model.next_number();
        let asked = Asked::any(&mut self.rng, number);
        let reads = self.rng.percent(15);
        let call = self.network.next_call();
        let begun = Instant::now();
        let vipps = &self.processes[0];
        let came = if reads {
            let read = CALL.scope(call, codes::shown(vipps, Code::Redirect));
            read.await.map(drop)
        } else {
            CALL.scope(call, asked.send(vipps)).await
        };
        check_deadline(begun, USUAL_DEADLINE, &"code");
        self.network.check(call, None);
        if reads {
            let unknown = matches!(&came, Err(error) if error.outcome() == Outcome::Unknown);
            assert!(!unknown, "a read has no effect: {came:?}");
            return;
        }
        let late = self.network.requests(call).iter().any(Sent::is_unclear);
        self.model.codes.enter(asked, came, late);
    }

    async fn reconcile_one(&mut self) {
        let unknown: Vec<_> = self.model.unknown().collect();
        if unknown.is_empty() {
            return;
        }
        let place = *self.rng.pick(&unknown);
        // In 30 of 100 cases the deadline is too short for a definite result.
        let hurry = self.rng.percent(30);
        let deadline = hurry.then(|| Duration::from_millis(self.rng.between(1, 20_000)));
        self.reconcile(place, deadline).await;
    }

    /// Reconciles an operation and checks the verdict against the ledger. Returns true if the
    /// verdict is definite.
    async fn reconcile(&mut self, place: usize, deadline: Option<Duration>) -> bool {
        let record = &self.model.records[place];
        let Came::Failed(error) = &record.came else {
            return false;
        };
        let call = self.network.next_call();
        let begun = Instant::now();
        let vipps = &self.processes[0];
        let verdict = match record.over {
            Over::Ecom => verdict_of!(ecom, call, deadline, vipps.ecom().reconcile(error)),
            Over::Epayment => {
                verdict_of!(epayment, call, deadline, vipps.epayment().reconcile(error))
            }
        };
        let deadline = deadline.unwrap_or(Duration::from_secs(60));
        check_deadline(begun, deadline, &"reconcile");
        self.network.check(call, None);
        self.model.judge(place, verdict, &self.sim)
    }

    /// Ends all faults, waits until delayed requests have arrived, and requires a definite verdict
    /// on every unknown operation.
    pub async fn settle(&mut self) {
        self.sim.faults().clear();
        self.network.refuse(0);
        sleep(Duration::from_secs(90)).await;
        self.memory.follow();
        for place in self.model.unknown().collect::<Vec<_>>() {
            assert!(
                self.reconcile(place, None).await,
                "nothing is in the way, and reconcile does not tell: {:?}",
                self.model.records[place]
            );
        }
        for place in self.model.undecided().collect::<Vec<_>>() {
            self.reconcile_stored(place).await;
        }
    }

    /// Reconciles from what a caller stores before a call, as after a crash.
    async fn reconcile_stored(&mut self, place: usize) {
        let record = &self.model.records[place];
        let key = record.key.as_deref().map(RequestId::parse);
        let key = key.transpose().expect("was accepted before");
        let vipps = &self.processes[0];
        let call = self.network.next_call();
        let nok = |ore| Amount::minor(ore, Currency::NOK);
        let verdict = match record.over {
            Over::Ecom => {
                let payment = vipps.ecom().payment(record.order.clone());
                let asked = match (&record.what, key) {
                    (What::Initiate { .. }, _) => payment.reconcile_initiate(),
                    (What::Cancel { .. }, _) => payment.reconcile_cancel(),
                    (
                        What::Capture {
                            amount: Some(amount),
                        },
                        Some(key),
                    ) => payment.reconcile_capture(key, nok(*amount)),
                    (
                        What::Refund {
                            amount: Some(amount),
                            ..
                        },
                        Some(key),
                    ) => payment.reconcile_refund(key, nok(*amount)),
                    _ => return,
                };
                verdict_of!(ecom, call, None, asked)
            }
            Over::Epayment => {
                let payment = vipps.epayment().payment(record.order.clone().into());
                let asked = match (&record.what, key) {
                    (What::Initiate { .. }, Some(key)) => payment.reconcile_create(key),
                    (What::Cancel { .. }, _) => payment.reconcile_cancel(),
                    (
                        What::Capture {
                            amount: Some(amount),
                        },
                        Some(key),
                    ) => payment.reconcile_capture(key, nok(*amount)),
                    (
                        What::Refund {
                            amount: Some(amount),
                            ..
                        },
                        Some(key),
                    ) => payment.reconcile_refund(key, nok(*amount)),
                    _ => return,
                };
                verdict_of!(epayment, call, None, asked)
            }
        };
        self.network.check(call, None);
        if self.model.judge(place, verdict, &self.sim) {
            self.model.count("reconcile: stored");
        }
    }

    /// Reads how a payment ended, and compares the sums that the APIs show with the ledger.
    pub async fn shown(&self, order: &Order) -> Shown {
        let mut shown = Shown::default();
        let vipps = &self.processes[0];
        let nothing_in_the_way = |error: &Error, missing: &str| {
            assert!(error.has_code(missing), "nothing is in the way: {error:?}");
        };
        if self.over == Over::Epayment {
            let payment = vipps.epayment().payment(order.id.clone().into());
            match payment.details().await {
                Ok(details) => {
                    let aggregate = details.aggregate();
                    let known = |sum: Option<Amount>| sum.expect("the API states every sum");
                    let sums = (known(aggregate.captured), known(aggregate.refunded));
                    Model::compare_sums(order.id.as_str(), sums, &self.sim);
                    let is_open = details.state() == &epayment::PaymentState::Created;
                    let is_authorized = details.state() == &epayment::PaymentState::Authorized;
                    let is_released = known(aggregate.cancelled).is_positive();
                    shown.is_given_up = is_released || !(is_open || is_authorized);
                    let events = payment.events().await.expect("nothing is in the way");
                    shown.creation_key.clone_from(&events[0].idempotency_key);
                    let cancels = events.iter().filter(|event| {
                        let names = [Some(EventName::Cancelled), Some(EventName::Terminated)];
                        event.succeeded() && names.contains(&event.name)
                    });
                    shown.cancels = cancels.map(|_| None).collect();
                }
                Err(error) => nothing_in_the_way(&error, "5090"),
            }
        }
        if order.started_by == Over::Ecom {
            match vipps.ecom().payment(order.id.clone()).details().await {
                Ok(details) => {
                    let sums = (details.sums().captured, details.sums().refunded);
                    Model::compare_sums(order.id.as_str(), sums, &self.sim);
                    let cancels = details.events().iter().filter(|event| {
                        let names = [ecom::Operation::Cancel, ecom::Operation::Void];
                        event.succeeded()
                            && event
                                .operation
                                .as_ref()
                                .is_some_and(|name| names.contains(name))
                    });
                    shown.cancels = cancels.map(|event| event.text.clone()).collect();
                }
                Err(error) => nothing_in_the_way(&error, "35"),
            }
        }
        shown
    }

    /// Returns the number of all requests sent.
    pub fn requests(&self) -> u64 {
        self.network.count()
    }

    /// Checks the text that each code shows against the calls that changed it.
    pub async fn audit_codes(&mut self) {
        for code in [Code::Redirect, Code::Callback] {
            let shown = codes::shown(&self.processes[0], code).await;
            let shown = shown.expect("nothing is in the way");
            let twice = self.model.twice;
            if self.model.codes.audit(code, shown.as_deref(), twice) {
                self.model.count("codes");
            }
        }
    }
}

/// No call outlives its deadline.
fn check_deadline(begun: Instant, deadline: Duration, what: &dyn std::fmt::Debug) {
    let took = begun.elapsed();
    assert!(
        took <= deadline + TICK,
        "a call outlived its deadline of {deadline:?} by {:?}: {what:?}",
        took.saturating_sub(deadline)
    );
}

impl Came {
    fn of(result: Result<(Option<i64>, Option<RequestId>), Error>) -> Self {
        match result {
            Ok((amount, key)) => Self::Done {
                amount,
                key: key.map(|key| key.to_string()),
            },
            Err(error) => Self::Failed(error),
        }
    }
}
