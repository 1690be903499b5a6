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
use vipps::{Amount, Currency, Error, OrderId, Reference, RequestId, RetryBudget, Vipps};

use crate::fault_plan;
use crate::model::{Came, Model, Order, Over, Record, What};
use crate::network::{CALL, Network, Seen};
use crate::rng::{Rng, Seeded};

/// The amount that moved, and the idempotency key of the request.
type Moved = (Option<i64>, Option<RequestId>);

/// The resolution of tokio's timers is one millisecond.
const TICK: Duration = Duration::from_millis(2);
const USUAL_DEADLINE: Duration = Duration::from_secs(30);
const USUAL_ATTEMPTS: u32 = 3;

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
        // Payments that eCom starts are then captured with their approval.
        if rng.percent(25) {
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
        self.memory.sync_clock();
        let order = self.any_order();
        let payer = self.sim.payer();
        // Actions that the customer can no longer take fail, and the failure is ignored.
        let _ = match self.rng.below(10) {
            0 => payer.scan(order.as_str()).map(|_| ()),
            1 => payer.reject(order.as_str()),
            _ => payer.approve(order.as_str()),
        };
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
        if let (What::Capture { amount } | What::Refund { amount }, true) =
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
            assert_eq!(&told, key, "the response or error tells another key");
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

    async fn make(&self, plan: &Plan) -> Result<Moved, Error> {
        let vipps = &self.processes[plan.process];
        let amount = nok(self.model.order(&plan.order).amount);
        match plan.over {
            Over::Ecom => ecom::make(vipps, plan, amount).await,
            Over::Epayment => epayment::make(vipps, plan, amount).await,
        }
    }

    /// Returns the number of all requests sent.
    pub fn requests(&self) -> u64 {
        self.network.count()
    }
}

fn nok(ore: i64) -> Amount {
    Amount::minor(ore, Currency::NOK)
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
    fn of(result: Result<Moved, Error>) -> Self {
        match result {
            Ok((amount, key)) => Self::Done {
                amount,
                key: key.map(|key| key.to_string()),
            },
            Err(error) => Self::Failed(error),
        }
    }
}
