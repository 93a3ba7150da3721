use super::split_transition;

fn joined(text: &str, part_bytes: usize) -> (usize, String) {
    let parts = split_transition(text, 1, part_bytes);
    let chunk_of = |part: &String| {
        let part: serde_json::Value = serde_json::from_str(part).expect("a part is JSON");
        part["chunk"].as_str().expect("a text").to_owned()
    };
    (parts.len(), parts.iter().map(chunk_of).collect())
}

#[test]
fn parts_join_to_the_whole_and_never_cut_a_character() {
    for part_bytes in 4..12 {
        let text = "a\"é𝄞\\\n".repeat(9);
        let (count, whole) = joined(&text, part_bytes);
        assert_eq!(whole, text);
        assert!(count >= text.len() / part_bytes);
    }
}

#[test]
fn a_short_text_is_one_part() {
    assert_eq!(joined("abc", 3), (1, "abc".into()));
    assert_eq!(joined("abcd", 3), (2, "abcd".into()));
}
