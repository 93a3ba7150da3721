//! CLDR as one tree of tables and strings, read in place. `cldr/generate.mjs` makes it and describes its bytes.

static BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/cldr.bin"));

/// Stands where a locale has nothing, although its parent has something.
const NOTHING: &str = "∅∅∅";

/// What a table holds under a key.
#[derive(Clone, Copy)]
pub(super) enum Value {
    Text(&'static str),
    Table(Table),
}

/// A table, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table(u32);

impl Table {
    fn root() -> Table {
        Table(word(4) >> 1)
    }

    fn shape(self) -> u32 {
        word(self.0)
    }

    fn len(self) -> u32 {
        word(self.shape())
    }

    fn key(self, index: u32) -> &'static str {
        text(word(self.shape() + 4 + 4 * index))
    }

    fn value(self, index: u32) -> Value {
        match word(self.0 + 4 + 4 * index) {
            word if word & 1 == 1 => Value::Table(Table(word >> 1)),
            word => Value::Text(text(word >> 1)),
        }
    }

    pub(super) fn get(self, key: &str) -> Option<Value> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.key(middle).cmp(key) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(self.value(middle)),
            }
        }
        None
    }

    pub(super) fn text(self, key: &str) -> Option<&'static str> {
        match self.get(key)? {
            Value::Text(text) => Some(text),
            Value::Table(_) => None,
        }
    }

    pub(super) fn table(self, key: &str) -> Option<Table> {
        match self.get(key)? {
            Value::Table(table) => Some(table),
            Value::Text(_) => None,
        }
    }

    pub(super) fn entries(self) -> impl Iterator<Item = (&'static str, Value)> {
        (0..self.len()).map(move |index| (self.key(index), self.value(index)))
    }

    pub(super) fn keys(self) -> impl Iterator<Item = &'static str> {
        (0..self.len()).map(move |index| self.key(index))
    }
}

/// Facts that belong to no locale.
pub(super) fn supplemental(name: &str) -> Table {
    let tables = Table::root().table("supplemental").expect("the data has a table of that name");
    tables.table(name).expect("the data has a table of that name")
}

/// Every name a locale goes by, with the one that has its data.
pub(super) fn locale_names() -> Table {
    Table::root().table("names").expect("the data has a table of that name")
}

/// What a locale says, and its parents where it says nothing: nearest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree(Vec<Table>);

impl Tree {
    /// Everything about the locale whose data goes by `name`.
    pub(super) fn of_locale(name: &str) -> Tree {
        let locales = Table::root().table("locales").expect("the data has a table of that name");
        let mut chain = Vec::new();
        let mut next = locales.table(name);
        while let Some(table) = next {
            chain.push(table);
            next = table.text("parent").and_then(|parent| locales.table(parent));
        }
        Tree(chain)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn child(&self, key: &str) -> Tree {
        let mut tables = Vec::new();
        for table in &self.0 {
            match table.get(key) {
                Some(Value::Table(table)) => tables.push(table),
                Some(Value::Text(_)) => break,
                None => {}
            }
        }
        Tree(tables)
    }

    pub(super) fn at(&self, path: &[&str]) -> Tree {
        path.iter().fold(self.clone(), |tree, key| tree.child(key))
    }

    pub(super) fn text(&self, key: &str) -> Option<&'static str> {
        self.0.iter().find_map(|table| table.text(key)).filter(|text| *text != NOTHING)
    }

    /// A pattern, and the numbering it asks for if it does.
    pub(super) fn pattern(&self, key: &str) -> Option<(&'static str, Option<&'static str>)> {
        match self.0.iter().find_map(|table| table.get(key))? {
            Value::Text(text) => (text != NOTHING).then_some((text, None)),
            Value::Table(table) => Some((table.text("value")?, table.text("numbers"))),
        }
    }

    /// The keys of all tables, sorted.
    pub(super) fn keys(&self) -> Vec<&'static str> {
        let mut keys: Vec<_> = self.0.iter().flat_map(|table| table.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

fn word(at: u32) -> u32 {
    let at = at as usize;
    BYTES.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn text(at: u32) -> &'static str {
    let mut at = at as usize;
    let (mut length, mut shift) = (0, 0);
    while let Some(byte) = BYTES.get(at) {
        at += 1;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    BYTES.get(at..at + length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
}
