//! JSON text into values, in one pass, mappings in the order they were written.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use serde::de::{self, Deserialize, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, Serialize};

/// Reads one JSON value.
///
/// Integers stay apart from floats (`1` and `1.0`); integers beyond 64 bits become floats; a key that is repeated
/// keeps its first place and takes its last value, as in Python's `json`.
///
/// # Errors
/// The text is not one JSON value.
pub fn from_json(json: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str::<JsonValue>(json).map(|v| v.0)
}

/// Turns anything that serde can write as JSON into a value.
///
/// # Errors
/// `data` has no JSON form, for example a mapping whose keys are lists.
pub fn from_serialize<T: Serialize + ?Sized>(data: &T) -> Result<Value, serde_json::Error> {
    // By way of text: minijinja's own serializer sorts the keys of mappings.
    from_json(&serde_json::to_string(data)?)
}

/// For `#[serde(deserialize_with = …)]`: a field that holds any JSON value.
///
/// # Errors
/// The input is not a JSON value.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    JsonValue::deserialize(deserializer).map(|v| v.0)
}

struct JsonValue(Value);

impl<'de> Deserialize<'de> for JsonValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor).map(JsonValue)
    }
}

struct JsonVisitor;

impl<'de> DeserializeSeed<'de> for JsonVisitor {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E: de::Error>(self, v: bool) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_u64<E: de::Error>(self, v: u64) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_f64<E: de::Error>(self, v: f64) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_str<E: de::Error>(self, v: &str) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_string<E: de::Error>(self, v: String) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::from(()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(4));
        while let Some(item) = seq.next_element_seed(JsonVisitor)? {
            items.push(item);
        }
        Ok(Value::from_object(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut pairs = Vec::with_capacity(8);
        while let Some(key) = map.next_key_seed(JsonVisitor)? {
            pairs.push((key, map.next_value_seed(JsonVisitor)?));
        }
        Ok(Value::from_object(Pairs::new(pairs)))
    }
}

/// A mapping that keeps its order: a plain list of pairs, with an index once it is large.
///
/// A cart's mapping has a handful of keys, where comparing beats hashing and building costs next to nothing.
pub struct Pairs {
    pairs: Vec<(Value, Value)>,
    /// Positions sorted by key, for mappings of more than [`Pairs::LINEAR`] keys.
    sorted: Option<Box<[u32]>>,
}

impl Pairs {
    const LINEAR: usize = 24;

    /// The mapping of these pairs; of a repeated key the last value counts, at the place of the first.
    pub fn new(mut pairs: Vec<(Value, Value)>) -> Pairs {
        if pairs.len() <= Pairs::LINEAR {
            for later in (1..pairs.len()).rev() {
                if let Some(first) = (0..later).find(|&i| same_key(&pairs[i].0, &pairs[later].0)) {
                    pairs[first].1 = pairs.remove(later).1;
                }
            }
            return Pairs {
                pairs,
                sorted: None,
            };
        }
        let mut order: Vec<u32> = (0..pairs.len() as u32).collect();
        let key = |i: u32| pairs[i as usize].0.as_str().unwrap_or_default();
        order.sort_by(|&a, &b| key(a).cmp(key(b)).then(a.cmp(&b)));
        let mut dropped = vec![false; pairs.len()];
        let mut values: Vec<(usize, usize)> = Vec::new();
        for run in order.chunk_by(|&a, &b| same_key(&pairs[a as usize].0, &pairs[b as usize].0)) {
            if let [first, .., last] = run {
                values.push((*first as usize, *last as usize));
                for &later in &run[1..] {
                    dropped[later as usize] = true;
                }
            }
        }
        if !values.is_empty() {
            for (first, last) in values {
                pairs[first].1 = pairs[last].1.clone();
            }
            let mut keep = dropped.iter().map(|d| !d);
            pairs.retain(|_| keep.next().unwrap_or(true));
            return Pairs::new(pairs);
        }
        Pairs {
            pairs,
            sorted: Some(order.into_boxed_slice()),
        }
    }

    /// The pairs in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Value, &Value)> {
        self.pairs.iter().map(|(k, v)| (k, v))
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match &self.sorted {
            None => self
                .pairs
                .iter()
                .find(|(k, _)| k.as_str() == Some(key))
                .map(|(_, v)| v),
            Some(sorted) => sorted
                .binary_search_by(|&i| {
                    self.pairs[i as usize]
                        .0
                        .as_str()
                        .unwrap_or_default()
                        .cmp(key)
                })
                .ok()
                .map(|at| &self.pairs[sorted[at] as usize].1),
        }
    }
}

fn same_key(a: &Value, b: &Value) -> bool {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => a == b,
        _ => super::equal(a, b),
    }
}

impl fmt::Debug for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Object for Pairs {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some(key) => self.get(key).cloned(),
            None => self
                .pairs
                .iter()
                .find(|(k, _)| super::equal(k, key))
                .map(|(_, v)| v.clone()),
        }
    }
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.get(key).cloned()
    }
    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.pairs.iter().map(|(k, _)| k.clone()).collect())
    }
    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.pairs.len())
    }
}

impl<K: Into<Value>, V: Into<Value>> FromIterator<(K, V)> for Pairs {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Pairs {
        Pairs::new(
            pairs
                .into_iter()
                .map(|(k, v)| (k.into(), v.into()))
                .collect(),
        )
    }
}

impl From<Pairs> for Value {
    fn from(pairs: Pairs) -> Value {
        Value::from_object(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_numbers_and_integers_stay_apart_from_floats() {
        // `arbitrary_precision` anywhere in the build would turn numbers into mappings.
        let v = from_json("[1, 1.0, -3, 18446744073709551615, 1e400]");
        assert!(v.is_err(), "1e400 is out of range");
        let v = from_json("[1, 1.0, -3, 18446744073709551615]").unwrap();
        let kinds: Vec<(bool, bool)> = v
            .try_iter()
            .unwrap()
            .map(|n| (n.is_number(), n.is_integer()))
            .collect();
        assert_eq!(
            kinds,
            [(true, true), (true, false), (true, true), (true, true)]
        );
    }

    #[test]
    fn large_and_small_mappings_answer_alike() {
        for n in [3usize, 24, 25, 400] {
            let json = format!(
                "{{{}, \"k1\": \"last\"}}",
                (0..n)
                    .map(|i| format!("\"k{i}\": {i}"))
                    .collect::<Vec<_>>()
                    .join(",")
            );
            let v = from_json(&json).unwrap();
            let pairs = v.downcast_object_ref::<Pairs>().unwrap();
            assert_eq!(pairs.iter().len(), n);
            assert_eq!(pairs.get("k1").unwrap().as_str(), Some("last"));
            assert_eq!(pairs.iter().nth(1).unwrap().0.as_str(), Some("k1"));
            for i in (0..n).filter(|&i| i != 1) {
                assert_eq!(pairs.get(&format!("k{i}")).unwrap().as_usize(), Some(i));
            }
            assert!(pairs.get("no").is_none());
        }
    }
}
