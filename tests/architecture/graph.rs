//! Which file of a crate needs which, and the circles among them. Must not know which circles are excused.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use super::tree::{Target, Tree};

/// By file: the files it needs, each with the paths that name it.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    needs: BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>,
}

impl Graph {
    /// What the files of a crate need of each other, without what is compiled for tests only.
    ///
    /// Two things are no need. A re-export of what lies below only opens a way; and a file below another that only
    /// holds a second `impl` of its type is a part of it.
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

    /// Groups of files of which each needs, by way of the others, each other one; largest first.
    pub(crate) fn circles(&self) -> Vec<BTreeSet<PathBuf>> {
        let reached: BTreeMap<&Path, BTreeSet<&Path>> =
            self.needs.keys().map(|file| (file.as_path(), self.reached(file))).collect();
        let mut circles = BTreeSet::new();
        for (file, others) in &reached {
            let back = |other: &&&Path| reached.get(**other).is_some_and(|its| its.contains(file));
            let circle: BTreeSet<PathBuf> = others.iter().filter(back).map(|other| other.to_path_buf()).collect();
            if !circle.is_empty() {
                circles.insert(circle);
            }
        }
        let mut circles: Vec<_> = circles.into_iter().collect();
        circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
        circles
    }

    /// All that a file needs by any way; itself only if a way leads back.
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

    /// A shortest way from one of these files through their circle back to it: `a.rs → b.rs (crate::b::X) → …`.
    pub(crate) fn chain(&self, circle: &BTreeSet<PathBuf>, starts: &BTreeSet<PathBuf>) -> String {
        let ways = starts.iter().filter_map(|file| self.way_back(file, circle));
        let Some(way) = ways.min_by_key(Vec::len) else { return String::new() };
        let steps = way.iter().zip(&way[1..]).map(|(from, to)| {
            let paths = &self.needs[*from][*to];
            // The longer ones say where a name is from.
            let mut labels: Vec<&str> = paths.iter().map(String::as_str).collect();
            labels.sort_by_key(|label| std::cmp::Reverse(label.matches("::").count()));
            labels.truncate(3);
            format!(" → {} ({})", short(to), labels.join(", "))
        });
        std::iter::once(short(way[0])).chain(steps).collect()
    }

    fn way_back<'a>(&'a self, start: &'a Path, circle: &BTreeSet<PathBuf>) -> Option<Vec<&'a Path>> {
        let mut before: BTreeMap<&Path, &Path> = BTreeMap::new();
        let mut open = VecDeque::from([start]);
        while let Some(file) = open.pop_front() {
            let targets = self.needs.get(file)?.keys().filter(|target| circle.contains(*target));
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

/// The files above a module that define the types of which it holds further `impl` blocks; none if it has types of its
/// own: it is a part by itself.
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
