//! The files of the site, with names that contain the hash of their content.

use super::references::{self, Use};
use crate::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Folders of the source that hold no page.
const NO_PAGES: [&str; 5] = ["dist", "node_modules", "pkg", "src", "target"];

/// The files of a site by their path in it.
#[derive(Debug, Default)]
pub struct Site {
    /// The folder of the sources.
    www: PathBuf,
    pub files: BTreeMap<String, Vec<u8>>,
    /// The files that each page loads by its HTML, and the page itself.
    pub loads: BTreeMap<String, Vec<String>>,
    /// The paths of sources in the site.
    names: BTreeMap<String, String>,
    in_progress: BTreeSet<String>,
}

impl Site {
    /// Builds the site of all pages in a folder. The files of the other folders keep their names, because import maps refer
    /// to them; types, which browsers do not load, are left out. Each folder has the prefix of its paths in the site.
    pub fn build(www: &Path, others: &[(&str, PathBuf)]) -> Result<Self> {
        let mut site = Self { www: www.to_owned(), ..Self::default() };
        find(www, Path::new(""), &NO_PAGES, ".html")?.iter().try_for_each(|page| site.add_page(page))?;
        for (prefix, folder) in others {
            for path in find(folder, Path::new(""), &[], "")? {
                if path.ends_with(".d.ts") {
                    continue;
                }
                let file = folder.join(&path);
                let content = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
                site.files.insert(format!("{prefix}/{path}"), content);
            }
        }
        Ok(site)
    }

    /// Adds a page, which keeps its name.
    fn add_page(&mut self, page: &str) -> Result {
        let html = self.text(page)?;
        let joined = references::join_styles(&html, |sheets| {
            let sheets: Option<Vec<String>> = sheets.iter().map(|sheet| resolve(page, sheet)).collect();
            let sheets = sheets.ok_or_else(|| format!("{page}: a style sheet is outside the site"))?;
            let path = self.add_styles(page, &sheets)?;
            Ok(relative(page, &path))
        })?;
        let mut loads = vec![page.to_owned()];
        let renamed = references::rename_in_html(&joined, |used, reference| {
            let Some(path) = resolve(page, reference) else { return Ok(None) };
            if self.files.contains_key(&path) {
                loads.push(path);
                return Ok(None);
            }
            if used == Use::Link && !self.source(&path).is_file() {
                // A page, or a folder with one, or a path of the server.
                return Ok(None);
            }
            let Some(new) = self.add(&path)? else { return Ok(None) };
            if used == Use::Load {
                loads.push(new.clone());
            }
            Ok(Some(relative(page, &new)))
        })?;
        self.files.insert(page.to_owned(), renamed.into_bytes());
        self.loads.insert(page.to_owned(), loads);
        Ok(())
    }

    /// Adds the style sheets of a page as one file, and returns its path.
    fn add_styles(&mut self, page: &str, sheets: &[String]) -> Result<String> {
        let joined = page.replace(".html", ".css");
        let mut all = String::new();
        for sheet in sheets {
            let style = self.text(sheet)?;
            all += &references::rename_in_style(&style, |reference| {
                let Some(path) = resolve(sheet, reference) else { return Ok(None) };
                Ok(self.add(&path)?.map(|new| relative(&joined, &new)))
            })?;
        }
        Ok(self.insert(&joined, all.into_bytes()))
    }

    /// Adds a file and those that it refers to. Returns its path in the site, or `None` for a page, which keeps its name.
    fn add(&mut self, path: &str) -> Result<Option<String>> {
        if path.ends_with(".html") {
            return Ok(None);
        }
        if let Some(name) = self.names.get(path) {
            return Ok(Some(name.clone()));
        }
        if !self.in_progress.insert(path.to_owned()) {
            return Err(format!("{path} imports itself through another file, so that its hash depends on itself"));
        }
        let content = if path.ends_with(".js") || path.ends_with(".mjs") {
            let script = self.text(path)?;
            let renamed = references::rename_in_script(&script, |reference| {
                let Some(imported) = resolve(path, reference) else { return Ok(None) };
                let new = if self.source(&imported).is_file() { self.add(&imported)? } else { None };
                Ok(new.map(|new| dotted(relative(path, &new))))
            })?;
            renamed.into_bytes()
        } else {
            self.bytes(path)?
        };
        self.in_progress.remove(path);
        let name = self.insert(path, content);
        self.names.insert(path.to_owned(), name.clone());
        Ok(Some(name))
    }

    /// Inserts a file under a name with the hash of its content, and returns its path.
    fn insert(&mut self, path: &str, content: Vec<u8>) -> String {
        let (stem, extension) = path.rsplit_once('.').unwrap_or((path, "bin"));
        let name = format!("{stem}-{:016x}.{extension}", hash(&content));
        self.files.insert(name.clone(), content);
        name
    }

    fn source(&self, path: &str) -> PathBuf {
        self.www.join(path)
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>> {
        let source = self.source(path);
        fs::read(&source).map_err(|error| format!("{}: {error}", source.display()))
    }

    fn text(&self, path: &str) -> Result<String> {
        String::from_utf8(self.bytes(path)?).map_err(|error| format!("{path}: {error}"))
    }
}

/// Returns the files with this ending in a folder and its subfolders, except for those with a name in `skipped`.
fn find(root: &Path, folder: &Path, skipped: &[&str], ending: &str) -> Result<BTreeSet<String>> {
    let full = root.join(folder);
    let problem = |error: std::io::Error| format!("{}: {error}", full.display());
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(&full).map_err(problem)? {
        let entry = entry.map_err(problem)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = folder.join(&name);
        if entry.file_type().map_err(problem)?.is_dir() {
            if !skipped.contains(&name.as_str()) {
                found.extend(find(root, &path, skipped, ending)?);
            }
        } else if name.ends_with(ending) {
            found.insert(path.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(found)
}

/// Returns the path in the site of a relative reference in a file, or `None` for other references, such as a fragment, a
/// URL with a scheme, or an absolute path.
fn resolve(file: &str, reference: &str) -> Option<String> {
    let reference = reference.split(['?', '#']).next()?;
    if reference.is_empty() || reference.contains(':') || reference.starts_with('/') {
        return None;
    }
    let mut path = Vec::new();
    for component in Path::new(file).parent()?.join(reference).components() {
        match component {
            Component::Normal(name) => path.push(name.to_str()?.to_owned()),
            Component::ParentDir => drop(path.pop()?),
            _ => {}
        }
    }
    Some(path.join("/"))
}

/// Returns the reference from one file to another.
fn relative(from: &str, to: &str) -> String {
    let mut from: Vec<&str> = from.split('/').collect();
    from.pop();
    let common = from.iter().zip(to.split('/')).take_while(|(one, other)| *one == other).count();
    let rest: Vec<&str> = to.split('/').skip(common).collect();
    format!("{}{}", "../".repeat(from.len() - common), rest.join("/"))
}

/// Returns a reference as an import, which needs a dot at its start.
fn dotted(reference: String) -> String {
    if reference.starts_with("../") { reference } else { format!("./{reference}") }
}

/// Returns the hash of a file by FNV-1a. It tells builds apart, and is no protection against attacks.
fn hash(content: &[u8]) -> u64 {
    content.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_is_resolved_within_site() {
        for (file, reference, expected) in [
            ("index.html", "css/a.css", Some("css/a.css")),
            ("labs/index.html", "../css/a.css?x#y", Some("css/a.css")),
            ("pkg/a.js", "./snippets/b.js", Some("pkg/snippets/b.js")),
            ("index.html", "../secret", None),
            ("index.html", "#icon", None),
            ("index.html", "/signal", None),
            ("index.html", "https://example.org", None),
            ("index.html", "data:image/png", None),
        ] {
            assert_eq!(resolve(file, reference).as_deref(), expected, "{reference} in {file}");
        }
        assert_eq!(relative("labs/index.html", "css/a.css"), "../css/a.css");
        assert_eq!(relative("labs/index.html", "labs/pkg/a.js"), "pkg/a.js");
        assert_eq!(dotted(relative("pkg/a.js", "pkg/b.js")), "./b.js");
    }

    #[test]
    fn files_are_hashed_and_renamed_in_others() {
        let folder = std::env::temp_dir().join(format!("xtask-site-{}", std::process::id()));
        let write = |name: &str, text: &str| {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().expect("a folder")).and_then(|()| fs::write(file, text)).expect("written");
        };
        let page =
            |sheets: &str| format!("<head>\n{sheets}  <script src=\"start.js\"></script>\n<a href=\"npm.html\">");
        write(
            "index.html",
            &page("  <link rel=\"stylesheet\" href=\"css/a.css\">\n  <link rel=\"stylesheet\" href=\"css/b.css\">\n"),
        );
        write("npm.html", "<script src=\"a.js\"></script>");
        write("a.js", "import 'browser-rtc'");
        write("css/a.css", "a { b: url(a.png) }");
        write("css/b.css", "b {}");
        write("css/a.png", "png");
        write("start.js", "import('./pkg/a.js')");
        write("pkg/a.js", "new URL('a_bg.wasm', import.meta.url)");
        write("pkg/a_bg.wasm", "wasm");
        write("other/a.js", "");
        let build = || Site::build(&folder, &[("npm", folder.join("other"))]);
        let first = build().expect("a site");
        let paths: Vec<String> =
            first.files.keys().map(|path| path.replace(|c: char| c.is_ascii_hexdigit(), "?")).collect();
        assert_eq!(first.files.len(), 9, "{paths:?}");
        let text = |site: &Site, start: &str| {
            let (_, content) = site.files.iter().find(|(path, _)| path.starts_with(start)).expect("a file");
            String::from_utf8_lossy(content).into_owned()
        };
        let name =
            |site: &Site, start: &str| site.files.keys().find(|path| path.starts_with(start)).expect("a file").clone();
        assert_eq!(
            first.loads["index.html"],
            ["index.html".to_owned(), name(&first, "index-"), name(&first, "start-")]
        );
        assert!(text(&first, "index-").contains(&name(&first, "css/a-")), "{}", text(&first, "index-"));
        assert_eq!(text(&first, "start-"), format!("import('./{}')", name(&first, "pkg/a-")));
        assert!(text(&first, "index.html").contains("href=\"npm.html\""));
        assert!(text(&first, "npm.html").contains(&name(&first, "a-")));
        assert!(first.files.contains_key("npm/a.js"), "{paths:?}");

        // A changed file changes the names of all that refer to it, and no others.
        write("pkg/a_bg.wasm", "changed");
        let second = build().expect("a site");
        assert_ne!(name(&first, "start-"), name(&second, "start-"));
        assert_eq!(name(&first, "index-"), name(&second, "index-"));
        fs::remove_dir_all(&folder).expect("removed");
    }
}
