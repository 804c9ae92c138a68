//! Reads one Rust file: its modules, the names it defines, imports and mentions. Must not know other files or any rule.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// A module as one file writes it: the file itself, or an inline `mod` in it.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// Its name; empty for the file itself.
    pub(crate) name: String,
    /// Whether it is compiled for tests only.
    pub(crate) is_test: bool,
    /// Modules in their own files, each with whether it is for tests only.
    pub(crate) declared: Vec<(String, bool)>,
    pub(crate) inline: Vec<Part>,
    /// Names of the items it defines.
    pub(crate) items: BTreeSet<String>,
    /// Whether it defines a type or a trait.
    pub(crate) has_types: bool,
    pub(crate) uses: Vec<Use>,
    pub(crate) mentions: Vec<Mention>,
    /// The types of its `impl` blocks.
    pub(crate) impls: Vec<Vec<String>>,
    /// Names of the functions with a body, without test functions.
    pub(crate) functions: Vec<String>,
}

/// One name of a `use` declaration.
#[derive(Debug)]
pub(crate) struct Use {
    /// The name it binds; `None` for a glob.
    pub(crate) name: Option<String>,
    pub(crate) path: Vec<String>,
    pub(crate) is_public: bool,
    pub(crate) is_test: bool,
}

/// A path in code outside a `use` declaration.
#[derive(Debug)]
pub(crate) struct Mention {
    pub(crate) path: Vec<String>,
    pub(crate) is_test: bool,
}

/// Reads a file.
pub(crate) fn parse(text: &str) -> syn::Result<Part> {
    let file = syn::parse_file(text)?;
    let mut reader = Reader { parts: vec![Part::default()], tests: 0 };
    reader.visit_file(&file);
    Ok(reader.parts.pop().expect("the file itself"))
}

struct Reader {
    /// The file and the inline modules being visited.
    parts: Vec<Part>,
    /// Number of enclosing test-only items.
    tests: usize,
}

impl Reader {
    fn part(&mut self) -> &mut Part {
        self.parts.last_mut().expect("the file itself")
    }

    /// Visits something with these attributes.
    fn within(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let is_test = attributes.iter().any(is_for_tests);
        self.tests += usize::from(is_test);
        visit(self);
        self.tests -= usize::from(is_test);
    }

    fn mention(&mut self, path: Vec<String>) {
        let is_test = self.tests > 0;
        self.part().mentions.push(Mention { path, is_test });
    }

    fn function(&mut self, name: &syn::Ident) {
        if self.tests == 0 {
            self.part().functions.push(name.to_string());
        }
    }

    /// Flattens a tree of imports.
    fn import(&mut self, tree: &UseTree, before: &[String], is_public: bool) {
        let is_test = self.tests > 0;
        let (name, path) = match tree {
            UseTree::Path(path) => {
                return self.import(&path.tree, &[before, &[path.ident.to_string()]].concat(), is_public);
            }
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.import(tree, before, is_public)),
            UseTree::Glob(_) => (None, before.to_vec()),
            UseTree::Name(name) => {
                let path = joined(before, &name.ident);
                (path.last().cloned(), path)
            }
            UseTree::Rename(renamed) => (Some(renamed.rename.to_string()), joined(before, &renamed.ident)),
        };
        self.part().uses.push(Use { name, path, is_public, is_test });
    }

    /// Finds the paths in the tokens of a macro or an attribute, and the items that the macro seems to define.
    fn tokens(&mut self, tokens: TokenStream, before: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |at: usize, sign: char| matches!(tokens.get(at), Some(TokenTree::Punct(it)) if it.as_char() == sign);
        let mut at = 0;
        while at < tokens.len() {
            if let TokenTree::Group(group) = &tokens[at] {
                self.tokens(group.stream(), before);
            }
            let TokenTree::Ident(first) = &tokens[at] else {
                at += 1;
                continue;
            };
            let follows = |sign| at > 0 && is(at - 1, sign);
            let is_name = !(follows('\'') || follows('.') || follows('$') && first != "crate");
            if is_item_keyword(&first.to_string())
                && let Some(TokenTree::Ident(name)) = tokens.get(at + 1)
            {
                self.part().items.insert(name.to_string());
            }
            let mut path = joined(before, first);
            at += 1;
            while is(at, ':') && is(at + 1, ':') {
                match tokens.get(at + 2) {
                    Some(TokenTree::Ident(next)) => path.push(next.to_string()),
                    // `use a::{b, c}` in a macro.
                    Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                        self.tokens(group.stream(), &path);
                    }
                    _ => break,
                }
                at += 3;
            }
            if is_name {
                self.mention(path);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if let Some(name) = defined(item) {
            self.part().items.insert(name);
        }
        let is_type = matches!(item, Item::Enum(_) | Item::Struct(_) | Item::Trait(_));
        self.part().has_types |= is_type && self.tests == 0;
        self.within(attributes(item), |reader| match item {
            // `use {a, ::b}`, which the parser passes on unchanged.
            Item::Verbatim(tokens) => reader.tokens(tokens.clone(), &[]),
            _ => visit::visit_item(reader, item),
        });
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let is_test = self.tests > 0;
        let name = module.ident.to_string();
        let Some((_, items)) = &module.content else {
            return self.part().declared.push((name, is_test));
        };
        self.parts.push(Part { name, is_test, ..Part::default() });
        for item in items {
            self.visit_item(item);
        }
        let inline = self.parts.pop().expect("the module that ends here");
        self.part().inline.push(inline);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if let syn::Type::Path(of) = &*item.self_ty {
            let path = segments(&of.path);
            self.part().impls.push(path);
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig.ident);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.within(&item.attrs, |reader| {
            reader.function(&item.sig.ident);
            visit::visit_impl_item_fn(reader, item);
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if item.default.is_some() {
            self.function(&item.sig.ident);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.mention(segments(path));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.visit_path(&called.path);
        self.tokens(called.tokens.clone(), &[]);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        visit::visit_attribute(self, attribute);
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone(), &[]);
        }
    }

    /// `pub(super)` imports nothing.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
}

/// Returns true for `#[cfg(test)]`, `#[cfg(all(test, …))]` and `#[test]`.
fn is_for_tests(attribute: &Attribute) -> bool {
    let names_test = |tokens: &TokenStream| {
        let text = tokens.to_string();
        !text.contains("not") && text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "test")
    };
    match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && names_test(&list.tokens),
        meta => meta.path().segments.last().is_some_and(|last| last.ident == "test"),
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Returns the name that an item defines; `None` for a module or an import.
fn defined(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn is_item_keyword(word: &str) -> bool {
    matches!(word, "struct" | "enum" | "trait" | "fn" | "type" | "const" | "static")
}

fn segments(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

/// Returns a path with one more name; a final `self` names the path before it.
fn joined(before: &[String], name: &syn::Ident) -> Vec<String> {
    let mut path = before.to_vec();
    if before.is_empty() || name != "self" {
        path.push(name.to_string());
    }
    path
}
