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
pub struct Asked {
    code: Code,
    verb: Verb,
    /// The text that the code shows after the call, different for each call. `None` after a
    /// deletion.
    shows: Option<String>,
}

impl Asked {
    pub fn any(rng: &mut Rng, number: u64) -> Self {
        let (code, verb) = match rng.below(8) {
            0 | 1 => (Code::Redirect, Verb::Create),
            2 => (Code::Redirect, Verb::CreateOrUpdate),
            3 => (Code::Redirect, Verb::Update),
            4 => (Code::Redirect, Verb::Delete),
            5 | 6 => (Code::Callback, Verb::Put),
            _ => (Code::Callback, Verb::Delete),
        };
        let shows = match verb {
            Verb::Delete => None,
            Verb::Put => Some(format!("Till {number}")),
            Verb::Create | Verb::CreateOrUpdate | Verb::Update => {
                Some(format!("https://example.com/{number}"))
            }
        };
        Self { code, verb, shows }
    }

    pub async fn send(&self, vipps: &Vipps) -> Result<(), Error> {
        let text = self.shows.as_deref().unwrap_or_default();
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

/// Returns the text that a code shows now.
pub async fn shown(vipps: &Vipps, code: Code) -> Result<Option<String>, Error> {
    let told = match code {
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
    match told {
        Err(error) if error.http_status() == Some(404) => Ok(None),
        told => told,
    }
}

/// Every call that changes a code, with its result and with the `late` flag of `enter`.
#[derive(Debug, Default)]
pub struct Codes(Vec<(Asked, Result<(), Error>, bool)>);

impl Codes {
    /// Records a call. `late` is true if one of its requests may take effect after the call has
    /// ended.
    pub fn enter(&mut self, asked: Asked, came: Result<(), Error>, late: bool) {
        self.0.push((asked, came, late));
    }

    /// Checks the text that a code shows against the recorded calls. Returns true if the calls
    /// determine that text.
    ///
    /// `twice` is true if the network delivers requests twice. The second request may then fail
    /// because of the effect of the first.
    pub fn audit(&self, code: Code, shown: Option<&str>, twice: bool) -> bool {
        let of_code = || self.0.iter().filter(|(asked, ..)| asked.code == code);
        for (asked, came, _) in of_code() {
            let Err(error) = came else { continue };
            let several = asked.verb == Verb::CreateOrUpdate || error.attempts() > 1;
            let told_twice = twice && (several || matches!(error.http_status(), Some(409 | 429)));
            if error.outcome() != Outcome::Unknown && !told_twice {
                assert!(
                    asked.shows.is_none() || asked.shows.as_deref() != shown,
                    "NotSent and Rejected mean no effect: {asked:?} {error:?}"
                );
            }
        }
        let unclear = |came: &Result<(), Error>| matches!(came, Err(error) if error.outcome() == Outcome::Unknown);
        if twice || of_code().any(|(_, came, late)| *late || unclear(came)) {
            return false;
        }
        let done = of_code().rfind(|(_, came, _)| came.is_ok());
        let expected = done.and_then(|(asked, ..)| asked.shows.as_deref());
        assert_eq!(shown, expected, "Ok means exactly once: {done:?}");
        done.is_some()
    }
}
