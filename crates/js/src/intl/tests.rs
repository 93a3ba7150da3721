use super::*;

fn ask(operation: &str, config: &str, texts: &[&str]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    run(operation, config, &texts).unwrap_or_else(|failure| panic!("{}", failure.0))
}

#[test]
fn every_locale_formats_numbers_and_dates() {
    for tag in data::locale_names().keys() {
        let number = ask("number.format", &format!(r#"{{"locales":["{tag}"]}}"#), &["-12345"]);
        assert!(number.chars().count() >= 6, "{tag}: {number}");
        let config = format!(r#"{{"locales":["{tag}"],"dateStyle":"full","timeStyle":"full"}}"#);
        let date = ask("date.format", &config, &["1718454896789"]);
        assert!(date.chars().count() > 15, "{tag}: {date}");
    }
}

#[test]
fn every_calendar_formats_dates_of_all_ages() {
    for (calendar, _) in date::calendar::CALENDARS {
        for locale in ["en", "he", "zh", "fa"] {
            let config = format!(
                r#"{{"locales":["{locale}-u-ca-{calendar}"],"era":"short","year":"numeric","month":"long","day":"numeric"}}"#
            );
            for time in ["0", "-8640000000000000", "8640000000000000", "1718454896789"] {
                let text = ask("date.format", &config, &[time]);
                assert!(!text.is_empty() && !text.contains('∅'), "{locale} {calendar} {time}: {text}");
            }
        }
    }
    let shown = |calendar: &str| {
        let config = format!(r#"{{"locales":["en-u-ca-{calendar}"],"year":"numeric","month":"long","day":"numeric"}}"#);
        ask("date.format", &config, &["1718454896789"])
    };
    assert_eq!(shown("gregory"), "June 15, 2024");
    assert_eq!(shown("hebrew"), "9 Sivan 5784");
    assert_eq!(shown("buddhist"), "June 15, 2567 BE");
    assert_eq!(shown("japanese"), "June 15, 6 Reiwa");
}

#[test]
fn every_zone_of_the_list_is_found() {
    let zones = date::zone::names();
    assert!(zones.len() > 400);
    assert!(zones.iter().all(|zone| date::zone::exists(zone)));
    assert!(!date::zone::exists("Mars/Olympus"));
}

#[test]
fn a_thread_keeps_a_bounded_number_of_formats() {
    for digits in 0..=limits::INTL_FORMATS {
        let config = format!(r#"{{"minimumFractionDigits":{digits},"maximumFractionDigits":100}}"#);
        ask("number.format", &config, &["1"]);
        CACHE.with_borrow(|cache| assert!(cache.number.len() <= limits::INTL_FORMATS));
    }
}

#[test]
fn what_is_no_question_is_refused() {
    assert!(run("number", "{}", &[]).is_err());
    assert!(run("nothing.format", "{}", &[]).is_err());
    assert!(run("number.format", "no JSON", &[]).is_err());
    assert!(run("locale.canonical", "not_a_tag", &[]).is_err());
}
