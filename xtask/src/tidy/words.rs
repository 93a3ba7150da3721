//! Words that do not belong into the repository: stray to-dos, switched-off tests, places of one machine.

use super::{Finding, SourceFile, extension};

const CODE: [&str; 9] = ["rs", "ts", "tsx", "js", "mjs", "py", "sh", "css", "html"];

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        for (index, line) in file.text.lines().enumerate() {
            let place = || format!("{}:{}", file.path, index + 1);
            if let Some(host) = machine_words().into_iter().find(|word| line.contains(word.as_str())) {
                findings.push(Finding::error(place(), format!("{host} names one machine or registry")));
            }
            if CODE.contains(&extension(&file.path)) {
                findings.extend(unfinished(line).map(|text| Finding::error(place(), text)));
            }
        }
    }
    findings
}

/// Put together here, so that this file does not contain them.
fn machine_words() -> Vec<String> {
    let halves = [
        ("registry.npm", "js"),
        ("registry.yarn", "pkg"),
        ("static.crates", ".io"),
        ("index.crates", ".io"),
        ("files.python", "hosted"),
        ("deb.debi", "an.org"),
        ("/ro", "ot/"),
        ("/wo", "rk/"),
        ("/tmp/scr", "atch"),
    ];
    halves.iter().map(|(left, right)| format!("{left}{right}")).collect()
}

fn unfinished(line: &str) -> Option<String> {
    let to_do = ["TO", "DO"].concat();
    if let Some((_, rest)) = line.split_once(&to_do)
        && !rest.starts_with("(#")
    {
        return Some(format!("a {to_do} names its issue: {to_do}(#12)"));
    }
    let switched_off = [
        ("FIX", "ME"),
        ("#[ign", "ore"),
        ("test.sk", "ip("),
        ("it.sk", "ip("),
        ("describe.sk", "ip("),
        ("mark.sk", "ip"),
    ];
    let found =
        switched_off.iter().map(|(left, right)| format!("{left}{right}")).find(|word| line.contains(word.as_str()))?;
    Some(format!("{found}: finish it or take it out"))
}
