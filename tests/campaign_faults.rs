//! Campaigns and everything that goes wrong: servers that misbehave, disks that are full, clocks that jump, plans that are cut
//! off, two processes at once. Nobody is lost, nobody is mailed twice, and each answer says what to do next.
#![cfg(all(unix, feature = "cli"))]

#[path = "harness/campaign.rs"]
#[allow(dead_code)]
mod campaign;
#[path = "harness/smtp_server.rs"]
#[allow(dead_code)]
mod smtp_server;

use std::collections::BTreeSet;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use campaign::{Shop, person};
use letterpress::campaign::State;
use smtp_server::{At, Do, SmtpServer};

/// Sends to a server as a run called `r`.
fn send(shop: &Shop, server: &SmtpServer, status: i32, more: &[&str]) -> String {
    let sink = server.sink("&connections=1&timeout=2s&dot-timeout=2s");
    let output = shop.send(status, "r", &sink, more);
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Everybody who is sent is at the server once, and nobody else is.
fn agrees(shop: &Shop, server: &SmtpServer) {
    let rows = shop.rows("r");
    let sent = rows.values().filter(|row| row.state == State::Sent);
    let sent: BTreeSet<&str> = sent.map(|row| row.address.as_str()).collect();
    let taken = server.taken();
    let there: BTreeSet<&str> = taken.iter().map(|one| one.recipient.as_str()).collect();
    assert_eq!(taken.len(), there.len(), "somebody got it twice");
    assert_eq!(sent, there);
}

#[test]
fn what_is_sent_is_what_replay_makes() {
    let shop = Shop::new(20, "");
    let server = SmtpServer::good();
    send(&shop, &server, 0, &[]);
    agrees(&shop, &server);
    // Neither the template nor the data of now matters.
    shop.write("templates/sale/body.html", "<p>Something else</p>");
    shop.write("shop/profiles.jsonl", &person(3, "SUBSCRIBED"));
    for taken in server.taken().iter().take(5) {
        let replayed = shop.expect(0, &["replay", "r", &taken.recipient]);
        assert_eq!(replayed.stdout, taken.bytes, "{}", taken.recipient);
        let said = String::from_utf8_lossy(&replayed.stderr);
        assert!(
            said.contains("changed since: templates/sale/body.html"),
            "{said}"
        );
    }
}

#[test]
fn refused_for_good_is_final_and_the_rest_goes_on() {
    let shop = Shop::new(10, "");
    let server = SmtpServer::start(|at, number, _| match (at, number) {
        (At::Recipient, 3) => Do::Say("550 5.1.1 no such person"),
        (At::Dot, 5) => Do::Say("554 5.7.1 looks like spam"),
        _ => Do::Go,
    });
    send(&shop, &server, 1, &[]);
    agrees(&shop, &server);
    assert_eq!(shop.count("r", State::Failed), 2);
    let rows = shop.rows("r");
    let codes: BTreeSet<_> = rows
        .values()
        .filter_map(|row| Some((row.reason.clone()?, row.code?)))
        .collect();
    let refused = |code| ("refused".to_owned(), code);
    assert_eq!(codes, BTreeSet::from([refused(550), refused(554)]));
    let one = rows.values().find(|row| row.code == Some(550)).unwrap();
    assert_eq!(one.reply.as_deref(), Some("5.1.1 no such person"));
    // One connection was enough.
    assert_eq!(server.connections(), 1);
    // Another try is another try.
    shop.expect(0, &["retry", "r", "--yes"]);
    assert_eq!(shop.count("r", State::Sent), 10);
    agrees(&shop, &server);
}

#[test]
fn not_now_is_tried_again() {
    for (at, answer) in [
        (At::Recipient, "450 4.2.0 greylisted"),
        (At::Data, "451 4.3.0 later"),
        (At::Dot, "452 4.3.1 no room"),
        (At::Recipient, "421 4.3.2 going down"),
        (At::Dot, "421 4.7.0 too fast"),
    ] {
        let shop = Shop::new(6, "");
        let server = SmtpServer::start(move |now, number, _| match now == at && number == 2 {
            true => Do::Say(answer),
            false => Do::Go,
        });
        send(&shop, &server, 0, &[]);
        assert_eq!(shop.count("r", State::Sent), 6, "{at:?} {answer}");
        agrees(&shop, &server);
    }
}

#[test]
fn closed_before_the_message_is_tried_again_and_closed_behind_it_is_uncertain() {
    for (at, uncertain) in [
        (At::Recipient, 0),
        (At::Data, 0),
        (At::Body, 1),
        (At::Dot, 1),
        (At::Noted, 1),
    ] {
        for (policy, at_least) in [("", false), ("policy = \"at-least-once\"\n", true)] {
            let shop = Shop::new(6, policy);
            let server = SmtpServer::start(move |now, number, _| match now == at && number == 2 {
                true => Do::Close,
                false => Do::Go,
            });
            let uncertain = if at_least { 0 } else { uncertain };
            send(&shop, &server, uncertain, &[]);
            assert_eq!(
                shop.count("r", State::Uncertain),
                uncertain as u64,
                "{at:?} {policy}"
            );
            assert_eq!(
                shop.count("r", State::Sent),
                6 - uncertain as u64,
                "{at:?} {policy}"
            );
            let taken = server.taken();
            let most = if at == At::Noted && at_least { 7 } else { 6 };
            assert!(taken.len() <= most, "{at:?} {policy}");
            if at_least && at == At::Noted {
                let ids: BTreeSet<_> = taken.iter().map(|one| &one.message_id).collect();
                assert_eq!((taken.len(), ids.len()), (7, 6));
            }
        }
    }
}

#[test]
fn no_answer_to_the_whole_message_is_uncertain_and_never_another_ones() {
    let shop = Shop::new(6, "");
    let server = SmtpServer::start(|at, number, _| match (at, number) {
        (At::Noted, 2) => Do::Wait(Duration::from_secs(5)),
        (At::Dot, 3) => Do::Say("554 5.7.1 no"),
        _ => Do::Go,
    });
    send(&shop, &server, 1, &[]);
    assert_eq!(shop.count("r", State::Uncertain), 1);
    assert_eq!(shop.count("r", State::Failed), 1);
    assert_eq!(shop.count("r", State::Sent), 4);
    // Who is uncertain is not sent again, and can be listed.
    let again = shop.expect(0, &["resume", "r", "--yes"]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("nothing to send"));
    let csv =
        String::from_utf8(shop.expect(0, &["report", "r", "--format", "csv"]).stdout).unwrap();
    assert_eq!(
        csv.lines()
            .filter(|line| line.contains(",uncertain,no_answer,"))
            .count(),
        1
    );
    assert_eq!(csv.lines().count(), 7);
}

#[test]
fn a_server_that_is_not_there_pauses_the_run() {
    let shop = Shop::new(5, "");
    let dead = SmtpServer::good().sink("");
    let begun = Instant::now();
    let output = shop.send(75, "r", &dead, &["--patience", "1"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("paused") && said.contains("letterpress campaign resume r"),
        "{said}"
    );
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(shop.count("r", State::Pending), 5);
}

#[test]
fn a_server_that_refuses_everybody_pauses_the_run() {
    let shop = Shop::new(600, "");
    let server = SmtpServer::start(|at, _, _| match at {
        At::Recipient => Do::Say("554 5.7.1 relay access denied"),
        _ => Do::Go,
    });
    let said = send(&shop, &server, 75, &[]);
    assert!(said.contains("refused all of the first"), "{said}");
    assert!(shop.count("r", State::Pending) >= 300);
    assert_eq!(server.count(), 0);
}

#[test]
fn two_processes_at_once() {
    let shop = Shop::new(300, "rate = \"100/s\"\n");
    let server = SmtpServer::good();
    let sink = server.sink("");
    shop.plan("r", &sink);
    let mut first = shop.start(&["resume", "r", "--yes"]);
    assert!(server.wait_for(5));
    let retry = shop.expect(2, &["retry", "r", "--yes"]);
    assert!(String::from_utf8_lossy(&retry.stderr).contains("another process is at the run 'r'"));
    let again = shop.expect(0, &["resume", "r", "--yes"]);
    assert!(
        String::from_utf8_lossy(&again.stderr).contains("goes on in the process that sends it")
    );
    let taken = shop.send(2, "r", &sink, &[]);
    assert!(String::from_utf8_lossy(&taken.stderr).contains("letterpress campaign resume r"));
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert_eq!(server.count(), 300);
    agrees(&shop, &server);
}

#[test]
fn pause_rate_resume_and_cancel_from_another_terminal() {
    let shop = Shop::new(400, "rate = \"100/s\"\n");
    let server = SmtpServer::good();
    let sink = server.sink("");
    shop.plan("r", &sink);
    let mut sending = shop.start(&["resume", "r", "--yes"]);
    assert!(server.wait_for(10));
    shop.expect(0, &["pause", "r"]);
    sleep(Duration::from_millis(600));
    let then = server.count();
    sleep(Duration::from_millis(700));
    assert_eq!(server.count(), then, "it did not pause");
    let status =
        String::from_utf8(shop.expect(0, &["status", "r", "--format", "json"]).stdout).unwrap();
    assert!(status.contains(r#""state":"paused""#), "{status}");
    shop.expect(0, &["rate", "r", "1000/s"]);
    shop.expect(0, &["resume", "r", "--yes"]);
    assert!(server.wait_for(then + 50));
    shop.expect(0, &["rate", "r", "20/s"]);
    shop.expect(0, &["cancel", "r"]);
    assert_eq!(sending.wait().unwrap().code(), Some(1));
    let cancelled = shop.count("r", State::Cancelled);
    assert_eq!(cancelled + shop.count("r", State::Sent), 400);
    assert!(cancelled > 0);
    agrees(&shop, &server);
}

#[test]
fn ctrl_c_finishes_what_is_under_way_and_says_how_to_go_on() {
    let shop = Shop::new(400, "rate = \"200/s\"\n");
    let server = SmtpServer::good();
    let sink = server.sink("");
    shop.plan("r", &sink);
    let sending = shop.command(&["resume", "r", "--yes"]).spawn().unwrap();
    assert!(server.wait_for(20));
    let id = sending.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let output = sending.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(75), "{said}");
    assert!(said.contains("letterpress campaign resume r"), "{said}");
    assert_eq!(shop.count("r", State::Uncertain), 0);
    assert!(shop.count("r", State::Pending) > 0);
    agrees(&shop, &server);
    shop.expect(0, &["resume", "r", "--yes"]);
    assert_eq!(shop.count("r", State::Sent), 400);
    agrees(&shop, &server);
}

#[test]
fn a_plan_that_was_cut_off_is_made_again() {
    let shop = Shop::new(50, "");
    let server = SmtpServer::good();
    let sink = server.sink("");
    // What a plan leaves behind that was killed: all but its last file.
    shop.plan("r", &sink);
    fs::remove_file(shop.path(".letterpress/runs/r/run.json")).unwrap();
    let status = shop.expect(2, &["status", "r"]);
    assert!(String::from_utf8_lossy(&status.stderr).contains("was cut off before it was whole"));
    shop.send(0, "r", &sink, &[]);
    assert_eq!(server.count(), 50);
    // Who resumes a plan that was cut off gets what was asked for.
    shop.expect(
        0,
        &[
            "plan",
            "campaigns/sale.toml",
            "--to",
            &sink,
            "--run",
            "again",
            "--limit",
            "7",
        ],
    );
    fs::remove_file(shop.path(".letterpress/runs/again/run.json")).unwrap();
    let resume = shop.expect(0, &["resume", "again", "--yes"]);
    assert!(String::from_utf8_lossy(&resume.stderr).contains("it is made again"));
    assert_eq!((shop.count("again", State::Sent), server.count()), (7, 57));
    // Killed in the middle, for real.
    let shop = Shop::new(20_000, "");
    for wait in [20, 60, 120, 200] {
        let mut plan = shop.start(&["plan", "campaigns/sale.toml", "--to", "null:", "--run", "k"]);
        sleep(Duration::from_millis(wait));
        let _ = plan.kill();
        plan.wait().unwrap();
        if shop.has_run("k") {
            assert_eq!(shop.opened("k").settings().plan.planned, 20_000);
            break;
        }
    }
    if !shop.has_run("k") {
        shop.plan("k", "null:");
    }
    shop.expect(0, &["resume", "k", "--yes"]);
    assert_eq!(shop.count("k", State::Sent), 20_000);
}

#[test]
fn files_of_a_plan_that_were_changed_are_refused() {
    let shop = Shop::new(20, "");
    let server = SmtpServer::good();
    let sink = server.sink("");
    for file in [
        "people",
        "world.json",
        "templates/sale/body.html",
        "items.json",
    ] {
        let run = file.replace(['/', '.'], "-");
        shop.plan(&run, &sink);
        let path = shop.path(&format!(".letterpress/runs/{run}/{file}"));
        let mut bytes = fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&path, bytes).unwrap();
        let output = shop.expect(2, &["resume", &run, "--yes"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains(&format!("{file} is not what was planned")),
            "{said}"
        );
    }
    assert_eq!(server.count(), 0);
}

#[test]
fn another_start_of_the_machine_makes_what_was_under_way_uncertain() {
    let shop = Shop::new(200, "rate = \"100/s\"\n");
    let server = SmtpServer::good();
    let sink = server.sink("");
    shop.plan("r", &sink);
    let mut sending = shop.start(&["resume", "r", "--yes"]);
    assert!(server.wait_for(20));
    sending.kill().unwrap();
    sending.wait().unwrap();
    // What a loss of power leaves: some intents, no marks, another start of the machine.
    let journal =
        rusqlite::Connection::open(shop.path(".letterpress/runs/r/journal.sqlite")).unwrap();
    journal
        .execute("UPDATE session SET boot = 'another'", [])
        .unwrap();
    journal.execute("UPDATE delivery SET state = 1 WHERE n IN (SELECT n FROM delivery WHERE state = 0 ORDER BY n LIMIT 3)", []).unwrap();
    let under_way: i64 = journal
        .query_row("SELECT count(*) FROM delivery WHERE state = 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    drop(journal);
    let _ = fs::remove_dir_all(shop.path(".letterpress/runs/r/marks"));
    let output = shop.expect(1, &["resume", "r", "--yes"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("the machine was started again")
            && said.contains(&format!("{under_way} are uncertain")),
        "{said}"
    );
    assert_eq!(shop.count("r", State::Uncertain), under_way as u64);
    assert_eq!(shop.count("r", State::Sent), 200 - under_way as u64);
}

#[test]
fn several_sinks_at_once_have_everything_once() {
    let shop = Shop::new(30, "");
    let server = SmtpServer::start(|at, number, _| match (at, number) {
        (At::Data, 4) => Do::Say("451 4.3.0 later"),
        _ => Do::Go,
    });
    let sink = server.sink("&connections=2");
    let mail = format!("maildir:{}", shop.path("mail").display());
    shop.expect(
        0,
        &[
            "send",
            "campaigns/sale.toml",
            "--to",
            &mail,
            "--to",
            &sink,
            "--run",
            "r",
            "--yes",
        ],
    );
    agrees(&shop, &server);
    assert_eq!(server.count(), 30);
    assert_eq!(fs::read_dir(shop.path("mail/new")).unwrap().count(), 30);
}

#[test]
fn a_folder_that_is_full_of_nothing_but_errors_stops_the_run_before_anything_is_sent() {
    let shop = Shop::new(5, "");
    let server = SmtpServer::good();
    let sink = server.sink("");
    shop.plan("r", &sink);
    // No room for marks: their folder is a file.
    fs::write(shop.path(".letterpress/runs/r/marks"), "").unwrap();
    let output = shop.expect(2, &["resume", "r", "--yes"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("marks"));
    assert_eq!(server.count(), 0);
}

#[test]
fn consent_that_changed_since_the_plan_is_obeyed() {
    let shop = Shop::new(10, "");
    let server = SmtpServer::good();
    let sink = server.sink("");
    shop.plan("r", &sink);
    let mut text = String::new();
    for number in 0..10 {
        let consent = if number == 4 {
            "UNSUBSCRIBED"
        } else {
            "SUBSCRIBED"
        };
        text.push_str(&(person(number, consent) + "\n"));
    }
    shop.write("shop/profiles.jsonl", &text);
    shop.expect(0, &["resume", "r", "--yes"]);
    let rows = shop.rows("r");
    let one = &rows["person.4@example.com"];
    assert_eq!(
        (one.state, one.reason.as_deref()),
        (State::Skipped, Some("not_consented"))
    );
    assert_eq!(server.count(), 9);
    agrees(&shop, &server);
}

#[test]
fn who_was_mailed_lately_is_left_out_when_asked() {
    let shop = Shop::new(10, "smart_sending_hours = 16\n");
    let server = SmtpServer::good();
    let sink = server.sink("");
    shop.send(0, "a", &sink, &["--limit", "4"]);
    let output = shop.send(0, "b", &sink, &[]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("Smart Sending"));
    assert_eq!(shop.count("b", State::Sent), 6);
    assert_eq!(server.count(), 10);
}

#[test]
fn a_coupon_gives_each_person_one_code_for_ever() {
    let shop = Shop::new(6, "");
    shop.write("templates/sale/body.html", "<p>{{ first_name }}: {% coupon_code 'TEA' %}</p><a href=\"{% unsubscribe_link %}\">x</a>\n");
    shop.write(
        "shop/coupons.csv",
        "coupon,code\nTEA,A\nTEA,B\nTEA,C\nTEA,D\n",
    );
    let refused = shop.expect(
        2,
        &["plan", "campaigns/sale.toml", "--to", "null:", "--run", "r"],
    );
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("TEA has 4 codes left, and 6 people need one"),
        "{said}"
    );
    assert!(!shop.has_run("r"));
    let server = SmtpServer::good();
    let sink = server.sink("");
    shop.send(0, "a", &sink, &["--limit", "3"]);
    shop.write(
        "shop/coupons.csv",
        "coupon,code\nTEA,A\nTEA,B\nTEA,C\nTEA,D\nTEA,E\nTEA,F\n",
    );
    shop.send(0, "b", &sink, &[]);
    let mut codes: std::collections::BTreeMap<String, BTreeSet<String>> =
        std::collections::BTreeMap::new();
    for taken in server.taken() {
        let text = String::from_utf8_lossy(&taken.bytes).into_owned();
        let code = text
            .split(": ")
            .filter_map(|rest| rest.split('<').next())
            .find(|code| code.len() == 1);
        codes
            .entry(taken.recipient)
            .or_default()
            .insert(code.unwrap().to_owned());
    }
    assert_eq!(codes.len(), 6);
    assert!(codes.values().all(|own| own.len() == 1), "{codes:?}");
    let all: BTreeSet<_> = codes.values().flatten().collect();
    assert_eq!(all.len(), 6, "{codes:?}");
}

#[test]
fn a_clock_that_jumps_does_not_matter() {
    // Times of the journal that lie in the future, as a clock leaves them that was set back.
    let shop = Shop::new(8, "");
    let server = SmtpServer::start(|at, number, _| match (at, number) {
        (At::Recipient, 2) => Do::Say("450 4.2.0 later"),
        _ => Do::Go,
    });
    let sink = server.sink("&connections=1");
    shop.plan("r", &sink);
    let journal =
        rusqlite::Connection::open(shop.path(".letterpress/runs/r/journal.sqlite")).unwrap();
    journal
        .execute(
            "UPDATE delivery SET settled = 4102444800000, intended = 4102444800000",
            [],
        )
        .unwrap();
    drop(journal);
    shop.expect(0, &["resume", "r", "--yes"]);
    assert_eq!(server.count(), 8);
    agrees(&shop, &server);
}

#[test]
fn lists_and_segments_say_whom_it_is_for() {
    let shop = Shop::new(
        10,
        "include = [\"list:letter\"]\nexclude = [\"segment:high\"]\n",
    );
    fs::create_dir_all(shop.path("shop/lists")).unwrap();
    fs::create_dir_all(shop.path("shop/segments")).unwrap();
    let mut list = "email,joined_at\n".to_owned();
    for number in 0..6 {
        list.push_str(&format!(
            "person.{number}@example.com,2026-01-01T00:00:00Z\n"
        ));
    }
    shop.write("shop/lists/letter.csv", &list);
    shop.write(
        "shop/segments/high.json",
        r#"{"condition_groups": [{"conditions": [{"type": "profile-property", "property": "properties['Number']",
            "filter": {"type": "numeric", "operator": "greater-than-or-equal", "value": 4}}]}]}"#,
    );
    let mut people = String::new();
    for number in 0..10 {
        let consent = if number == 1 {
            "UNSUBSCRIBED"
        } else {
            "SUBSCRIBED"
        };
        people.push_str(&(person(number, consent) + "\n"));
    }
    shop.write("shop/profiles.jsonl", &people);
    let server = SmtpServer::good();
    let sink = server.sink("");
    let output = shop.send(0, "r", &sink, &[]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("6  with list:letter") && said.contains("2  left out: segment:high"),
        "{said}"
    );
    assert!(said.contains("1  skipped: Not Consented"), "{said}");
    assert_eq!(shop.rows("r").len(), 4);
    assert_eq!(shop.count("r", State::Sent), 3);
    agrees(&shop, &server);
    shop.write(
        "campaigns/sale.toml",
        "email = \"sale\"\ninclude = [\"segment:hihg\"]\n",
    );
    let output = shop.expect(2, &["plan", "campaigns/sale.toml", "--to", "null:"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("segment:high"), "{said}");
}
