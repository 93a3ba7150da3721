//! Which runs of pages of an arena are in use. Pure bookkeeping by page number; it never touches the pages.
//!
//! Short runs are recycled through one stack per length. Long runs are kept by address, are merged with their
//! neighbours and split on demand. Pages below `floor` belong to the sealed image: freeing them is forgotten,
//! because rewinding the arena brings them back anyway and reusing them would make more of the image differ.

use std::collections::BTreeMap;

/// Runs up to this many pages have a stack of their own.
const BIN_PAGES: usize = 32;

/// Page runs between a floor, a moving top and a fixed limit.
pub(super) struct Runs {
    floor: u32,
    top: u32,
    limit: u32,
    /// Highest `top` since the last rewind: pages above were not touched.
    peak: u32,
    /// Length of the run in use that starts at each page.
    length: Vec<u32>,
    bins: Vec<Vec<u32>>,
    long: BTreeMap<u32, u32>,
}

impl Runs {
    /// All pages from `floor` to `limit` are free.
    pub(super) fn new(floor: u32, limit: u32) -> Runs {
        Runs {
            floor,
            top: floor,
            limit,
            peak: floor,
            length: Vec::new(),
            bins: vec![Vec::new(); BIN_PAGES + 1],
            long: BTreeMap::new(),
        }
    }

    pub(super) fn top(&self) -> u32 {
        self.top
    }

    pub(super) fn peak(&self) -> u32 {
        self.peak
    }

    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    pub(super) fn floor(&self) -> u32 {
        self.floor
    }

    /// Everything in use now stays in use for ever.
    pub(super) fn seal(&mut self) {
        self.floor = self.top;
        self.rewind();
    }

    /// Frees everything above the floor.
    pub(super) fn rewind(&mut self) {
        self.top = self.floor;
        self.peak = self.floor;
        self.bins.iter_mut().for_each(Vec::clear);
        self.long.clear();
    }

    /// Pages of the run in use that starts at `page`.
    pub(super) fn pages(&self, page: u32) -> u32 {
        self.length[page as usize]
    }

    /// Takes `count` pages in a row.
    pub(super) fn take(&mut self, count: u32) -> Option<u32> {
        let page = self
            .take_bin(count)
            .or_else(|| self.take_long(count))
            .or_else(|| self.take_top(count))
            .or_else(|| self.take_split(count))?;
        self.length[page as usize] = count;
        Some(page)
    }

    /// Gives back the run that starts at `page`.
    pub(super) fn give(&mut self, page: u32) {
        let count = self.pages(page);
        if page >= self.floor {
            self.put(page, count);
        }
    }

    /// Changes the length of the run at `page` without moving it; false when that is not possible.
    pub(super) fn resize(&mut self, page: u32, count: u32) -> bool {
        let old = self.pages(page);
        if count <= old {
            if page >= self.floor && count < old {
                self.length[page as usize] = count;
                self.put(page + count, old - count);
            }
            return true;
        }
        if page < self.floor || !self.extend(page + old, count - old) {
            return false;
        }
        self.length[page as usize] = count;
        true
    }

    /// Takes exactly the pages `from..from + count` if they are free.
    fn extend(&mut self, from: u32, count: u32) -> bool {
        if from == self.top {
            return self.take_top(count).is_some();
        }
        match self.long.get(&from) {
            Some(&free) if free >= count => {
                self.long.remove(&from);
                self.put(from + count, free - count);
                true
            }
            _ => false,
        }
    }

    fn take_bin(&mut self, count: u32) -> Option<u32> {
        self.bins.get_mut(count as usize)?.pop()
    }

    fn take_long(&mut self, count: u32) -> Option<u32> {
        let best = self.long.iter().filter(|(_, free)| **free >= count).min_by_key(|(_, free)| **free);
        let (page, free) = best.map(|(page, free)| (*page, *free))?;
        self.long.remove(&page);
        self.put(page + count, free - count);
        Some(page)
    }

    fn take_top(&mut self, count: u32) -> Option<u32> {
        if count > self.limit - self.top {
            return None;
        }
        let page = self.top;
        self.top += count;
        if self.length.len() < self.top as usize {
            self.length.resize(self.top as usize, 0);
        }
        self.peak = self.peak.max(self.top);
        Some(page)
    }

    /// The last resort: cuts a longer short run.
    fn take_split(&mut self, count: u32) -> Option<u32> {
        let from = count as usize + 1;
        let longer = (from..=BIN_PAGES).find(|pages| !self.bins[*pages].is_empty())?;
        let page = self.bins[longer].pop()?;
        self.put(page + count, longer as u32 - count);
        Some(page)
    }

    fn put(&mut self, page: u32, count: u32) {
        if count == 0 {
            return;
        }
        if count as usize <= BIN_PAGES {
            return self.bins[count as usize].push(page);
        }
        let (mut page, mut count) = (page, count);
        if let Some(&after) = self.long.get(&(page + count)) {
            self.long.remove(&(page + count));
            count += after;
        }
        let before = self.long.range(..page).next_back().map(|(page, count)| (*page, *count));
        if let Some((start, length)) = before.filter(|(start, length)| start + length == page) {
            self.long.remove(&start);
            page = start;
            count += length;
        }
        if page + count == self.top {
            self.top = page;
        } else {
            self.long.insert(page, count);
        }
    }
}
