//! A refund desk: money goes back once, whatever becomes of the answers.

use vipps::Amount;
use vipps::simulator::{Account, EffectKind, Simulator};

use super::in_order;
use crate::programs::{Ended, Program, against, example, run};

const REFUND: &str = "refund_payment_using_post";
const DETAILS: &str = "get_payment_details_using_get";
/// As often as the client sends it by itself.
const SENT: u64 = 3;

/// An order of 499 kr of which 300 kr are captured.
async fn order(sim: &Simulator, id: &str) {
    let started = sim
        .client()
        .ecom()
        .initiate(
            id.parse().unwrap(),
            Amount::kroner(499),
            "Socks".parse().unwrap(),
        )
        .await
        .unwrap();
    sim.payer().approve(id).unwrap();
    let part = started.payment().capture().amount(Amount::kroner(300));
    part.await.unwrap();
}

fn desk(sim: &Simulator, args: &[&str]) -> Ended {
    run(against(sim, "refund_desk").args(args))
}

fn account(sim: &Simulator, id: &str) -> Account {
    sim.account(id).unwrap()
}

#[test]
fn with_nothing_set_an_order_is_settled() {
    let desk = run(&mut example("refund_desk"));
    assert_eq!(desk.code, Some(0), "{desk:?}");
    in_order(
        &desk.out,
        &[
            ": partially captured",
            "can be refunded      300.00 kr",
            "can be released      199.00 kr",
            "| CAPTURE",
            "199.00 kr released",
            "300.00 kr refunded",
            ": refunded",
            "can be refunded        0.00 kr",
            "| VOID",
            "| REFUND",
        ],
    );
}

#[tokio::test]
async fn an_order_is_looked_at_settled_and_settled_once_only() {
    let sim = Simulator::start().unwrap();
    order(&sim, "desk-1").await;
    let looked = desk(&sim, &["desk-1"]);
    assert_eq!(looked.code, Some(0), "{looked:?}");
    in_order(
        &looked.out,
        &["order desk-1: partially captured", "| CAPTURE"],
    );
    assert_eq!(account(&sim, "desk-1").refunded(), 0);

    let part = desk(
        &sim,
        &["desk-1", "--refund", "--amount", "50", "--text", "A hole"],
    );
    in_order(
        &part.out,
        &["50.00 kr refunded", "can be refunded      250.00 kr"],
    );
    let rest = desk(&sim, &["desk-1", "--refund", "--release"]);
    assert_eq!(rest.code, Some(0), "{rest:?}");
    in_order(&rest.out, &["199.00 kr released", "250.00 kr refunded"]);
    let again = desk(&sim, &["desk-1", "--refund", "--release"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    in_order(
        &again.out,
        &["nothing is left to release", "nothing is left to refund"],
    );
    let account = account(&sim, "desk-1");
    assert_eq!((account.charged(), account.released()), (0, 19_900));
    assert_eq!(account.count(EffectKind::Refund), 2);
}

#[tokio::test]
async fn a_lost_answer_is_looked_up() {
    let sim = Simulator::start().unwrap();
    order(&sim, "desk-2").await;
    let lost = sim.faults().on(REFUND).after_commit().reset();
    let ended = desk(&sim, &["desk-2", "--refund"]);
    assert_eq!(lost.hits(), SENT);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    in_order(
        &ended.out,
        &["the answer is lost", "refunded after all", ": refunded"],
    );
    assert_eq!(account(&sim, "desk-2").count(EffectKind::Refund), 1);
}

#[tokio::test]
async fn what_took_no_effect_is_done_again_with_the_same_key() {
    let sim = Simulator::start().unwrap();
    order(&sim, "desk-3").await;
    sim.faults().on(REFUND).times(SENT).before_commit().reset();
    let ended = desk(&sim, &["desk-3", "--refund", "--settled-after", "0"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    in_order(
        &ended.out,
        &[
            "the answer is lost",
            "it took no effect",
            "300.00 kr refunded",
        ],
    );
    assert_eq!(account(&sim, "desk-3").refunded(), 30_000);
    let journal = sim.journal().entries();
    let keys: Vec<_> = journal
        .iter()
        .filter(|entry| entry.operation() == Some(REFUND))
        .map(|entry| entry.header("x-request-id").unwrap().to_owned())
        .collect();
    assert_eq!(keys.len() as u64, SENT + 1);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

/// The money has gone back, and neither the answer nor the details come through.
#[tokio::test]
async fn what_nobody_knows_is_said_and_can_be_repeated() {
    let sim = Simulator::start().unwrap();
    order(&sim, "desk-4").await;
    sim.faults().on(REFUND).after_commit().reset();
    // The desk looks at the order, and the refund asks what is left; after that nobody tells any more.
    let silent: Vec<_> = (3..=8)
        .map(|n| sim.faults().on(DETAILS).nth(n).status(403))
        .collect();
    let ended = desk(&sim, &["desk-4", "--refund"]);
    assert!(silent[0].hits() == 1, "{ended:?}");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    in_order(
        &ended.out,
        &[
            "the answer is lost",
            "nobody can tell yet",
            "not known",
            "--key ",
        ],
    );
    let key = ended.out.trim_end().rsplit(' ').next().unwrap().to_owned();

    sim.faults().clear();
    let again = desk(&sim, &["desk-4", "--refund", "--key", &key]);
    assert_eq!(again.code, Some(0), "{again:?}");
    in_order(&again.out, &["300.00 kr refunded"]);
    let account = account(&sim, "desk-4");
    assert_eq!(
        (account.refunded(), account.count(EffectKind::Refund)),
        (30_000, 1)
    );
}

/// Whoever loses patience while the desk still asks must not lose the key.
#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_leaves_the_key_behind() {
    let sim = Simulator::start().unwrap();
    order(&sim, "desk-6").await;
    sim.faults().on(REFUND).times(SENT).before_commit().reset();
    let mut command = against(&sim, "refund_desk");
    let mut program = Program::start(command.args(["desk-6", "--refund"]), "");
    program.says("the answer is lost");
    program.signal("INT");
    let ended = program.end();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    in_order(&ended.out, &["not known", "--key "]);
    assert!(!ended.out.contains("took"), "{ended:?}");
}

#[test]
fn who_names_nothing_or_nobody_is_told() {
    let sim = Simulator::start().unwrap();
    let unknown = desk(&sim, &["desk-5"]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.out.contains("no order desk-5"), "{unknown:?}");
    for args in [
        &[][..],
        &["a b"],
        &["desk-5", "--amount", "5"],
        &["desk-5", "--key", "k"],
    ] {
        let refused = desk(&sim, args);
        assert_eq!(refused.code, Some(2), "{args:?} {refused:?}");
    }
    let made = desk(&sim, &["--approve", "91234567"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    assert_eq!(sim.ledger().len(), 1);
    assert_eq!(sim.ledger()[0].charged(), 0);
}
