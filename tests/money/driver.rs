//! A merchant that makes random calls and records their results in the model.

/// Awaits a call with the deadline and the number of attempts of its plan.
macro_rules! sent {
    ($plan:expr, $builder:expr) => {{
        let mut builder = $builder;
        if let Some(deadline) = $plan.deadline {
            builder = builder.deadline(deadline);
        }
        if let Some(attempts) = $plan.attempts {
            builder = builder.retry(vipps::RetryPolicy::default().attempts(attempts));
        }
        builder.await
    }};
}

/// Awaits a call with the idempotency key of its plan too.
macro_rules! sent_with_key {
    ($plan:expr, $builder:expr) => {{
        let mut builder = $builder;
        if let Some(key) = &$plan.key {
            builder = builder.idempotency_key(key.clone());
        }
        sent!($plan, builder)
    }};
}

/// Awaits a call of `reconcile`.
macro_rules! verdict_of {
    ($reconcile:expr) => {
        match $reconcile.await {
            Reconciled::TookEffect(_) => Verdict::TookEffect,
            Reconciled::NoEffect => Verdict::NoEffect,
            Reconciled::StillUnknown(why) => {
                assert_eq!(why.outcome(), vipps::Outcome::Unknown, "{why:?}");
                Verdict::StillUnknown
            }
        }
    };
}

mod ecom;
mod epayment;
mod observe;
mod plan;
mod reconcile;

pub use plan::Plan;

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use vipps::simulator::{CaptureType, InMemory, Simulator};
use vipps::testing::SeededRandomness;
use vipps::{Amount, Currency, Error, OrderId, Reference, RequestId, RetryBudget, Vipps};

use crate::fault_plan;
use crate::model::{Action, Api, CallResult, Model, Order, Record};
use crate::network::{CALL, Network, RequestResult};
use crate::rng::Rng;

/// The amount that moved, and the idempotency key of the request.
type AmountAndKey = (Option<i64>, Option<RequestId>);

/// Twice the resolution of tokio's timers, which is one millisecond.
const TIMER_TOLERANCE: Duration = Duration::from_millis(2);
const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);
const DEFAULT_ATTEMPTS: u32 = 3;

pub struct Driver {
    /// The API under test. With ePayment, some payments are started by eCom.
    api: Api,
    pub rng: Rng,
    pub sim: Simulator,
    memory: InMemory,
    network: Network,
    processes: Vec<Vipps>,
    pub model: Model,
}

impl Driver {
    pub fn new(seed: u64, api: Api) -> Self {
        let mut rng = Rng::new(seed);
        let mut builder = Simulator::builder()
            .freeze_clock()
            .seed(rng.next())
            .token_lifetime(Duration::from_secs(*rng.pick(&[3600, 3600, 3600, 61, 20])));
        // Payments that eCom starts are then captured with their approval.
        if rng.percent(25) {
            builder = builder.capture_type(CaptureType::Direct);
        }
        let sim = builder.in_memory().expect("a simulator");
        let memory = sim.transport();
        let network = Network::new(memory.clone(), rng.next());
        let mut driver = Self {
            api,
            rng,
            sim,
            memory,
            network,
            processes: Vec::new(),
            model: Model::default(),
        };
        let first = driver.new_process();
        driver.processes.push(first);
        for _ in 0..driver.rng.below(6) {
            driver.add_fault();
        }
        if driver.rng.percent(30) {
            driver
                .network
                .set_refused_percent(driver.rng.between(5, 60));
        }
        driver
    }

    /// Creates another process of the merchant. It shares no state with the other processes.
    fn new_process(&mut self) -> Vipps {
        let budget = if self.rng.percent(80) {
            RetryBudget::unlimited()
        } else {
            RetryBudget::default()
        };
        self.sim
            .client_builder()
            .transport(self.network.clone())
            .clock(self.memory.clone())
            .randomness(SeededRandomness::new(self.rng.next()))
            .retry_budget(budget)
            .build()
            .expect("a client")
    }

    fn add_fault(&mut self) {
        self.model.delivers_twice |= fault_plan::add_fault(&self.sim, self.api, &mut self.rng);
    }

    /// Takes one random step.
    pub async fn step(&mut self) {
        if self.model.orders.is_empty() {
            return self.initiate().await;
        }
        match self.rng.below(100) {
            0..6 => self.initiate().await,
            6..20 => self.act_as_customer(),
            20..52 => {
                let plan = self.plan_capture_or_refund();
                self.run_and_add(plan).await;
            }
            52..62 => self.cancel().await,
            62..66 => self.run_two_concurrently().await,
            66..74 => self.retry_with_same_key().await,
            74..82 => self.reconcile_one().await,
            82..87 => self.wait().await,
            87..91 => self.change_or_read_code().await,
            91..93 => self.sim.revoke_tokens(),
            93..95 => self.add_fault(),
            _ => {
                let time = Duration::from_millis(self.rng.below(90_000));
                sleep(time).await;
            }
        }
    }

    async fn initiate(&mut self) {
        let is_reused = !self.model.orders.is_empty() && self.rng.percent(20);
        let id = if is_reused {
            self.any_order()
        } else {
            let number = self.model.orders.len();
            let amount = i64::try_from(self.rng.between(100, 90_000)).expect("small");
            let id: OrderId = format!("order-no-{number}").parse().expect("an order id");
            let by_ecom = self.api == Api::Ecom || self.rng.percent(30);
            self.model.orders.push(Order {
                id: id.clone(),
                amount,
                started_by: if by_ecom { Api::Ecom } else { Api::Epayment },
            });
            id
        };
        let with_code = self.rng.percent(30);
        let plan = self.plan(id, Action::Initiate { with_code }, "start");
        self.run_and_add(plan).await;
        if self.rng.percent(70) {
            self.act_as_customer();
        }
    }

    /// Takes a random action of the customer, which may be impossible.
    fn act_as_customer(&mut self) {
        self.memory.sync_clock();
        let order = self.any_order();
        let payer = self.sim.payer();
        // An action that is no longer possible fails, which is not an error here.
        let _ = match self.rng.below(10) {
            0 => payer.scan(order.as_str()).map(|_| ()),
            1 => payer.reject(order.as_str()),
            _ => payer.approve(order.as_str()),
        };
    }

    async fn cancel(&mut self) {
        let id = self.any_order();
        let release = self.rng.percent(50);
        let plan = self.plan(id, Action::Cancel { release }, "cancel");
        self.run_and_add(plan).await;
    }

    async fn run_two_concurrently(&mut self) {
        let (one, other) = (self.plan_capture_or_refund(), self.plan_capture_or_refund());
        let (one, other) = (self.with_call_number(one), self.with_call_number(other));
        let this = &*self;
        let (one, other) = tokio::join!(this.run(one), this.run(other));
        self.model.add(one);
        self.model.add(other);
    }

    /// Makes an earlier call with the same key, sometimes in another process or with another
    /// amount.
    async fn retry_with_same_key(&mut self) {
        let keyed: Vec<_> = self.model.with_key().cloned().collect();
        if keyed.is_empty() {
            return;
        }
        let before = self.rng.pick(&keyed).clone();
        let mut plan = self.plan(before.order.clone(), before.action.clone(), "retry");
        plan.text.clone_from(&before.text);
        plan.api = before.api;
        plan.key = before
            .key
            .as_deref()
            .map(|key| RequestId::parse(key).expect("a valid key"));
        if let (Action::Capture { amount } | Action::Refund { amount }, true) =
            (&mut plan.action, self.rng.percent(15))
        {
            *amount = Some(amount.unwrap_or(500) + 1);
        }
        let is_same = plan.action == before.action && self.model.is_done(&before, &self.sim);
        self.run_and_add(plan).await;
        if let (true, Some(CallResult::Failed(error))) = (
            is_same,
            self.model.records.last().map(|record| &record.result),
        ) {
            let is_conflict = ["93", "4010"].iter().any(|code| error.has_code(code));
            assert!(
                !is_conflict,
                "a call with the same key and amount is a conflict: {before:?} {error:?}"
            );
        }
    }

    async fn run_and_add(&mut self, plan: Plan) {
        let numbered = self.with_call_number(plan);
        let record = self.run(numbered).await;
        self.model.add(record);
    }

    fn with_call_number(&mut self, plan: Plan) -> (usize, Plan) {
        (self.network.next_call(), plan)
    }

    /// Makes a call and checks the invariants that hold for every result.
    async fn run(&self, (call, plan): (usize, Plan)) -> Record {
        let deadline = plan.deadline.unwrap_or(DEFAULT_DEADLINE);
        let start_time = Instant::now();
        let call_future = CALL.scope(call, self.send(&plan));
        let result = match plan.drop_after {
            None => CallResult::of(call_future.await),
            Some(drop_after) => timeout(drop_after, call_future)
                .await
                .map_or(CallResult::Dropped, CallResult::of),
        };
        check_deadline(start_time, deadline, &plan);
        let attempts = plan.attempts.unwrap_or(DEFAULT_ATTEMPTS);
        self.network.check(call, Some(attempts));
        let key = self.network.key(call);
        let requests = self.network.requests(call);
        let was_rate_limited = requests
            .iter()
            .any(|sent| sent.result == RequestResult::Status(429));
        if let (Some(reported), Some(key)) = (result.key(), &key) {
            assert_eq!(&reported, key, "the response or error has another key");
            let own = plan.key.as_ref().map(RequestId::as_str);
            assert!(own.map_or(key.len() <= 30, |own| own == key), "{plan:?}");
        }
        if let CallResult::Failed(error) = &result {
            let reported = match plan.api {
                Api::Ecom => error.order_id().map(OrderId::as_str),
                Api::Epayment => error.reference().map(Reference::as_str),
            };
            assert!(
                error.attempts() == 0 || reported == Some(plan.order.as_str()),
                "the error does not name its order: {error:?}"
            );
        }
        Record {
            order: plan.order,
            api: plan.api,
            action: plan.action,
            text: plan.text,
            has_generated_key: key.is_some() && plan.key.is_none(),
            key: key.or_else(|| plan.key.map(|key| key.to_string())),
            result,
            was_rate_limited,
            index: 0,
            verdicts: Vec::new(),
        }
    }

    async fn send(&self, plan: &Plan) -> Result<AmountAndKey, Error> {
        let vipps = &self.processes[plan.process];
        let amount = nok(self.model.order(&plan.order).amount);
        match plan.api {
            Api::Ecom => ecom::send(vipps, plan, amount).await,
            Api::Epayment => epayment::send(vipps, plan, amount).await,
        }
    }

    /// Returns the number of all requests sent.
    pub fn requests(&self) -> u64 {
        self.network.request_count()
    }
}

fn nok(ore: i64) -> Amount {
    Amount::minor(ore, Currency::NOK)
}

/// Checks that a call has ended by its deadline.
fn check_deadline(start_time: Instant, deadline: Duration, call: &dyn std::fmt::Debug) {
    let took = start_time.elapsed();
    assert!(
        took <= deadline + TIMER_TOLERANCE,
        "a call ended {:?} after its deadline of {deadline:?}: {call:?}",
        took.saturating_sub(deadline)
    );
}

impl CallResult {
    fn of(result: Result<AmountAndKey, Error>) -> Self {
        match result {
            Ok((amount, key)) => Self::Done {
                amount,
                key: key.map(|key| key.to_string()),
            },
            Err(error) => Self::Failed(error),
        }
    }
}
