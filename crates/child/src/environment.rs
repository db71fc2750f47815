//! A child's environment: the parent's, with an overlay. Pure but for one look at the parent's.
//!
//! Node's `env` replaces the whole environment; that is [`Environment::clear`] and then one variable after another.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use ferronode_ipc::{CHANNEL_FD, CHANNEL_MODE, Mode, UNIQUE_ID};

/// What is to be different in the child.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    is_cleared: bool,
    /// `None` keeps a variable from the child.
    overlay: BTreeMap<OsString, Option<OsString>>,
}

impl Environment {
    pub(crate) fn set(&mut self, name: &OsStr, value: &OsStr) {
        self.overlay.insert(name.to_owned(), Some(value.to_owned()));
    }

    pub(crate) fn remove(&mut self, name: &OsStr) {
        self.overlay.insert(name.to_owned(), None);
    }

    pub(crate) fn clear(&mut self) {
        self.is_cleared = true;
        self.overlay.clear();
    }

    /// All variables of the child. What made this process a child is not passed on; a channel adds its own.
    pub(crate) fn full(&self, channel: Option<(usize, Mode)>) -> BTreeMap<OsString, OsString> {
        let mut all = BTreeMap::new();
        if !self.is_cleared {
            let ours = [CHANNEL_FD, CHANNEL_MODE, UNIQUE_ID];
            // A name with `=` in it is the system's to read (`=x=1` in the environment), and nobody's to write.
            let is_name = |name: &OsString| !name.is_empty() && !name.as_encoded_bytes().contains(&b'=');
            let inherited =
                std::env::vars_os().filter(|(name, _)| is_name(name) && !ours.iter().any(|our| name == our));
            all.extend(inherited);
        }
        for (name, value) in &self.overlay {
            match value {
                Some(value) => all.insert(name.clone(), value.clone()),
                None => all.remove(name),
            };
        }
        if let Some((number, mode)) = channel {
            all.insert(CHANNEL_FD.into(), number.to_string().into());
            all.insert(CHANNEL_MODE.into(), mode.name().into());
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlay_adds_replaces_and_removes() {
        let mut environment = Environment::default();
        environment.set("COLOR".as_ref(), "red".as_ref());
        environment.remove("PATH".as_ref());
        let all = environment.full(None);
        assert_eq!(all.get(OsStr::new("COLOR")), Some(&"red".into()));
        assert!(!all.contains_key(OsStr::new("PATH")));
        assert!(all.len() > 1, "the rest is the parent's");
    }

    #[test]
    fn a_cleared_environment_has_what_was_set_since_and_the_channel() {
        let mut environment = Environment::default();
        environment.set("LOST".as_ref(), "".as_ref());
        environment.clear();
        environment.set("A".as_ref(), "1".as_ref());
        let names: Vec<_> = environment.full(Some((4, Mode::Json))).into_iter().collect();
        let expected = [("A", "1"), (CHANNEL_FD, "4"), (CHANNEL_MODE, "json")];
        assert_eq!(names, expected.map(|(name, value)| (name.into(), value.into())));
    }
}
