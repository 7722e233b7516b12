//! A shop as large as wanted, and how long its store takes to answer:
//! `make_shop FOLDER PROFILES EVENTS [SEED]`, `make_shop ask SHOP.sqlite`.
//!
//! The first writes `metrics.jsonl`, `profiles.jsonl` and `events.jsonl` as Klaviyo's API writes resources: a profile has some
//! 600 bytes, an event some 450, both with several custom properties. Events stand in the order of their time; who did them is
//! drawn with a skew, so that few people have most, and [`BUSY`] has [`MOST`] of them. The same numbers give the same files.
//!
//! The second asks the store what a person types and looks at, and prints the best and the worst of [`TIMES`] answers each,
//! in milliseconds; the worst is the first as a rule, which finds nothing in memory.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use letterpress::data::{Events, Profiles};
use letterpress::store::Store;

/// The address of the person with the longest timeline.
const BUSY: &str = "busy.bee@example.com";
/// Events of that person, if there are four times as many in all.
const MOST: u64 = 20_000;
/// How often everything is asked.
const TIMES: usize = 20;
/// Everything happened in the two years before this second.
const END: i64 = 1_795_000_000;
const SPAN: u64 = 2 * 365 * 86_400;

const FIRST: [&str; 40] = [
    "Ada", "Maud", "Theo", "José", "Zoë", "Liam", "Noah", "Emma", "Olivia", "Mia", "Lucas",
    "Ethan", "Aiko", "Ivan", "Fatima", "Chen", "Priya", "Diego", "Sofía", "Hannah", "Jack",
    "Grace", "Omar", "Lena", "Paul", "Anna", "Marie", "Jürgen", "Björn", "Chloé", "Tom", "Ruth",
    "Kofi", "Amara", "Yusuf", "Nina", "Oscar", "Vera", "Hugo", "Iris",
];
const LAST: [&str; 40] = [
    "Byron",
    "Turner",
    "de Vries",
    "García",
    "Smith",
    "Johnson",
    "Williams",
    "Brown",
    "Jones",
    "Miller",
    "Davis",
    "Müller",
    "Schmidt",
    "Tanaka",
    "Nguyen",
    "Kim",
    "Patel",
    "Singh",
    "Rossi",
    "Silva",
    "Okafor",
    "Mensah",
    "Kowalski",
    "Novák",
    "Ivanova",
    "Dubois",
    "Lefèvre",
    "Andersson",
    "Hansen",
    "O'Brien",
    "Murphy",
    "Walker",
    "Young",
    "King",
    "Wright",
    "Lopez",
    "Hill",
    "Scott",
    "Green",
    "Adams",
];
const DOMAINS: [&str; 10] = [
    "gmail.example",
    "example.com",
    "mail.example",
    "outlook.example.com",
    "web.example.org",
    "icloud.example",
    "hotmail.example.com",
    "proton.example",
    "yahoo.example.co.uk",
    "post.example.net",
];
const CITIES: [(&str, &str, &str); 8] = [
    ("Boston", "Massachusetts", "02110"),
    ("Austin", "Texas", "78701"),
    ("Portland", "Oregon", "97201"),
    ("Chicago", "Illinois", "60601"),
    ("Denver", "Colorado", "80202"),
    ("Miami", "Florida", "33101"),
    ("Seattle", "Washington", "98101"),
    ("New York", "New York", "10001"),
];
const TEAS: [&str; 12] = [
    "Sencha of Spring",
    "Rooibos Vanilla",
    "Yunnan Gold",
    "Oolong Milk",
    "Earl Grey",
    "Assam Breakfast",
    "Jasmine Pearls",
    "Gunpowder",
    "Darjeeling First Flush",
    "White Peony",
    "Lapsang Souchong",
    "Matcha",
];
/// Id, name, and its share of a hundred events.
const METRICS: [(&str, &str, u64); 6] = [
    ("Re7Em1", "Received Email", 40),
    ("Op3Em2", "Opened Email", 25),
    ("Vi5Pr3", "Viewed Product", 18),
    ("Ac2Si4", "Active on Site", 10),
    ("Ad6Ca5", "Added to Cart", 4),
    ("Pl9Or6", "Placed Order", 3),
];

/// The same numbers on every machine (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// Klaviyo's ids of profiles are ULIDs: 26 characters that look like chance.
fn id(number: u64) -> String {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut dice = Dice(number ^ 0x5eed);
    let mut id = String::from("01");
    id.extend((0..24).map(|_| char::from(dice.one(LETTERS))));
    id
}

/// Addresses come in all spellings: with dots, digits, plus signs, capitals.
fn address(number: u64, first: &str, last: &str, dice: &mut Dice) -> String {
    if number == 0 {
        return BUSY.to_owned();
    }
    let plain =
        |name: &str| -> String { name.chars().filter(char::is_ascii_alphanumeric).collect() };
    let (first, last) = (plain(first), plain(last));
    let domain = dice.one(&DOMAINS);
    match dice.below(5) {
        0 => format!(
            "{}.{}{number}@{domain}",
            first.to_lowercase(),
            last.to_lowercase()
        ),
        1 => format!(
            "{}{}{number}@{domain}",
            &first[..1].to_lowercase(),
            last.to_lowercase()
        ),
        2 => format!("{first}.{last}{number}@{domain}"),
        3 => format!("{}{number}+shop@{domain}", last.to_lowercase()),
        _ => format!("{:x}@{domain}", dice.next()),
    }
}

fn time(second: i64) -> String {
    let time = Timestamp::from_second(second).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

fn profile(number: u64, dice: &mut Dice) -> String {
    let (first, last) = (dice.one(&FIRST), dice.one(&LAST));
    let email = address(number, first, last, dice);
    let (city, region, zip) = dice.one(&CITIES);
    let created = END - SPAN as i64 + dice.below(SPAN) as i64;
    let phone = match dice.below(3) {
        0 => format!("\"+1617{:07}\"", number % 10_000_000),
        _ => "null".to_owned(),
    };
    let external = match dice.below(2) {
        0 => format!("\"C-{number}\""),
        _ => "null".to_owned(),
    };
    let consent = dice.one(&[
        "SUBSCRIBED",
        "SUBSCRIBED",
        "NEVER_SUBSCRIBED",
        "UNSUBSCRIBED",
    ]);
    format!(
        r#"{{"type":"profile","id":"{}","attributes":{{"email":"{email}","phone_number":{phone},"external_id":{external},"first_name":"{first}","last_name":"{last}","locale":"en-US","created":"{}","updated":"{}","location":{{"city":"{city}","region":"{region}","country":"United States","zip":"{zip}","timezone":"America/New_York"}},"properties":{{"Favorite Tea":"{}","VIP":{},"Points":{},"Tags":["tea","{}"],"Birthday":"19{}-0{}-1{}"}},"subscriptions":{{"email":{{"marketing":{{"consent":"{consent}"}}}}}}}}}}"#,
        id(number),
        time(created),
        time(created + 86_400),
        dice.one(&TEAS),
        dice.below(10) == 0,
        dice.below(2_000),
        dice.one(&["gift", "green", "herbal"]),
        50 + dice.below(50),
        1 + dice.below(9),
        dice.below(10),
    )
}

fn event(number: u64, who: u64, second: i64, dice: &mut Dice) -> String {
    let mut share = dice.below(100);
    let mut metric = 0;
    while share >= METRICS[metric].2 {
        share -= METRICS[metric].2;
        metric += 1;
    }
    let (tea, price) = (dice.one(&TEAS), 400 + dice.below(5_000));
    let (units, cents) = (price / 100, price % 100);
    let properties = match metric {
        0 | 1 => format!(
            r#""Campaign Name":"{tea} is back, week {}","Subject":"Back: {tea}","$message":"{}","Email Domain":"{}","Client Type":"{}","machine_open":{}"#,
            dice.below(104),
            &id(second as u64 / 86_400)[..12],
            dice.one(&DOMAINS),
            dice.one(&["Mobile", "Desktop", "Webmail"]),
            dice.below(4) == 0,
        ),
        2 | 3 => format!(
            r#""ProductID":"NT-{}","ProductName":"{tea}","Categories":["tea","{}"],"Price":"{units}.{cents:02}","URL":"https://northwind-tea.example/p/{}","Browser":"{}""#,
            100 + dice.below(300),
            dice.one(&["green", "black", "herbal"]),
            dice.below(1_000_000),
            dice.one(&["Firefox 140", "Chrome 139", "Safari 19"]),
        ),
        _ => format!(
            r#""$value":{units}.{cents:02},"OrderId":"{number}","Items":[{{"ProductID":"NT-{}","ProductName":"{tea}","Quantity":{},"ItemPrice":{units}.{cents:02}}}],"Source Name":"web","DiscountCode":"{}""#,
            100 + dice.below(300),
            1 + dice.below(3),
            dice.one(&["", "SPRING", "WELCOME10"]),
        ),
    };
    format!(
        r#"{{"type":"event","id":"{}","attributes":{{"timestamp":{second},"datetime":"{}","event_properties":{{{properties}}}}},"relationships":{{"profile":{{"data":{{"type":"profile","id":"{}"}}}},"metric":{{"data":{{"type":"metric","id":"{}"}}}}}}}}"#,
        &id(number ^ 0xe0e0_0000_0000)[2..13],
        time(second),
        id(who),
        METRICS[metric].0,
    )
}

fn make(folder: &Path, profiles: u64, events: u64, seed: u64) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let file = |name: &str| {
        File::create(folder.join(name)).map(|file| BufWriter::with_capacity(1 << 20, file))
    };
    let mut out = file("metrics.jsonl")?;
    for (id, name, _) in METRICS {
        writeln!(
            out,
            r#"{{"type":"metric","id":"{id}","attributes":{{"name":"{name}"}}}}"#
        )?;
    }
    out.flush()?;
    let mut dice = Dice(seed);
    let mut out = file("profiles.jsonl")?;
    for number in 0..profiles {
        writeln!(out, "{}", profile(number, &mut dice))?;
    }
    out.flush()?;
    let mut out = file("events.jsonl")?;
    let every = (events / MOST).max(4);
    for number in 0..events {
        // The square of chance: a hundredth of the people does a tenth of it all.
        let chance = dice.below(1 << 32) as f64 / (1u64 << 32) as f64;
        let who = match number % every {
            0 if number / every < MOST => 0,
            _ => 1 + (chance * chance * profiles.saturating_sub(1) as f64) as u64,
        };
        let second =
            END - SPAN as i64 + (SPAN as u128 * number as u128 / events.max(1) as u128) as i64;
        writeln!(out, "{}", event(number, who, second, &mut dice))?;
    }
    out.flush()?;
    Ok(())
}

/// The best and the worst time, in milliseconds, and what was found.
fn timed(
    what: &str,
    mut ask: impl FnMut() -> Result<String, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let (mut best, mut worst, mut found) = (f64::MAX, 0.0_f64, String::new());
    for _ in 0..TIMES {
        let start = Instant::now();
        found = ask()?;
        let took = start.elapsed().as_secs_f64() * 1e3;
        (best, worst) = (best.min(took), worst.max(took));
    }
    println!("{what:<36} {best:>9.2} {worst:>9.2}   {found}");
    Ok(())
}

fn ask(file: &Path) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let store = Store::open(file)?;
    println!(
        "{:<36} {:>9} {:>9.2}",
        "open",
        "",
        start.elapsed().as_secs_f64() * 1e3
    );
    for query in [
        "a",
        "e",
        "z",
        "ad",
        "jo",
        "zo",
        "com",
        "exa",
        "example.com",
        "ada",
        "ada byron",
        "lefevre",
        "busy.bee",
        BUSY,
        "byron77",
        "bee example",
        "a b",
        "de vries com",
        "xyzzy",
        "+shop@proton.example",
        // Runs of letters that many have, all of them only few.
        "lapsang souchong kowalski 1951",
        "earl@example.com 1999",
        "zoe okafor green matcha yahoo",
        "shop outlook.example.com tea gift ada",
        "example.com nobody",
    ] {
        timed(&format!("search {query}"), || {
            let found = store.search(query, 20)?;
            let matches = found
                .matches
                .map_or("many".to_owned(), |all| all.to_string());
            Ok(format!("{} of {matches}", found.people.len()))
        })?;
    }
    let busy = store
        .profile_by_email(BUSY)?
        .ok_or("it was not made by make_shop")?;
    timed("profile by address", || {
        Ok(store
            .profile_by_email(BUSY)?
            .map_or_else(String::new, |one| one.key().to_owned()))
    })?;
    timed("timeline, first page", || {
        Ok(store
            .timeline_page(&busy, None, None, 20)?
            .len()
            .to_string())
    })?;
    timed("timeline, first page of a metric", || {
        Ok(store
            .timeline_page(&busy, Some("Placed Order"), None, 20)?
            .len()
            .to_string())
    })?;
    timed("counts of that person", || {
        let counts = store.counts(Some(&busy), Timestamp::MIN, Timestamp::MAX)?;
        Ok(counts
            .iter()
            .map(|one| one.count)
            .sum::<usize>()
            .to_string())
    })?;
    timed("number of profiles", || {
        Ok(store.profile_count()?.to_string())
    })?;
    timed("middle profile", || {
        let middle = store.nth_profile(store.profile_count()? / 2)?;
        Ok(middle.map_or_else(String::new, |one| one.key().to_owned()))
    })?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["ask", file] => ask(Path::new(file)),
        [folder, profiles, events] => {
            make(Path::new(folder), profiles.parse()?, events.parse()?, 1)
        }
        [folder, profiles, events, seed] => make(
            Path::new(folder),
            profiles.parse()?,
            events.parse()?,
            seed.parse()?,
        ),
        _ => {
            Err("usage: make_shop FOLDER PROFILES EVENTS [SEED], make_shop ask SHOP.sqlite".into())
        }
    }
}
