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
    pub(crate) fn full(&self, channel: Option<(usize, Mode)>) -> Variables {
        let mut all = Vec::new();
        if !self.is_cleared {
            let ours = [CHANNEL_FD, CHANNEL_MODE, UNIQUE_ID];
            // A name with `=` in it is the system's to read (`=x=1` in the environment), and nobody's to write.
            let is_name = |name: &OsString| !name.is_empty() && !name.as_encoded_bytes().contains(&b'=');
            let is_kept = |name: &OsString| !self.overlay.contains_key(name) && !ours.iter().any(|our| name == our);
            all.extend(std::env::vars_os().filter(|(name, _)| is_name(name) && is_kept(name)));
        }
        let ours = |name: &OsString| channel.is_some() && (name == CHANNEL_FD || name == CHANNEL_MODE);
        let set = self.overlay.iter().filter(|(name, _)| !ours(name));
        all.extend(set.filter_map(|(name, value)| Some((name.clone(), value.clone()?))));
        if let Some((number, mode)) = channel {
            all.push((CHANNEL_FD.into(), number.to_string().into()));
            all.push((CHANNEL_MODE.into(), mode.name().into()));
        }
        Variables(all)
    }
}

/// The variables of a child, the inherited ones in the order in which they stand in the parent.
pub(crate) struct Variables(Vec<(OsString, OsString)>);

impl Variables {
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_os_str())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
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
        assert_eq!(all.get("COLOR"), Some(OsStr::new("red")));
        assert_eq!(all.get("PATH"), None);
        assert!(all.iter().count() > 1, "the rest is the parent's");
    }

    #[test]
    fn a_cleared_environment_has_what_was_set_since_and_the_channel() {
        let mut environment = Environment::default();
        environment.set("LOST".as_ref(), "".as_ref());
        environment.clear();
        environment.set("A".as_ref(), "1".as_ref());
        environment.set(CHANNEL_FD.as_ref(), "not theirs to set".as_ref());
        let all = environment.full(Some((4, Mode::Json)));
        let expected = [("A", "1"), (CHANNEL_FD, "4"), (CHANNEL_MODE, "json")];
        assert!(
            all.iter()
                .eq(expected.map(|(name, value)| (name.as_ref(), value.as_ref())))
        );
    }
}
