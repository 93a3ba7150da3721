//! The URL and URLPattern standards: the test data of web-platform-tests, as the `url` and `urlpattern` crates ship
//! it, run through our globals.

use std::path::PathBuf;
use std::process::Command;

use crate::testing::*;

/// Where the sources of a dependency are.
fn sources_of(name: &str) -> PathBuf {
    let output = Command::new(std::env::var("CARGO").expect("tests are run by cargo"))
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("metadata is JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let package = packages.iter().find(|package| package["name"] == name).expect("it is a dependency");
    let manifest = package["manifest_path"].as_str().expect("a path");
    PathBuf::from(manifest).parent().expect("a folder").to_owned()
}

fn read(package: &str, file: &str) -> String {
    std::fs::read_to_string(sources_of(package).join(file)).expect("the crate ships its test data")
}

/// Runs `body` over the data, which is `CASES`; returns the lines it returns.
fn failures(data: &str, body: &str) -> Vec<String> {
    let literal = serde_json::to_string(data).expect("text is JSON");
    let found = eval(&format!("const CASES = JSON.parse({literal}); const failed = [];\n{body}\nreturn failed;"));
    serde_json::from_str(&found).expect("a list of lines")
}

/// Asserts that what fails is known to: the URL parser has a list of what it has yet to learn.
#[track_caller]
fn only_known(failed: &[String]) {
    let known = read("url", "tests/expected_failures.txt");
    let unknown: Vec<_> = failed
        .iter()
        .filter(|line| {
            let name = line.escape_default().to_string();
            !known.lines().any(|known| known == name)
        })
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn urls_are_parsed_as_the_standard_says() {
    let failed = failures(
        &read("url", "tests/urltestdata.json"),
        "const PARTS = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];
         for (const it of CASES) {
           if (typeof it === 'string') continue;
           const base = it.base ?? undefined;
           const name = `<${it.input}>` + (base === undefined ? '' : ` against <${base}>`);
           const parsed = URL.parse(it.input, base);
           if (URL.canParse(it.input, base) !== (parsed !== null)) failed.push(name + ' canParse');
           if (it.failure ? parsed !== null : parsed === null || PARTS.some((part) => it[part] !== undefined && parsed[part] !== it[part])) failed.push(name);
           if (!it.failure && parsed !== null && it.searchParams !== undefined && String(parsed.searchParams) !== it.searchParams) failed.push(name + ' params');
         }
         if (CASES.length < 500) failed.push('there are too few cases');",
    );
    only_known(&failed);
}

#[test]
fn parts_of_urls_are_set_as_the_standard_says() {
    let failed = failures(
        &read("url", "tests/setters_tests.json"),
        "for (const [part, cases] of Object.entries(CASES)) {
           if (part === 'comment') continue;
           for (const { href, new_value, expected } of cases) {
             const url = new URL(href);
             try { url[part] = new_value; } catch {}
             if (Object.keys(expected).some((name) => url[name] !== expected[name])) failed.push(`<${href}> set ${part} to <${new_value}>`);
           }
         }
         if (Object.keys(CASES).length < 10) failed.push('there are too few cases');",
    );
    only_known(&failed);
}

#[test]
fn url_patterns_match_as_the_standard_says() {
    let failed = failures(
        &read("urlpattern", "src/testdata/urlpatterntestdata.json"),
        "const PARTS = ['protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'];
         const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
         const groupsOf = (groups) => Object.entries(groups).map(([name, value]) => [name, value ?? null]).sort();
         for (const it of CASES) {
           const name = JSON.stringify([it.pattern, it.inputs]);
           let pattern;
           try { pattern = new URLPattern(...it.pattern); } catch (error) {
             if (it.expected_obj !== 'error' || !(error instanceof TypeError)) failed.push(`${name}: ${error}`);
             continue;
           }
           if (it.expected_obj === 'error') { failed.push(`${name}: is no error`); continue; }
           for (const part of PARTS) {
             const expected = it.expected_obj?.[part];
             if (expected !== undefined && pattern[part] !== expected) failed.push(`${name}: ${part} is ${pattern[part]}`);
           }
           if (it.inputs === undefined) continue;
           let found, matches;
           try { found = pattern.exec(...it.inputs); matches = pattern.test(...it.inputs); } catch (error) {
             if (it.expected_match !== 'error') failed.push(`${name}: exec ${error}`);
             continue;
           }
           if (it.expected_match === 'error') { failed.push(`${name}: exec is no error`); continue; }
           if (matches !== (it.expected_match !== null) || matches !== (found !== null)) { failed.push(`${name}: matches ${matches}`); continue; }
           for (const part of PARTS) {
             const expected = it.expected_match?.[part];
             if (expected === undefined) continue;
             if (found[part].input !== expected.input || !same(groupsOf(found[part].groups), groupsOf(expected.groups))) failed.push(`${name}: ${part} ${JSON.stringify(found[part])}`);
           }
         }
         if (CASES.length < 300) failed.push('there are too few cases');",
    );
    assert!(failed.is_empty(), "{failed:#?}");
}
