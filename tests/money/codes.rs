//! The QR codes that the merchant creates: the requests for each code, and its expected final
//! state.

use vipps::{Error, Outcome, Vipps};

use crate::rng::Rng;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Redirect,
    Callback,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Create,
    CreateOrUpdate,
    Update,
    Put,
    Delete,
}

/// A call that changes a code.
#[derive(Clone, Debug)]
pub struct CodeChange {
    code: Code,
    verb: Verb,
    /// The content of the code after the call, different for each call. `None` after a deletion.
    text: Option<String>,
}

impl CodeChange {
    pub fn random(rng: &mut Rng, number: u64) -> Self {
        let (code, verb) = match rng.below(8) {
            0 | 1 => (Code::Redirect, Verb::Create),
            2 => (Code::Redirect, Verb::CreateOrUpdate),
            3 => (Code::Redirect, Verb::Update),
            4 => (Code::Redirect, Verb::Delete),
            5 | 6 => (Code::Callback, Verb::Put),
            _ => (Code::Callback, Verb::Delete),
        };
        let text = match verb {
            Verb::Delete => None,
            Verb::Put => Some(format!("Till {number}")),
            Verb::Create | Verb::CreateOrUpdate | Verb::Update => {
                Some(format!("https://example.com/{number}"))
            }
        };
        Self { code, verb, text }
    }

    pub async fn send(&self, vipps: &Vipps) -> Result<(), Error> {
        let text = self.text.as_deref().unwrap_or_default();
        let url = || text.parse().expect("a URL");
        let redirect = vipps.qr().merchant_redirect("billboard_1".parse()?);
        let callback = vipps.qr().merchant_callback("till-1".parse()?);
        match (self.code, self.verb) {
            (Code::Redirect, Verb::Create) => redirect.create(url()).await.map(drop),
            (Code::Redirect, Verb::CreateOrUpdate) => {
                redirect.create_or_update(url()).await.map(drop)
            }
            (Code::Redirect, Verb::Delete) => redirect.delete().await,
            (Code::Redirect, _) => redirect.update(url()).await.map(drop),
            (Code::Callback, Verb::Delete) => callback.delete().await,
            (Code::Callback, _) => callback.put(text.parse()?).await,
        }
    }
}

/// Returns the current content of a code, or `None` if the code does not exist.
pub async fn current_text(vipps: &Vipps, code: Code) -> Result<Option<String>, Error> {
    let result = match code {
        Code::Redirect => {
            let code = vipps.qr().merchant_redirect("billboard_1".parse()?);
            let found = code.get().await;
            found.map(|found| found.redirect_url().map(str::to_owned))
        }
        Code::Callback => {
            let code = vipps.qr().merchant_callback("till-1".parse()?);
            let found = code.get().await;
            found.map(|found| found.location().map(str::to_owned))
        }
    };
    match result {
        Err(error) if error.http_status() == Some(404) => Ok(None),
        result => result,
    }
}

/// Every call that changes a code, with its result and with `may_take_effect_late` of `Codes::add`.
#[derive(Debug, Default)]
pub struct Codes(Vec<(CodeChange, Result<(), Error>, bool)>);

impl Codes {
    /// Adds a call. `may_take_effect_late` is true if one of its requests may take effect after the
    /// call has ended.
    pub fn add(
        &mut self,
        change: CodeChange,
        result: Result<(), Error>,
        may_take_effect_late: bool,
    ) {
        self.0.push((change, result, may_take_effect_late));
    }

    /// Checks the current content of a code against the recorded calls. Returns true if the calls
    /// determine that content.
    ///
    /// `delivers_twice` is true if the network delivers requests twice. The second request may then
    /// fail because of the effect of the first.
    pub fn check(&self, code: Code, current: Option<&str>, delivers_twice: bool) -> bool {
        let of_code = || self.0.iter().filter(|(change, ..)| change.code == code);
        for (change, result, _) in of_code() {
            let Err(error) = result else { continue };
            let sends_several = change.verb == Verb::CreateOrUpdate || error.attempts() > 1;
            let may_be_second_delivery =
                delivers_twice && (sends_several || matches!(error.http_status(), Some(409 | 429)));
            if error.outcome() != Outcome::Unknown && !may_be_second_delivery {
                assert!(
                    change.text.is_none() || change.text.as_deref() != current,
                    "a call with outcome NotSent or Rejected took effect: {change:?} {error:?}"
                );
            }
        }
        let unclear = |result: &Result<(), Error>| matches!(result, Err(error) if error.outcome() == Outcome::Unknown);
        if delivers_twice || of_code().any(|(_, result, late)| *late || unclear(result)) {
            return false;
        }
        let done = of_code().rfind(|(_, result, _)| result.is_ok());
        let expected = done.and_then(|(change, ..)| change.text.as_deref());
        assert_eq!(
            current, expected,
            "the content is not that of the last call that succeeded: {done:?}"
        );
        done.is_some()
    }
}
