//! Hebrew numerals, with which Hebrew dates are written.

/// A number below ten thousand in letters; the thousands are left out, as is usual for years.
pub(super) fn numeral(value: i64) -> String {
    const HUNDREDS: [&str; 10] = ["", "ק", "ר", "ש", "ת", "תק", "תר", "תש", "תת", "תתק"];
    const TENS: [&str; 10] = ["", "י", "כ", "ל", "מ", "נ", "ס", "ע", "פ", "צ"];
    const ONES: [&str; 10] = ["", "א", "ב", "ג", "ד", "ה", "ו", "ז", "ח", "ט"];
    let digit = |power: i64| (value / power % 10) as usize;
    let below = match value % 100 {
        15 => "טו".to_owned(),
        16 => "טז".to_owned(),
        _ => format!("{}{}", TENS[digit(10)], ONES[digit(1)]),
    };
    let mut letters: Vec<char> = format!("{}{below}", HUNDREDS[digit(100)]).chars().collect();
    match letters.len() {
        0 => {}
        1 => letters.push('׳'),
        count => letters.insert(count - 1, '״'),
    }
    letters.into_iter().collect()
}
