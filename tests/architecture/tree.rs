//! The modules of a crate, each in its file, and the file in which a path ends. Must not know any rule.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::parse::{Part, Use};

/// The maximum number of re-exports in a path: more means a cycle of them.
const HOPS_MAX: usize = 16;

/// A module.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) file: PathBuf,
    pub(crate) parent: Option<usize>,
    pub(crate) children: BTreeMap<String, usize>,
    /// Whether it is compiled for tests only, by itself or through an enclosing module.
    pub(crate) is_test: bool,
    pub(crate) part: Part,
}

/// The modules of one crate; the first is its root.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) modules: Vec<Module>,
}

/// Where a path ends.
#[derive(Debug, PartialEq)]
pub(crate) enum Target {
    /// In a module of this crate.
    Within {
        module: usize,
        /// The item; `None` if the path ends at the module itself.
        name: Option<String>,
        /// Modules whose re-exports it passes through.
        through: Vec<usize>,
    },
    /// In another crate, by its full path, or at a local name.
    Outside {
        path: Vec<String>,
        /// Modules whose imports it passes through.
        through: Vec<usize>,
    },
}

impl Tree {
    /// Builds the crate with this root; removes its files from `parts`.
    pub(crate) fn of(root: &Path, parts: &mut BTreeMap<PathBuf, Part>) -> Result<Self, String> {
        let mut tree = Self::default();
        let part = parts.remove(root).ok_or_else(|| format!("{} does not exist", root.display()))?;
        let folder = root.parent().unwrap_or(Path::new("")).to_owned();
        tree.add(part, (root.to_owned(), folder), None, parts)?;
        Ok(tree)
    }

    /// Adds a module and all modules below it; `folder` contains the files of its children.
    fn add(
        &mut self,
        mut part: Part,
        (file, folder): (PathBuf, PathBuf),
        parent: Option<usize>,
        parts: &mut BTreeMap<PathBuf, Part>,
    ) -> Result<(), String> {
        let number = self.modules.len();
        let is_test = part.is_test || parent.is_some_and(|parent| self.modules[parent].is_test);
        let inline = std::mem::take(&mut part.inline);
        let declared = part.declared.clone();
        if let Some(parent) = parent {
            self.modules[parent].children.insert(part.name.clone(), number);
        }
        self.modules.push(Module { file: file.clone(), parent, children: BTreeMap::new(), is_test, part });
        for part in inline {
            let below = folder.join(&part.name);
            self.add(part, (file.clone(), below), Some(number), parts)?;
        }
        for (name, is_test) in declared {
            let below = folder.join(&name);
            let candidates = [folder.join(format!("{name}.rs")), below.join("mod.rs")];
            let found = candidates.into_iter().find_map(|path| Some((parts.remove(&path)?, path)));
            let (part, path) = found.ok_or_else(|| format!("{} declares `mod {name}`: no file", file.display()))?;
            self.add(Part { name, is_test, ..part }, (path, below), Some(number), parts)?;
        }
        Ok(())
    }

    /// Returns a module's path from the root.
    pub(crate) fn path(&self, module: usize) -> Vec<String> {
        let Some(parent) = self.modules[module].parent else { return Vec::new() };
        let mut path = self.path(parent);
        path.push(self.modules[module].part.name.clone());
        path
    }

    /// Returns whether `below` is a descendant of `above`.
    pub(crate) fn is_below(&self, below: usize, above: usize) -> bool {
        self.modules[below].parent.is_some_and(|parent| parent == above || self.is_below(parent, above))
    }

    /// Returns a path written with `crate`, `self` or `super` as a path from the root.
    pub(crate) fn absolute(&self, from: usize, path: &[String]) -> Option<Vec<String>> {
        let (module, rest) = self.start(from, path)?;
        Some([&self.path(module)[..], rest].concat())
    }

    /// Returns whether a module names a crate, or this path in one, including by an alias or a glob. A re-export
    /// counts only for the module that contains it.
    pub(crate) fn names_outside(&self, module: usize, name: &str) -> bool {
        let wanted: Vec<&str> = name.split("::").collect();
        let is_meant = |(name, wanted): (&String, &&str)| match wanted.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == wanted,
        };
        let part = &self.modules[module].part;
        let is_named = |path: &[String]| match self.resolve(module, path) {
            Target::Outside { path, through } => {
                through.iter().all(|passed| *passed == module)
                    && path.windows(wanted.len()).any(|names| names.iter().zip(&wanted).all(is_meant))
            }
            Target::Within { .. } => false,
        };
        let globs = part.uses.iter().filter(|import| import.name.is_none());
        let mut globs =
            globs.filter(|glob| wanted.starts_with(&glob.path.iter().map(String::as_str).collect::<Vec<_>>()));
        // A single name is not a crate.
        part.uses.iter().any(|import| is_named(&import.path))
            || part.mentions.iter().any(|mention| mention.path.len() > 1 && is_named(&mention.path))
            || globs.next().is_some()
    }

    /// Returns the module named by the keywords at the start of a path, and the rest of the path.
    fn start<'a>(&self, from: usize, path: &'a [String]) -> Option<(usize, &'a [String])> {
        let mut module = match path.first()?.as_str() {
            "crate" => 0,
            "self" => from,
            "super" => self.modules[from].parent?,
            _ => return None,
        };
        let mut rest = &path[1..];
        while let Some(("super", after)) = rest.split_first().map(|(first, after)| (first.as_str(), after)) {
            module = self.modules[module].parent?;
            rest = after;
        }
        Some((module, rest))
    }

    /// Follows a path written in the module `from`.
    pub(crate) fn resolve(&self, from: usize, path: &[String]) -> Target {
        self.follow(from, path, Trail { through: Vec::new(), sees_globs: true })
    }

    fn follow(&self, from: usize, path: &[String], trail: Trail) -> Target {
        match self.start(from, path) {
            Some((module, rest)) => self.walk(module, rest, trail),
            None if self.knows(from, path, &trail) => self.walk(from, path, trail),
            None => Target::Outside { path: path.to_vec(), through: trail.through },
        }
    }

    /// Returns whether a path written in a module begins there; a single name is not a module.
    fn knows(&self, module: usize, path: &[String], trail: &Trail) -> bool {
        let Some(first) = path.first() else { return false };
        let found = &self.modules[module];
        found.part.items.contains(first)
            || (found.children.contains_key(first) && (path.len() > 1 || !trail.sees_globs))
            || found.binding(first).is_some_and(|import| import.path.first() != Some(first))
            || (trail.sees_globs && self.glob_source(module, first, 0).is_some())
    }

    /// Follows a path downwards from a module.
    fn walk(&self, module: usize, path: &[String], mut trail: Trail) -> Target {
        let Some((name, rest)) = path.split_first() else {
            return Target::Within { module, name: None, through: trail.through };
        };
        let found = &self.modules[module];
        let is_item = found.part.items.contains(name);
        if let Some(child) = found.children.get(name).filter(|_| !(is_item && rest.is_empty())) {
            return self.walk(*child, rest, trail);
        }
        if !is_item && trail.through.len() < HOPS_MAX {
            trail.through.push(module);
            if let Some(import) = found.binding(name) {
                let whole = [&import.path[..], rest].concat();
                // `use regex::Regex as regex;` names the crate, not itself.
                return match import.path.first() {
                    Some(first) if first == name => Target::Outside { path: whole, through: trail.through },
                    _ => self.follow(module, &whole, trail),
                };
            }
            if let Some(source) = self.glob_source(module, name, 0).filter(|_| trail.sees_globs) {
                return self.walk(source, path, trail);
            }
            trail.through.pop();
        }
        Target::Within { module, name: Some(name.clone()), through: trail.through }
    }

    /// Returns the module from which a glob import brings `name` into a module.
    fn glob_source(&self, module: usize, name: &str, hops: usize) -> Option<usize> {
        let globs = self.modules[module].part.uses.iter().filter(|import| import.name.is_none() && hops < HOPS_MAX);
        globs.into_iter().find_map(|glob| {
            // Without other globs, which could point back here.
            let trail = Trail { through: Vec::new(), sees_globs: false };
            let Target::Within { module: source, name: None, .. } = self.follow(module, &glob.path, trail) else {
                return None;
            };
            let found = &self.modules[source];
            let is_there = found.part.items.contains(name)
                || found.children.contains_key(name)
                || found.binding(name).is_some_and(|import| import.path.first().is_some_and(|first| first != name));
            if is_there { Some(source) } else { self.glob_source(source, name, hops + 1) }
        })
    }
}

impl Module {
    /// Returns all paths written in it, including those in tests.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &[String]> {
        let imports = self.part.uses.iter().map(|import| &import.path[..]);
        imports.chain(self.part.mentions.iter().map(|mention| &mention.path[..]))
    }

    /// Returns the import that brings a name into this module.
    fn binding(&self, name: &str) -> Option<&Use> {
        self.part.uses.iter().find(|import| import.name.as_deref() == Some(name))
    }
}

/// The route a path has taken.
struct Trail {
    /// The modules whose re-exports it passed through.
    through: Vec<usize>,
    /// False while a glob import itself is followed.
    sees_globs: bool,
}
