//! The client [`Vipps`] and its builder.

mod builder;

use std::fmt;
use std::future::Future;

use progenitor_client::{Error as RawError, ResponseValue};

#[cfg(test)]
pub(crate) use builder::OPERATIONS;
pub use builder::VippsBuilder;

use crate::call::{CallOptions, Context};
use crate::credentials::{self, Credentials};
use crate::ecom::{Ecom, InitiatedPayment, Payment};
use crate::environment::Environment;
use crate::epayment::{self, CreatedPayment, EPayment};
use crate::error::Result;
use crate::qr::Qr;
use crate::raw::Raw;
use crate::retry::RetryBudget;
use crate::runtime::Runtime;
use crate::telemetry::Metrics;
use crate::types::{MerchantSerialNumber, Sensitive};
use crate::userinfo::GetUserinfo;
use crate::webhooks::Webhooks;

/// A client of the Vipps MobilePay APIs for one set of keys.
///
/// It is cheap to clone. Clones share the token, the connections and the retry budget.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::start()?;
/// # let (credentials, environment) = (sim.credentials(), sim.environment());
/// use vipps::{Amount, Vipps};
///
/// let vipps = Vipps::builder(credentials).environment(environment).build()?;
/// let price = Amount::nok(499);
/// let created = vipps.epayment().create("acme-order-1001".parse()?, price).qr().await?;
/// println!("show the QR code {}", created.redirect_url().unwrap_or_default());
/// # sim.payer().approve("acme-order-1001")?;
///
/// let payment = created.payment(&vipps);
/// if payment.wait().await?.can_capture() {
///     payment.capture(price).await?;
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Vipps {
    runtime: Runtime,
}

impl Vipps {
    /// Returns a builder of a client for these keys.
    pub fn builder(credentials: Credentials) -> VippsBuilder {
        VippsBuilder::new(credentials)
    }

    /// Creates a client from environment variables: `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET`,
    /// `VIPPS_SUBSCRIPTION_KEY`, `VIPPS_MERCHANT_SERIAL_NUMBER`, and optionally `VIPPS_ENVIRONMENT`
    /// (`test`, the default, or `production`) or `VIPPS_BASE_URL`.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) with the names of all variables
    /// of the keys that are missing or empty, or
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) with the name of a variable whose
    /// value breaks a rule.
    ///
    /// # Examples
    /// ```no_run
    /// let vipps = vipps::Vipps::from_env()?;
    /// # Ok::<(), vipps::Error>(())
    /// ```
    #[doc(alias = "VIPPS_CLIENT_ID")]
    pub fn from_env() -> Result<Self> {
        let environment = credentials::environment_from_lookup(|name| std::env::var(name).ok())?;
        Self::builder(Credentials::from_env()?)
            .environment(environment)
            .build()
    }

    /// Returns the QR API.
    pub fn qr(&self) -> Qr {
        Qr::new(self.runtime.clone())
    }

    /// Returns the eCom API.
    pub fn ecom(&self) -> Ecom {
        Ecom::new(self.runtime.clone())
    }

    /// Returns the ePayment API.
    pub fn epayment(&self) -> EPayment {
        EPayment::new(self.runtime.clone())
    }

    /// Returns the Webhooks API.
    pub fn webhooks(&self) -> Webhooks {
        Webhooks::new(self.runtime.clone())
    }

    /// Reads the profile that a customer has shared with a payment. `sub` identifies the customer;
    /// it is in the details of the payment.
    ///
    /// The profile can be read for 168 hours (Userinfo guide).
    ///
    /// Calls `getUserinfo`. The [module documentation](crate::userinfo) has an example.
    pub fn userinfo(&self, sub: impl Into<Sensitive>) -> GetUserinfo {
        GetUserinfo::new(self.runtime.clone(), sub.into())
    }

    /// Runs a generated operation with the same token, headers, retries, deadline and errors as the
    /// wrapper.
    ///
    /// An operation that this crate does not list is retried only if it is a GET. If the document
    /// declares an idempotency header
    /// ([`Endpoint::idempotency_header`](crate::raw::Endpoint::idempotency_header)), every call
    /// sends a key in it.
    ///
    /// One call runs one operation. Use [`call_with`](Self::call_with) to set a deadline, an
    /// idempotency key, a sales unit or a retry policy.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # let id: vipps::OrderId = "order-1".parse()?;
    /// # vipps.ecom().initiate(id, vipps::Amount::nok(1), "Socks".parse()?).await?;
    /// let details = vipps
    ///     .call(|raw| async move { raw.ecom().get_payment_details_using_get().order_id("order-1").send().await })
    ///     .await?;
    /// assert_eq!(details.order_id.as_deref(), Some("order-1"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The errors of every operation of the wrapper, and:
    /// - [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) with
    ///   [`Outcome::NotSent`](crate::Outcome::NotSent) when the request cannot be built, when a
    ///   path parameter is empty, `.` or `..` or contains `/`, `\` or a control character, and when
    ///   the request is not for the base URL of this client or not for the method and path of its
    ///   operation;
    /// - [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) with
    ///   [`Outcome::Unknown`](crate::Outcome::Unknown) when the closure fails after it has sent a
    ///   request;
    /// - [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the response does not fit the
    ///   document.
    pub async fn call<T, E, F, Fut>(&self, operation: F) -> Result<ResponseValue<T>>
    where
        F: FnOnce(Raw) -> Fut,
        Fut: Future<Output = Result<ResponseValue<T>, RawError<E>>>,
    {
        self.call_with(CallOptions::default(), operation).await
    }

    /// Runs a generated operation like [`call`](Self::call), with these options.
    ///
    /// For example, a capture with an unknown outcome is retried with its own idempotency key, and
    /// moves the money once:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::builder().freeze_clock().in_memory()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// use vipps::raw::{Raw, ecom::types};
    /// use vipps::{CallOptions, Outcome};
    ///
    /// let merchant = types::MerchantInfoPayment::builder().merchant_serial_number("123456".to_owned());
    /// let transaction = types::Transaction::builder().transaction_text("Socks".to_owned());
    /// let body: types::PaymentActionsRequest = types::PaymentActionsRequest::builder()
    ///     .merchant_info(types::MerchantInfoPayment::try_from(merchant)?)
    ///     .transaction(types::Transaction::try_from(transaction)?)
    ///     .try_into()?;
    /// let capture = async |raw: Raw| {
    ///     raw.ecom().capture_payment_using_post().order_id("order-1").body(body.clone()).send().await
    /// };
    /// sim.faults().on("capture_payment_using_post").times(3).lose_response();
    /// let error = vipps.call(capture).await.unwrap_err();
    /// assert_eq!(error.outcome(), Outcome::Unknown);
    ///
    /// let key = error.idempotency_key().ok_or("a capture has a key")?.clone();
    /// vipps.call_with(CallOptions::new().idempotency_key(key), capture).await?;
    /// # assert_eq!(sim.account("order-1").ok_or("no order")?.charged(), 20_000);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The same as of [`call`](Self::call).
    pub async fn call_with<T, E, F, Fut>(
        &self,
        options: CallOptions,
        operation: F,
    ) -> Result<ResponseValue<T>>
    where
        F: FnOnce(Raw) -> Fut,
        Fut: Future<Output = Result<ResponseValue<T>, RawError<E>>>,
    {
        let context = Context::raw(&self.runtime, &options);
        let result = operation(Raw::new(&context)).await;
        context.finish_raw(result)
    }

    /// Returns the base URL of the API, without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.runtime.base_url()
    }

    /// Returns the environment of the client.
    pub fn environment(&self) -> &Environment {
        self.runtime.environment()
    }

    /// Returns the sales unit of the credentials.
    pub fn merchant_serial_number(&self) -> &MerchantSerialNumber {
        self.runtime.merchant_serial_number()
    }

    /// Returns the retry budget that all clones share.
    pub fn retry_budget(&self) -> &RetryBudget {
        self.runtime.budget()
    }

    /// Returns the counters of this client and its clones: calls by result, attempts, retries and
    /// token requests.
    pub fn metrics(&self) -> Metrics {
        self.runtime.counters().read()
    }
}

impl InitiatedPayment {
    /// Returns a handle to the payment, to wait for, capture, refund or cancel it. Every call on it
    /// acts for the sales unit that the payment was started for.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # use vipps::Amount;
    /// let started = vipps.ecom().initiate("order-1".parse()?, Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// let details = started.payment(&vipps).wait().await?;
    /// # Ok(()) }
    /// ```
    pub fn payment(&self, vipps: &Vipps) -> Payment {
        let payment = vipps.ecom().payment(self.order_id().clone());
        match self.merchant_serial_number() {
            Some(number) => payment.merchant_serial_number(number.clone()),
            None => payment,
        }
    }
}

impl CreatedPayment {
    /// Returns a handle to the payment, to wait for, capture, refund or cancel it. Every call on it
    /// acts for the sales unit that the payment was created for. A wait ends when the payment
    /// expires, if the payment was created with an expiry.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # use vipps::Amount;
    /// let created = vipps.epayment().create("kiosk-7-000451".parse()?, Amount::nok(499)).qr().await?;
    /// # sim.payer().approve("kiosk-7-000451")?;
    /// let details = created.payment(&vipps).wait().await?;
    /// # Ok(()) }
    /// ```
    pub fn payment(&self, vipps: &Vipps) -> epayment::Payment {
        let mut payment = vipps.epayment().payment(self.reference().clone());
        if let Some(number) = self.merchant_serial_number() {
            payment = payment.merchant_serial_number(number.clone());
        }
        match self.expires_at() {
            Some(time) => payment.expires_at(time),
            None => payment,
        }
    }
}

impl Vipps {
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }
}

impl fmt::Debug for Vipps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vipps")
            .field("environment", self.runtime.environment())
            .field(
                "merchant_serial_number",
                self.runtime.merchant_serial_number(),
            )
            .finish_non_exhaustive()
    }
}
