//! Mappings whose values are made when a template reads them.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};

use crate::value::Value;

/// Something that looks like a mapping to a template.
pub(crate) trait Named: Send + Sync + 'static {
    /// What a name stands for; None where it stands for nothing.
    fn get(&self, name: &str) -> Option<Value>;

    /// The names that a dump lists, in a fixed order.
    fn names(&self) -> Vec<Value>;
}

/// The value of a [`Named`] thing.
pub(crate) fn value<T: Named>(thing: T) -> Value {
    Value::from_object(Lazy(thing))
}

struct Lazy<T>(T);

impl<T: Named> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.names();
        let entry = |name: &Value| {
            self.0
                .get(name.as_str().unwrap_or_default())
                .unwrap_or_default()
        };
        f.debug_map()
            .entries(names.iter().map(|name| (name, entry(name))))
            .finish()
    }
}

impl<T: Named> Object for Lazy<T> {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_str()?)
    }
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.get(key)
    }
    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.names())
    }
}
