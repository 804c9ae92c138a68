//! The dependencies between a crate's files, and the cycles among them. Must not know which cycles are excepted.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use super::tree::{Target, Tree};

/// By file: the files it depends on, each with the paths that name it.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    needs: BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>,
}

impl Graph {
    /// Returns the dependencies between the files of a crate, without test-only code.
    ///
    /// Two things are not dependencies: a re-export of an item below, which only gives it a path, and a file that only
    /// contains another `impl` of the type of the file above it, which is a part of that file.
    pub(crate) fn of(tree: &Tree) -> Self {
        let mut graph = Self::default();
        for (number, module) in tree.modules.iter().enumerate().filter(|(_, module)| !module.is_test) {
            let homes = homes(tree, number);
            let imports = module.part.uses.iter().filter(|import| !import.is_test);
            let imports = imports.map(|import| (&import.path, import.is_public));
            let mentions = module.part.mentions.iter().filter(|mention| !mention.is_test);
            let mentions = mentions.map(|mention| (&mention.path, false));
            for (path, is_public) in imports.chain(mentions) {
                let Target::Within { module: target, .. } = tree.resolve(number, path) else { continue };
                let file = &tree.modules[target].file;
                let is_opened = is_public && tree.is_below(target, number);
                if *file != module.file && !is_opened && !homes.contains(file) {
                    let labels = graph.needs.entry(module.file.clone()).or_default().entry(file.clone()).or_default();
                    labels.insert(path.join("::"));
                }
            }
        }
        graph
    }

    /// Returns the groups of files that all depend on each other, directly or indirectly; largest first.
    pub(crate) fn cycles(&self) -> Vec<BTreeSet<PathBuf>> {
        let reached: BTreeMap<&Path, BTreeSet<&Path>> =
            self.needs.keys().map(|file| (file.as_path(), self.reached(file))).collect();
        let mut cycles = BTreeSet::new();
        for (file, others) in &reached {
            let back = |other: &&&Path| reached.get(**other).is_some_and(|its| its.contains(file));
            let cycle: BTreeSet<PathBuf> = others.iter().filter(back).map(|other| other.to_path_buf()).collect();
            if !cycle.is_empty() {
                cycles.insert(cycle);
            }
        }
        let mut cycles: Vec<_> = cycles.into_iter().collect();
        cycles.sort_by_key(|cycle| std::cmp::Reverse(cycle.len()));
        cycles
    }

    /// Returns all direct and indirect dependencies of a file; itself only if it is in a cycle.
    fn reached<'a>(&'a self, file: &'a Path) -> BTreeSet<&'a Path> {
        let mut reached = BTreeSet::new();
        let mut open = vec![file];
        while let Some(next) = open.pop() {
            for target in self.needs.get(next).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(target.as_path()) {
                    open.push(target);
                }
            }
        }
        reached
    }

    /// Returns a shortest path from one of these files through their cycle back to it: `a.rs → b.rs (crate::b::X) → …`.
    pub(crate) fn chain(&self, cycle: &BTreeSet<PathBuf>, starts: &BTreeSet<PathBuf>) -> String {
        let ways = starts.iter().filter_map(|file| self.way_back(file, cycle));
        let Some(way) = ways.min_by_key(Vec::len) else { return String::new() };
        let steps = way.iter().zip(&way[1..]).map(|(from, to)| {
            let paths = &self.needs[*from][*to];
            // The longer ones show where a name is from.
            let mut labels: Vec<&str> = paths.iter().map(String::as_str).collect();
            labels.sort_by_key(|label| std::cmp::Reverse(label.matches("::").count()));
            labels.truncate(3);
            format!(" → {} ({})", short(to), labels.join(", "))
        });
        std::iter::once(short(way[0])).chain(steps).collect()
    }

    fn way_back<'a>(&'a self, start: &'a Path, cycle: &BTreeSet<PathBuf>) -> Option<Vec<&'a Path>> {
        let mut before: BTreeMap<&Path, &Path> = BTreeMap::new();
        let mut open = VecDeque::from([start]);
        while let Some(file) = open.pop_front() {
            let targets = self.needs.get(file)?.keys().filter(|target| cycle.contains(*target));
            for target in targets.map(PathBuf::as_path) {
                if before.contains_key(target) {
                    continue;
                }
                before.insert(target, file);
                if target == start {
                    let mut way = vec![start];
                    let mut at = before[start];
                    while at != start {
                        way.push(at);
                        at = before[at];
                    }
                    way.push(start);
                    way.reverse();
                    return Some(way);
                }
                open.push_back(target);
            }
        }
        None
    }
}

/// Returns the files above a module whose types it adds `impl` blocks to; empty if the module defines types itself,
/// because it is then a part of its own.
fn homes(tree: &Tree, module: usize) -> BTreeSet<PathBuf> {
    let part = &tree.modules[module].part;
    let types = part.impls.iter().filter(|_| !part.has_types);
    let targets = types.filter_map(|path| match tree.resolve(module, path) {
        Target::Within { module: home, .. } if tree.is_below(module, home) => Some(tree.modules[home].file.clone()),
        Target::Within { .. } | Target::Outside { .. } => None,
    });
    targets.collect()
}

fn short(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    if matches!(&*name, "mod.rs" | "lib.rs") { format!("{folder}/{name}") } else { name.into_owned() }
}
