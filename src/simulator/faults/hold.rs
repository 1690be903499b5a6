//! Rules that hold requests until the test releases them.

use std::sync::Arc;

use tokio::sync::watch;

use super::Fault;

/// A barrier that requests wait at. Once opened, it stays open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<watch::Sender<At>>);

#[derive(Debug, Default)]
struct At {
    reached: bool,
    open: bool,
}

impl Gate {
    /// Records the arrival of a request, then waits until the barrier is open.
    pub(crate) async fn pass(&self) {
        self.0.send_modify(|at| at.reached = true);
        self.until(|at| at.open).await;
    }

    pub(super) fn open(&self) {
        self.0.send_modify(|at| at.open = true);
    }

    async fn until(&self, done: impl FnMut(&At) -> bool) {
        // The sender lives as long as `self`, so the channel stays open.
        let _ = self.0.subscribe().wait_for(done).await;
    }
}

/// A rule that holds requests. Dropping it releases all held and all later requests.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::start()?;
/// # let vipps = sim.client();
/// let hold = sim.faults().on("initiate_payment_v3_using_post").hold();
/// let begun = vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(9), "Tea".parse()?);
/// let begun = tokio::spawn(begun.into_future());
///
/// hold.held().await; // the payment exists, and the merchant does not know it yet
/// sim.payer().approve("order-1")?;
/// hold.release();
/// assert!(begun.await??.payment(&vipps).details().await?.state().is_paid());
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "dropping it lets go what it holds"]
pub struct Hold {
    pub(super) fault: Fault,
    pub(super) gate: Gate,
}

impl Hold {
    /// Waits, on any runtime, until a request is held.
    pub async fn held(&self) {
        self.gate.until(|at| at.reached).await;
    }

    /// Releases all held and all later requests.
    pub fn release(&self) {
        self.gate.open();
    }

    /// Returns the number of requests that the rule was applied to.
    pub fn hits(&self) -> u64 {
        self.fault.hits()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.release();
    }
}
