//! Campaigns whose process is killed at any moment: nobody is lost, nobody is mailed twice unless that was allowed, and the
//! journal agrees with what the server has.
#![cfg(all(unix, feature = "cli"))]

#[path = "harness/campaign.rs"]
#[allow(dead_code)]
mod campaign;
#[path = "harness/smtp_server.rs"]
#[allow(dead_code)]
mod smtp_server;

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use campaign::Shop;
use letterpress::campaign::State;
use smtp_server::{Do, SmtpServer, Taken};

const PEOPLE: usize = 5_000;
const CONNECTIONS: u64 = 4;

/// How many kills each policy gets; 250 of each by hand: `LETTERPRESS_KILLS=250`.
fn kills() -> u64 {
    let set = std::env::var("LETTERPRESS_KILLS").ok();
    set.and_then(|kills| kills.parse().ok()).unwrap_or(30)
}

/// A small generator with a seed, so that a failure can be seen again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Sends to a server, killing the process again and again; returns what the server has and how many kills it took.
fn killed(shop: &Shop, run: &str, chance: &mut Chance, most: u64) -> (Vec<Taken>, u64) {
    // Slow enough that a send lasts for several kills.
    let server = SmtpServer::start(|at, number, _| match at {
        smtp_server::At::Noted if number % 3 == 0 => Do::Wait(Duration::from_micros(900)),
        _ => Do::Go,
    });
    let sink = server.sink(&format!("&connections={CONNECTIONS}"));
    shop.plan(run, &sink);
    let mut kills = 0;
    while kills < most {
        let before = server.count();
        let mut process = shop.start(&["resume", run, "--yes"]);
        // Some are killed before they send anything, some in the middle.
        if chance.below(8) > 0 {
            server.wait_for((before + 1).min(PEOPLE));
        }
        sleep(Duration::from_micros(chance.below(120_000)));
        if process.try_wait().unwrap().is_some() {
            break;
        }
        process.kill().unwrap();
        process.wait().unwrap();
        kills += 1;
    }
    let last = shop.run(&["resume", run, "--yes"]);
    assert!(
        matches!(last.status.code(), Some(0 | 1)),
        "{}",
        String::from_utf8_lossy(&last.stderr)
    );
    (server.taken(), kills)
}

fn by_recipient(taken: &[Taken]) -> BTreeMap<&str, Vec<&Taken>> {
    let mut by: BTreeMap<&str, Vec<&Taken>> = BTreeMap::new();
    for one in taken {
        by.entry(&one.recipient).or_default().push(one);
    }
    by
}

#[test]
fn at_most_once() {
    let mut chance = Chance(0x5eed_0001);
    let mut left = kills();
    let mut number = 0;
    while left > 0 {
        let shop = Shop::new(PEOPLE, "");
        number += 1;
        let (taken, kills) = killed(&shop, "r", &mut chance, left.min(12));
        let server = by_recipient(&taken);
        let rows = shop.rows("r");
        assert_eq!(rows.len(), PEOPLE);
        let mut uncertain = 0;
        for (address, row) in &rows {
            let copies = server.get(address.as_str()).map_or(0, Vec::len);
            match row.state {
                State::Sent => assert_eq!(copies, 1, "{row:?}"),
                State::Uncertain => {
                    uncertain += 1;
                    assert!(copies <= 1, "{copies} copies: {row:?}");
                }
                _ => panic!("run {number}: {row:?}"),
            }
        }
        assert!(
            uncertain <= CONNECTIONS * kills,
            "{uncertain} after {kills} kills"
        );
        assert!(server.keys().all(|address| rows.contains_key(*address)));
        eprintln!("run {number}: {kills} kills, {uncertain} uncertain");
        left -= kills.clamp(1, left);
    }
}

#[test]
fn at_least_once() {
    let mut chance = Chance(0x5eed_0002);
    let mut left = kills();
    while left > 0 {
        let shop = Shop::new(PEOPLE, "policy = \"at-least-once\"\n");
        let (taken, kills) = killed(&shop, "r", &mut chance, left.min(12));
        let server = by_recipient(&taken);
        assert_eq!(shop.count("r", State::Sent), PEOPLE as u64);
        assert_eq!(server.len(), PEOPLE);
        let mut twice = 0;
        for copies in server.values() {
            twice += copies.len() as u64 - 1;
            assert!(
                copies
                    .iter()
                    .all(|copy| copy.bytes == copies[0].bytes && !copy.message_id.is_empty())
            );
        }
        assert!(
            twice <= CONNECTIONS * kills,
            "{twice} twice after {kills} kills"
        );
        eprintln!("{kills} kills, {twice} twice");
        left -= kills.clamp(1, left);
    }
}
