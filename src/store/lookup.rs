//! `data`'s traits over the database.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::goods::read_goods;
use super::pages::{Pages, StoredEvent, places};
use super::row::line_of;
use super::settle::{owner, whos_of};
use super::spelled::Spelled;
use super::{Store, StoreError};
use crate::data::{
    Catalog, CatalogCategory, CatalogItem, Coupons, DataError, Event, Events, Found, Goods,
    Identity, ListMember, Lists, Membership, Metric, MetricCount, Profile, Profiles, Rows, names,
    settle,
};

/// How many people or events are read at a time.
const PAGE: usize = 2_000;

/// The profiles of these people, in this order.
pub(super) fn profiles_of(
    connection: &Connection,
    people: &[i64],
) -> Result<Vec<Arc<Profile>>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT along, json FROM profile WHERE person = ? ORDER BY source, line, line_id",
    )?;
    let mut lines: Vec<Vec<(bool, String)>> = Vec::with_capacity(people.len());
    for person in people {
        let rows = statement.query_map([person], |row| Ok((row.get(0)?, row.get(1)?)))?;
        lines.push(rows.collect::<Result<_, _>>()?);
    }
    lines.into_par_iter().map(profile_of).collect()
}

fn profile_of(lines: Vec<(bool, String)>) -> Result<Arc<Profile>, StoreError> {
    if let [(_, json)] = &lines[..]
        && let Ok(profile) = Profile::from_json(json)
    {
        return Ok(Arc::new(profile));
    }
    let lines = lines
        .iter()
        .map(|(along, json)| line_of(json, *along))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(settle(&lines)))
}

/// People whom events name, by the number of the name.
type Known = HashMap<i64, Arc<Identity>>;

impl Store {
    fn asked<T>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, DataError> {
        ask(&self.connection()).map_err(|error| error.of(self.path()).lookup())
    }

    fn one(&self, kind: u8, name: &str) -> Result<Option<Arc<Profile>>, DataError> {
        self.asked(|connection| {
            let person = owner(connection, kind, name)?;
            Ok(profiles_of(connection, person.as_slice())?.pop())
        })
    }

    /// The number of the person that a profile is.
    fn number(connection: &Connection, profile: &Profile) -> Result<Option<i64>, StoreError> {
        for (kind, name) in names(&Identity::from(profile)) {
            if let Some(person) = owner(connection, kind, &name)? {
                return Ok(Some(person));
            }
        }
        Ok(None)
    }

    fn spelled(&self, connection: &Connection) -> Result<Arc<Spelled>, StoreError> {
        if let Some(known) = self.metrics.get() {
            return Ok(known.clone());
        }
        let read = Arc::new(Spelled::read(connection)?);
        Ok(self.metrics.get_or_init(|| read).clone())
    }

    /// A page of what the names of one person in events did, newest first.
    fn page(
        &self,
        connection: &Connection,
        whos: &[i64],
        spellings: Option<&[i64]>,
        after: Option<(i64, String)>,
        most: usize,
        who: &Arc<Identity>,
    ) -> Result<Vec<Arc<Event>>, StoreError> {
        let spelled = self.spelled(connection)?;
        let mut sql = format!(
            "SELECT {}, time, id FROM event WHERE who = ? AND hidden = 0",
            StoredEvent::COLUMNS
        );
        if after.is_some() {
            sql.push_str(" AND (time, id) < (?, ?)");
        }
        if let Some(spellings) = spellings {
            sql.push_str(&format!(" AND spelling IN ({})", places(spellings.len())));
        }
        sql.push_str(" ORDER BY time DESC, id DESC LIMIT ?");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut found: Vec<(i64, String, StoredEvent)> = Vec::new();
        for number in whos {
            let mut values: Vec<rusqlite::types::Value> = vec![(*number).into()];
            if let Some((time, id)) = &after {
                values.extend([(*time).into(), id.clone().into()]);
            }
            values.extend(spellings.unwrap_or_default().iter().map(|&one| one.into()));
            values.push((most as i64).into());
            let mut rows = statement.query(params_from_iter(values))?;
            while let Some(row) = rows.next()? {
                found.push((row.get(4)?, row.get(5)?, StoredEvent::of(row)?));
            }
        }
        if whos.len() > 1 {
            found.sort_by(|a, b| (b.0, &b.1).cmp(&(a.0, &a.1)));
            found.truncate(most);
        }
        found
            .into_par_iter()
            .map(|(_, _, stored)| stored.event(&spelled, Some(who)))
            .collect()
    }

    /// Those whom events name and who are people that are known, by the number of the name.
    fn known(connection: &Connection) -> Result<Known, StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT who.who, person.person, person.id, person.external_id, person.email, person.phone_number
             FROM who JOIN person USING (person)",
        )?;
        let mut rows = statement.query([])?;
        let mut all = HashMap::new();
        let mut people: HashMap<i64, Arc<Identity>> = HashMap::new();
        while let Some(row) = rows.next()? {
            let person: i64 = row.get(1)?;
            let who = match people.get(&person) {
                Some(who) => who.clone(),
                None => {
                    let who = Arc::new(Identity {
                        id: row.get(2)?,
                        external_id: row.get(3)?,
                        email: row.get(4)?,
                        phone_number: row.get(5)?,
                    });
                    people.insert(person, who.clone());
                    who
                }
            };
            all.insert(row.get(0)?, who);
        }
        Ok(all)
    }

    /// All events, or those of some metrics, page by page.
    fn all_events(&self, names: Option<Vec<String>>) -> Rows<'_, Event> {
        let mut last = (-1, -1, -1);
        let mut started: Option<(Known, Option<Vec<i64>>)> = None;
        Pages::rows(move || {
            let connection = self.connection();
            let read = || -> Result<Vec<Arc<Event>>, StoreError> {
                let spelled = self.spelled(&connection)?;
                if started.is_none() {
                    let wanted = names.as_ref().map(|names| {
                        let names: Vec<&str> = names.iter().map(String::as_str).collect();
                        spelled.spellings(&names)
                    });
                    started = Some((Store::known(&connection)?, wanted));
                }
                let Some((known, wanted)) = &started else {
                    return Ok(Vec::new());
                };
                let only = match wanted {
                    Some(wanted) => format!(" AND spelling IN ({})", places(wanted.len())),
                    None => String::new(),
                };
                let sql = format!(
                    "SELECT {}, source, line FROM event WHERE (source, line, event) > (?, ?, ?) AND hidden = 0{only}
                     ORDER BY source, line, event LIMIT {PAGE}",
                    StoredEvent::COLUMNS
                );
                let mut values = vec![last.0, last.1, last.2];
                values.extend(wanted.iter().flatten());
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query(params_from_iter(values))?;
                let mut page = Vec::with_capacity(PAGE);
                while let Some(row) = rows.next()? {
                    let stored = StoredEvent::of(row)?;
                    last = (row.get(4)?, row.get(5)?, stored.number);
                    page.push(stored);
                }
                page.into_par_iter()
                    .map(|stored| stored.event(&spelled, known.get(&stored.who)))
                    .collect()
            };
            let mut read = read;
            read().map_err(|error| error.of(self.path()))
        })
    }

    fn goods(&self) -> Result<&Goods, DataError> {
        if let Some(goods) = self.goods.get() {
            return Ok(goods);
        }
        let goods = self.asked(|connection| Ok(read_goods(connection)?.0))?;
        Ok(self.goods.get_or_init(|| goods))
    }

    /// The codes of coupons: those of the data folder, then imported ones.
    ///
    /// # Errors
    /// The database failed.
    pub fn coupons(&self) -> Result<Coupons, StoreError> {
        let read = || -> Result<Coupons, StoreError> {
            let connection = self.connection();
            let mut statement = connection.prepare_cached(
                "SELECT coupon, code FROM coupon GROUP BY coupon, code ORDER BY min(source), min(line)",
            )?;
            let mut rows = statement.query([])?;
            let mut coupons = Coupons::default();
            while let Some(row) = rows.next()? {
                coupons.put(row.get(0)?, row.get(1)?);
            }
            Ok(coupons)
        };
        read().map_err(|error| error.of(self.path()))
    }
}

impl Store {
    /// Hands over all postal codes, those of the data folder and imported ones: country, code, latitude, longitude.
    ///
    /// # Errors
    /// The database failed.
    pub fn postal_codes(
        &self,
        mut each: impl FnMut(&str, &str, f64, f64),
    ) -> Result<(), StoreError> {
        let mut read = || -> Result<(), StoreError> {
            let connection = self.connection();
            let mut statement = connection.prepare_cached(
                "SELECT country, code, latitude, longitude FROM postal_code ORDER BY country, code, latitude, longitude",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (country, code): (String, String) = (row.get(0)?, row.get(1)?);
                each(&country, &code, row.get(2)?, row.get(3)?);
            }
            Ok(())
        };
        read().map_err(|error| error.of(self.path()))
    }
}

/// Something has changed: whoever remembers the state before sees it.
pub(super) fn change_state(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute("UPDATE state SET token = random()", [])?;
    Ok(())
}

impl Profiles for Store {
    fn state(&self) -> Result<i64, DataError> {
        let connection = self.connection();
        let ask = || -> Result<i64, rusqlite::Error> {
            let mut ask = connection.prepare_cached("SELECT token FROM state")?;
            ask.query_row([], |row| row.get(0))
        };
        ask().map_err(|error| StoreError::from(error).lookup())
    }
    fn profile(&self, id: &str) -> Result<Option<Arc<Profile>>, DataError> {
        self.one(0, id)
    }
    fn profile_by_external_id(&self, id: &str) -> Result<Option<Arc<Profile>>, DataError> {
        self.one(1, id)
    }
    fn profile_by_email(&self, address: &str) -> Result<Option<Arc<Profile>>, DataError> {
        self.one(2, &address.trim().to_lowercase())
    }
    fn profile_by_phone_number(&self, number: &str) -> Result<Option<Arc<Profile>>, DataError> {
        self.one(3, number)
    }
    fn profiles(&self) -> Rows<'_, Profile> {
        let mut last = (-1, -1, -1);
        Pages::rows(move || {
            let connection = self.connection();
            let people = {
                let mut statement = connection.prepare_cached(
                    "SELECT source, line, person FROM person WHERE (source, line, person) > (?, ?, ?)
                     ORDER BY source, line, person LIMIT ?",
                )?;
                let rows = statement
                    .query_map(params![last.0, last.1, last.2, PAGE as i64], |row| {
                        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                    })?;
                rows.collect::<Result<Vec<(i64, i64, i64)>, _>>()?
            };
            last = people.last().copied().unwrap_or(last);
            let people: Vec<i64> = people.into_iter().map(|(_, _, person)| person).collect();
            profiles_of(&connection, &people).map_err(|error| error.of(self.path()))
        })
    }
    fn profile_count(&self) -> Result<usize, DataError> {
        self.asked(|connection| {
            let count: i64 =
                connection.query_row("SELECT count(*) FROM person", [], |row| row.get(0))?;
            Ok(count as usize)
        })
    }
    fn nth_profile(&self, place: usize) -> Result<Option<Arc<Profile>>, DataError> {
        self.asked(|connection| {
            let person: Option<i64> = connection
                .prepare_cached(
                    "SELECT person FROM person ORDER BY source, line, person LIMIT 1 OFFSET ?",
                )?
                .query_row([place as i64], |row| row.get(0))
                .optional()?;
            Ok(profiles_of(connection, person.as_slice())?.pop())
        })
    }
    fn profile_place(&self, profile: &Profile) -> Result<Option<usize>, DataError> {
        self.asked(|connection| {
            let Some(person) = Store::number(connection, profile)? else {
                return Ok(None);
            };
            let before: i64 = connection
                .prepare_cached(
                    "SELECT count(*) FROM person WHERE (source, line, person) <
                     (SELECT source, line, person FROM person WHERE person = ?)",
                )?
                .query_row([person], |row| row.get(0))?;
            Ok(Some(before as usize))
        })
    }
    fn search(&self, query: &str, most: usize) -> Result<Found, DataError> {
        self.found(query, most)
            .map_err(|error| error.of(self.path()).lookup())
    }
}

impl Events for Store {
    fn event(&self, id: &str) -> Result<Option<Arc<Event>>, DataError> {
        self.asked(|connection| {
            let stored = connection
                .prepare_cached(&format!(
                    "SELECT {} FROM event WHERE id = ? AND id <> '' AND hidden = 0 ORDER BY source, line LIMIT 1",
                    StoredEvent::COLUMNS
                ))?
                .query_row([id], StoredEvent::of)
                .optional()?;
            let Some(stored) = stored else {
                return Ok(None);
            };
            let person: Option<i64> = connection
                .prepare_cached("SELECT person FROM who WHERE who = ?")?
                .query_row([stored.who], |row| row.get(0))?;
            let who = profiles_of(connection, person.as_slice())?
                .pop()
                .map(|profile| Arc::new(Identity::from(&*profile)));
            let spelled = self.spelled(connection)?;
            Ok(Some(stored.event(&spelled, who.as_ref())?))
        })
    }

    fn timeline(&self, profile: &Profile) -> Rows<'_, Event> {
        let profile = profile.clone();
        let mut last: Option<Arc<Event>> = None;
        let mut most = 50;
        Pages::rows(move || {
            let page = self.timeline_page(&profile, None, last.as_deref(), most)?;
            last = page.last().cloned();
            most = PAGE;
            Ok(page)
        })
    }

    fn timeline_page(
        &self,
        profile: &Profile,
        metric: Option<&str>,
        after: Option<&Event>,
        most: usize,
    ) -> Result<Vec<Arc<Event>>, DataError> {
        self.asked(|connection| {
            let Some(person) = Store::number(connection, profile)? else {
                return Ok(Vec::new());
            };
            let whos = whos_of(connection, person)?;
            let spelled = self.spelled(connection)?;
            let spellings = metric.map(|name| spelled.spellings(&[name]));
            let after = after.map(|event| (event.time.as_second(), event.id().to_owned()));
            let who = profiles_of(connection, &[person])?.pop();
            let who = Arc::new(
                who.map(|profile| Identity::from(&*profile))
                    .unwrap_or_default(),
            );
            self.page(connection, &whos, spellings.as_deref(), after, most, &who)
        })
    }

    fn latest_event(
        &self,
        profile: &Profile,
        metric: &str,
    ) -> Result<Option<Arc<Event>>, DataError> {
        Ok(self.timeline_page(profile, Some(metric), None, 1)?.pop())
    }

    fn counts(
        &self,
        of: Option<&Profile>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<MetricCount>, DataError> {
        self.asked(|connection| {
            let spelled = self.spelled(connection)?;
            let whos = match of {
                None => vec![None],
                Some(profile) => match Store::number(connection, profile)? {
                    None => Vec::new(),
                    Some(person) => whos_of(connection, person)?.into_iter().map(Some).collect(),
                },
            };
            let mut counts: BTreeMap<u32, MetricCount> = BTreeMap::new();
            for who in whos {
                let only = if who.is_some() {
                    "who = ?3 AND"
                } else {
                    "?3 IS NULL AND"
                };
                let mut statement = connection.prepare_cached(&format!(
                    "SELECT spelling, count(*), total(value), min(time), max(time) FROM event
                     WHERE {only} hidden = 0 AND time BETWEEN ?1 AND ?2 GROUP BY spelling"
                ))?;
                let mut rows = statement.query(params![from.as_second(), to.as_second(), who])?;
                while let Some(row) = rows.next()? {
                    let spelling: i64 = row.get(0)?;
                    let (Some(&place), Some(metric)) =
                        (spelled.of.get(&spelling), spelled.metric(spelling))
                    else {
                        continue;
                    };
                    let count: i64 = row.get(1)?;
                    let value: f64 = row.get(2)?;
                    let instant = |second: i64| Timestamp::from_second(second).unwrap_or_default();
                    let (first, last) = (instant(row.get(3)?), instant(row.get(4)?));
                    let known = counts.entry(place).or_insert_with(|| MetricCount {
                        metric: metric.clone(),
                        count: 0,
                        value: 0.0,
                        first,
                        last,
                    });
                    known.count += count as usize;
                    known.value += value;
                    known.first = known.first.min(first);
                    known.last = known.last.max(last);
                }
            }
            Ok(counts.into_values().collect())
        })
    }

    fn events(&self) -> Rows<'_, Event> {
        self.all_events(None)
    }

    fn events_of<'a>(&'a self, metrics: &'a [&'a str]) -> Rows<'a, Event> {
        self.all_events(Some(metrics.iter().map(|&name| name.to_owned()).collect()))
    }

    fn event_count(&self) -> Result<usize, DataError> {
        self.asked(|connection| {
            let count: i64 =
                connection.query_row("SELECT count(*) FROM event WHERE hidden = 0", [], |row| {
                    row.get(0)
                })?;
            Ok(count as usize)
        })
    }

    fn metrics(&self) -> Result<Vec<Arc<Metric>>, DataError> {
        self.asked(|connection| Ok(self.spelled(connection)?.metrics.list.clone()))
    }
}

impl Catalog for Store {
    fn item(&self, id: &str) -> Result<Option<Arc<CatalogItem>>, DataError> {
        Ok(self.goods()?.item(id).cloned())
    }
    fn item_of_variant(&self, id: &str) -> Result<Option<Arc<CatalogItem>>, DataError> {
        Ok(self.goods()?.item_of_variant(id).cloned())
    }
    fn items(&self) -> Rows<'_, CatalogItem> {
        match self.goods() {
            Ok(goods) => Box::new(goods.items.iter().map(|item| Ok(item.clone()))),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }
    fn item_count(&self) -> Result<usize, DataError> {
        Ok(self.goods()?.items.len())
    }
    fn categories(&self) -> Result<Vec<Arc<CatalogCategory>>, DataError> {
        Ok(self.goods()?.categories.clone())
    }
}

impl Lists for Store {
    fn lists(&self) -> Result<Vec<String>, DataError> {
        self.asked(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT list FROM list UNION SELECT list FROM member ORDER BY list",
            )?;
            let lists = statement.query_map([], |row| row.get(0))?;
            Ok(lists.collect::<Result<_, _>>()?)
        })
    }

    fn lists_of(&self, profile: &Profile) -> Result<Vec<Membership>, DataError> {
        self.asked(|connection| {
            let Some(person) = Store::number(connection, profile)? else {
                return Ok(Vec::new());
            };
            let mut lists: BTreeMap<String, Option<i64>> = BTreeMap::new();
            let mut lines =
                connection.prepare_cached("SELECT json FROM profile WHERE person = ?")?;
            let lines = lines
                .query_map([person], |row| row.get(0))?
                .collect::<Result<Vec<String>, _>>()?;
            for json in lines {
                for (kind, name) in line_of(&json, false)?.names() {
                    if owner(connection, kind, &name)? != Some(person) {
                        continue;
                    }
                    let mut members = connection.prepare_cached(
                        "SELECT list, min(joined) FROM member WHERE kind = ? AND value = ? GROUP BY list",
                    )?;
                    let mut rows = members.query(params![kind, &*name])?;
                    while let Some(row) = rows.next()? {
                        let joined: Option<i64> = row.get(1)?;
                        let known = lists.entry(row.get(0)?).or_insert(joined);
                        *known = match (*known, joined) {
                            (Some(a), Some(b)) => Some(a.min(b)),
                            (a, b) => a.or(b),
                        };
                    }
                }
            }
            Ok(lists
                .into_iter()
                .map(|(list, joined)| Membership {
                    list,
                    joined: joined.and_then(|second| Timestamp::from_second(second).ok()),
                })
                .collect())
        })
    }

    fn list_members(&self, list: &str) -> Result<Vec<ListMember>, DataError> {
        self.asked(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT kind, value, min(joined) FROM member WHERE list = ? GROUP BY kind, value",
            )?;
            let mut rows = statement.query([list])?;
            let mut joined: BTreeMap<i64, Option<i64>> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let name: String = row.get(1)?;
                let Some(person) = owner(connection, row.get(0)?, &name)? else {
                    continue;
                };
                let one: Option<i64> = row.get(2)?;
                let known = joined.entry(person).or_insert(one);
                *known = match (*known, one) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
            let mut people = connection.prepare_cached(
                "SELECT id, external_id, email, phone_number FROM person WHERE person = ?",
            )?;
            let mut members = Vec::with_capacity(joined.len());
            for (person, joined) in joined {
                let who = people.query_row([person], |row| {
                    Ok(Identity {
                        id: row.get(0)?,
                        external_id: row.get(1)?,
                        email: row.get(2)?,
                        phone_number: row.get(3)?,
                    })
                })?;
                let joined = joined.and_then(|second| Timestamp::from_second(second).ok());
                members.push((Arc::new(who), joined));
            }
            Ok(members)
        })
    }
}
