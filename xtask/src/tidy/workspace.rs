//! The workspace in memory: its files as text, its packages as cargo sees them.
//!
//! Rules get this and no file system, so that a test may invent a workspace of three lines.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use super::code;

/// All that a rule may look at.
pub(super) struct Workspace {
    pub(super) files: Vec<File>,
    pub(super) packages: Vec<Package>,
}

/// A text file.
pub(super) struct File {
    /// From the root, with forward slashes.
    pub(super) path: String,
    pub(super) text: String,
    /// Of a `.rs` file the text with comments and literals blanked, line for line; of others empty.
    pub(super) code: String,
}

/// A member of the workspace.
pub(super) struct Package {
    pub(super) name: String,
    /// The path of its Cargo.toml from the root.
    pub(super) manifest: String,
    pub(super) dependencies: Vec<Dependency>,
}

/// One line of a member's dependencies.
pub(super) struct Dependency {
    pub(super) name: String,
    /// Neither for tests nor for the build script.
    pub(super) is_normal: bool,
    /// Only there with a feature.
    pub(super) is_optional: bool,
}

impl Workspace {
    /// Reads the files under `root` and asks cargo about its packages.
    pub(super) fn load(root: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        read_folder(root, "", &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let packages = packages_from(&cargo_metadata(root)?);
        Ok(Self { files, packages })
    }

    /// The files of Rust code.
    pub(super) fn sources(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// The line of the manifest at `path` that names a dependency; the first when it cannot be found.
    pub(super) fn line_of(&self, path: &str, dependency: &str) -> usize {
        let names_it = |line: &str| {
            line.strip_prefix(dependency)
                .is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
        };
        let lines = self.file(path).map(|file| file.text.lines().position(names_it));
        lines.flatten().map_or(1, |index| index + 1)
    }

    /// The file at `path`, if there is one.
    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

impl File {
    fn new(path: String, text: String) -> Self {
        let code = if path.ends_with(".rs") {
            code::only(&text)
        } else {
            String::new()
        };
        Self { path, text, code }
    }

    /// Lines of code with their numbers, comments and literals blanked.
    pub(super) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.code.lines())
    }

    /// The folder's name if the file is in `crates/NAME/`.
    pub(super) fn crate_folder(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// The path's last part.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Reads what a rule may look at; what is built, hidden or fetched is none of its business.
fn read_folder(folder: &Path, prefix: &str, files: &mut Vec<File>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "target" || name == "node_modules" {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            read_folder(&entry.path(), &format!("{path}/"), files)?;
        } else if [".rs", ".toml", ".md"].iter().any(|ending| name.ends_with(ending)) {
            files.push(File::new(path, fs::read_to_string(entry.path())?));
        }
    }
    Ok(())
}

fn cargo_metadata(root: &Path) -> io::Result<Json> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(io::Error::other(format!("cargo metadata failed: {complaint}")));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn packages_from(metadata: &Json) -> Vec<Package> {
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    let items = |json: &Json| json.as_array().cloned().unwrap_or_default();
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    let dependency = |json: &Json| Dependency {
        name: text(&json["name"]),
        is_normal: json["kind"].is_null(),
        is_optional: json["optional"] == true,
    };
    let package = |json: &Json| Package {
        name: text(&json["name"]),
        manifest: text(&json["manifest_path"])
            .trim_start_matches(root)
            .trim_start_matches('/')
            .to_owned(),
        dependencies: items(&json["dependencies"]).iter().map(dependency).collect(),
    };
    items(&metadata["packages"]).iter().map(package).collect()
}

#[cfg(test)]
impl Workspace {
    /// A workspace of these files and no packages.
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File::new(path.to_owned(), text.to_owned());
        Self {
            files: files.iter().map(file).collect(),
            packages: Vec::new(),
        }
    }

    /// A workspace of one package with these dependencies.
    pub(super) fn of_package(name: &str, folder: &str, dependencies: Vec<Dependency>) -> Self {
        let manifest = format!("{folder}/Cargo.toml");
        let package = Package {
            name: name.to_owned(),
            manifest,
            dependencies,
        };
        Self {
            files: Vec::new(),
            packages: vec![package],
        }
    }
}

#[cfg(test)]
impl Dependency {
    /// A dependency as a package has most of them.
    pub(super) fn normal(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            is_normal: true,
            is_optional: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_found_by_its_line() {
        let manifest = "[dependencies]\nnix-thing = 1\nnix.workspace = true\n";
        let workspace = Workspace::of(&[("crates/sys/Cargo.toml", manifest)]);
        assert_eq!(workspace.line_of("crates/sys/Cargo.toml", "nix"), 3);
        assert_eq!(workspace.line_of("crates/sys/Cargo.toml", "libc"), 1);
    }

    #[test]
    fn packages_are_read_from_what_cargo_says() {
        let metadata = serde_json::json!({"workspace_root": "/w", "packages": [{
            "name": "ferronode-ipc", "manifest_path": "/w/crates/ipc/Cargo.toml", "dependencies": [
                {"name": "tokio", "kind": null, "optional": true},
                {"name": "proptest", "kind": "dev", "optional": false}]}]});
        let packages = packages_from(&metadata);
        assert_eq!(packages[0].name, "ferronode-ipc");
        assert_eq!(packages[0].manifest, "crates/ipc/Cargo.toml");
        let [tokio, proptest] = packages[0].dependencies.as_slice() else {
            panic!()
        };
        assert!(tokio.is_normal && tokio.is_optional);
        assert!(!proptest.is_normal && !proptest.is_optional);
    }
}
