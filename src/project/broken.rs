//! A database whose every lookup fails: nobody may take that for an empty one.

use std::sync::Arc;

use super::{ChoiceError, Data, Project, ProjectError, SelectError, Selector, Wish};
use crate::campaign::{Audience, CampaignFile};
use crate::check::Checker;
use crate::data::{
    Activity, Catalog, CatalogItem, DataError, Event, Events, Found, ListMember, Lists, Membership,
    Profile, Profiles, Rows, Snapshot, find_items,
};
use crate::email::{Outcome, Recipient};
use crate::mjml::Picked;

#[derive(Debug)]
struct Broken;

fn lost<T>() -> Result<T, DataError> {
    Err(DataError::Lookup("the disk is gone".into()))
}

fn no_rows<'a, T: Send + Sync + 'a>() -> Rows<'a, T> {
    Box::new(std::iter::once_with(lost))
}

impl Profiles for Broken {
    fn profile(&self, _: &str) -> Result<Option<Arc<Profile>>, DataError> {
        lost()
    }
    fn profile_by_external_id(&self, _: &str) -> Result<Option<Arc<Profile>>, DataError> {
        lost()
    }
    fn profile_by_email(&self, _: &str) -> Result<Option<Arc<Profile>>, DataError> {
        lost()
    }
    fn profile_by_phone_number(&self, _: &str) -> Result<Option<Arc<Profile>>, DataError> {
        lost()
    }
    fn profiles(&self) -> Rows<'_, Profile> {
        no_rows()
    }
    fn profile_count(&self) -> Result<usize, DataError> {
        lost()
    }
    fn search(&self, _: &str, _: usize) -> Result<Found, DataError> {
        lost()
    }
}

impl Events for Broken {
    fn event(&self, _: &str) -> Result<Option<Arc<Event>>, DataError> {
        lost()
    }
    fn timeline(&self, _: &Profile) -> Rows<'_, Event> {
        no_rows()
    }
    fn events(&self) -> Rows<'_, Event> {
        no_rows()
    }
    fn event_count(&self) -> Result<usize, DataError> {
        lost()
    }
}

impl Catalog for Broken {
    fn item(&self, _: &str) -> Result<Option<Arc<CatalogItem>>, DataError> {
        lost()
    }
    fn item_of_variant(&self, _: &str) -> Result<Option<Arc<CatalogItem>>, DataError> {
        lost()
    }
    fn items(&self) -> Rows<'_, CatalogItem> {
        no_rows()
    }
    fn item_count(&self) -> Result<usize, DataError> {
        lost()
    }
}

impl Lists for Broken {
    fn lists(&self) -> Result<Vec<String>, DataError> {
        lost()
    }
    fn lists_of(&self, _: &Profile) -> Result<Vec<Membership>, DataError> {
        lost()
    }
    fn list_members(&self, _: &str) -> Result<Vec<ListMember>, DataError> {
        lost()
    }
}

fn ada() -> Profile {
    Profile::from_json(r#"{"email": "ada@example.com"}"#).unwrap()
}

/// The sample with its emails and feeds, its database broken.
fn project() -> Project {
    let project = Project::open(env!("CARGO_MANIFEST_DIR")).unwrap();
    let feeds = project.data().unwrap().feeds.clone();
    let project = project.with_fresh_data();
    let data = Data {
        feeds,
        ..Data::new(Arc::new(Broken), Vec::new())
    };
    assert!(project.data.set(Arc::new(data)).is_ok());
    project
}

#[test]
fn selectors_say_so() {
    for text in [
        "ada@example.com",
        "id:1",
        "ext:1",
        "first",
        "nth:3",
        "random",
    ] {
        let found = Selector::profile(text).unwrap().find_profile(&Broken, 1);
        assert!(matches!(found, Err(SelectError::Data(_))), "{text}");
    }
    for text in ["latest", "latest:\"Placed Order\"", "id:1"] {
        let found = Selector::event(text).unwrap().find_event(&Broken, &ada());
        assert!(matches!(found, Err(SelectError::Data(_))), "{text}");
    }
}

#[test]
fn what_is_shown_of_people_says_so() {
    let now = "2026-11-20T18:00:00Z".parse().unwrap();
    assert!(Activity::of(&Broken, &ada(), now).is_err());
    assert!(Snapshot::of(&Broken, &ada(), now).is_err());
    assert!(find_items(&Broken, "tea", 0, 1).is_err());
    assert!(Audience::choose(&CampaignFile::default(), Broken.profiles()).is_err());
}

#[test]
fn renders_and_checks_say_so() {
    let project = project();
    let now: jiff::ZonedDateTime = "2026-11-20T18:00:00[UTC]".parse().unwrap();
    let email = project.engine().email("winback").unwrap();
    let chosen = Wish::default().choose(&email, Some(&project));
    assert!(matches!(chosen, Err(ChoiceError::Data(_))), "{chosen:?}");
    let checker = Checker::new(&project, &now).map(|_| ());
    assert!(matches!(checker, Err(ProjectError::Data(_))), "{checker:?}");
    assert!(matches!(project.picked("NT-101"), Picked::NoCatalog));

    let (world, _) = project.world_with_keys(now, None).unwrap();
    assert!(!email.needs().feeds.is_empty());
    assert!(world.prepare(&email).is_err());
    assert!(world.recipient(Recipient::new(ada()), &email).is_err());

    // A template cannot be told; whoever renders can.
    assert!(world.failure().is_none());
    let engine = crate::email::Engine::builder()
        .template(
            "t.txt",
            "{% catalog 'T-1' %}{{ catalog_item.title }}{% endcatalog %}",
        )
        .build()
        .unwrap();
    let outcome = engine.document("t.txt").unwrap();
    let outcome = outcome.render(&Recipient::new(ada()), &world);
    assert!(matches!(outcome, Outcome::Skipped(_)), "{outcome:?}");
    assert_eq!(world.failure().unwrap().to_string(), "the disk is gone");
    assert!(world.sound().is_err());
}

#[test]
fn a_wrong_address_among_many_people_still_has_a_nearest() {
    let mut shop = crate::data::Shop::builder();
    for number in 0..3_000 {
        let json = format!(r#"{{"email": "somebody{number}@example.com"}}"#);
        shop = shop.profile(Profile::from_json(&json).unwrap());
    }
    let zoe = r#"{"email": "josephine.baker@shop.example"}"#;
    let (shop, _) = shop.profile(Profile::from_json(zoe).unwrap()).build();
    for wrong in [
        "josefine.baker@shop.example",
        "josephine.backer@shop.example",
    ] {
        let wrong = Selector::profile(wrong).unwrap();
        let told = wrong.find_profile(&shop, 0).unwrap_err().to_string();
        assert!(
            told.ends_with("did you mean josephine.baker@shop.example?"),
            "{told}"
        );
    }
    let place = |who: &Profile| Profiles::profile_place(&shop, who).unwrap();
    assert_eq!(place(&Profile::from_json(zoe).unwrap()), Some(3_000));
    assert_eq!(place(&ada()), None);
}
