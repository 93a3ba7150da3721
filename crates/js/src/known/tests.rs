use expect_test::expect;

use super::*;

const SOURCE: &str = "export const a = 1;
async function slow(word, options) {
  let { times, by } = options, all = `the mark {`;
  return all.repeat(times + by);
}
async function other(word) { return 'the mark'; }
";

fn canonical(source: &str) -> String {
    Function::read(&source[source.find(HEAD).unwrap()..]).unwrap().canonical
}

#[track_caller]
fn guarded(source: &str) -> String {
    let digest = digest_of(&canonical(SOURCE)).leak();
    guard(source, &[Known { op: "slow", marker: "the mark", digest }])
}

#[test]
fn a_known_function_asks_first_and_keeps_its_lines() {
    expect![[r#"
        export const a = 1;
        async function slow(word, options) { const known = Convex.op("slow", ...arguments); if (known) return known;
          let { times, by } = options, all = `the mark {`;
          return all.repeat(times + by);
        }
        async function other(word) { return 'the mark'; }
    "#]]
    .assert_eq(&guarded(SOURCE));
}

#[test]
fn it_is_known_however_a_bundler_renamed_it() {
    let renamed = "async function $(times,\n r){let{times:n,by:by}=r,e=\"the mark\"; return e.repeat(n+by);}";
    assert_eq!(canonical(renamed), canonical(SOURCE));
    let shorthand = renamed.replace("by:by", "by");
    assert_eq!(canonical(&shorthand), canonical(SOURCE));
    assert!(guarded(&format!("{renamed}\n{shorthand}")).matches("r){ const known").count() == 2);
}

#[test]
fn any_other_change_makes_it_a_stranger() {
    for (from, to) in
        [("times + by", "by + times"), ("times + by", "times - by"), ("repeat", "at"), ("all.repeat", "word.repeat")]
    {
        let changed = SOURCE.replace(from, to);
        assert_eq!(guarded(&changed), changed, "{from}");
    }
}

#[test]
fn texts_that_are_no_functions_are_left_alone() {
    for source in
        ["the mark", "async function the mark", "async function f(é) { 'the mark", "async function f() {{ `the mark` }"]
    {
        assert_eq!(guarded(source), source);
    }
}
