//! The published id vectors, and what is not an id.

use proptest::prelude::*;

use super::*;

const COUNTING: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const ZEROS: [u8; 16] = [0; 16];
const ONES: [u8; 16] = [0xff; 16];

fn id(table: u32, internal: [u8; 16]) -> DocumentId {
    DocumentId { table: TableNumber(table), internal: InternalId(internal) }
}

fn parse(text: &str) -> Result<DocumentId, IdError> {
    text.parse()
}

// ID vectors of 1.6 hold both ways; non-canonical, wrong-case, bad-footer and table-0 ids are refused.
#[test]
fn vectors_hold_both_ways() {
    let vectors = [
        (1, ZEROS, "0400000000000000000000000000248"),
        (1, COUNTING, "040020g30g2gc1r81450p30d1r7qke8"),
        (127, COUNTING, "fw0020g30g2gc1r81450p30d1r7ze5r"),
        (128, COUNTING, "g00g00820c20a1g7104gm2rc1m70zyds"),
        (10001, COUNTING, "j57000820c20a1g7104gm2rc1m70ynr8"),
        (10001, ONES, "j57fzzzzzzzzzzzzzzzzzzzzzzzzzkyr"),
        (16383, COUNTING, "zxzg00820c20a1g7104gm2rc1m70zxg5"),
        (16384, COUNTING, "g2002001081g81860w40j2gb1g6gw3vs74"),
        (2097152, COUNTING, "g2080080041061050r3gg28a1c60t3gfz4wg"),
        (268435456, COUNTING, "g2081001000g40r40m30e209185gr38e1xwvj"),
        (4294967295, ONES, "zzzzzzrfzzzzzzzzzzzzzzzzzzzzzzzzzzxjj"),
    ];
    for (table, internal, text) in vectors {
        assert_eq!(id(table, internal).to_string(), text);
        assert_eq!(id(table, internal).encode(), text);
        assert_eq!(parse(text), Ok(id(table, internal)));
    }
}

#[test]
fn foreign_id_is_read() {
    let read = parse("kg2ah8mk1xtg35g7zyexyc96e96yr74f").unwrap();
    assert_eq!(read.table, TableNumber(540));
    assert_eq!(format!("{:?}", read.internal), "a8a2930f75019607ff9ddf3126724dec");
}

// non-canonical, wrong-case, bad-footer and table-0 ids are refused.
#[test]
fn damaged_ids_are_refused() {
    let good = "j57000820c20a1g7104gm2rc1m70ynr8";
    assert_eq!(parse(""), Err(IdError::Length(0)));
    assert_eq!(parse("j57000820c20a1g7104gm2rc1m70ynr9"), Err(IdError::Checksum));
    assert!(parse(&good[..31]).is_err());
    assert_eq!(parse(&good.to_uppercase()), Err(IdError::Alphabet));
    assert_eq!(parse(&good.replace('0', "i")), Err(IdError::Alphabet));
    assert_eq!(parse(&format!("{good}0")), Err(IdError::NotCanonical));
    assert_eq!(parse(&id(0, COUNTING).to_string()), Err(IdError::TableNumber));
    assert_eq!(parse(&"z".repeat(38)), Err(IdError::Length(38)));
    assert!(parse("éééééééééééééééé").is_err());
}

proptest! {
    #[test]
    fn every_id_reads_back(table in 1u32.., internal: [u8; 16]) {
        let id = id(table, internal);
        prop_assert_eq!(parse(&id.encode()), Ok(id));
    }

    #[test]
    fn whatever_is_read_is_canonical(text in "[0-9a-z]{30,38}|\\PC{0,40}") {
        if let Ok(id) = parse(&text) {
            prop_assert_eq!(id.encode(), text);
        }
    }

    #[test]
    fn one_changed_character_is_noticed(table in 1u32.., internal: [u8; 16], at: prop::sample::Index, new in "[0-9a-z]") {
        let good = id(table, internal).encode();
        let at = at.index(good.len());
        let mut changed = good.clone();
        changed.replace_range(at..=at, &new);
        if let Ok(read) = parse(&changed) {
            prop_assert_eq!(read.encode(), changed);
        }
    }
}
