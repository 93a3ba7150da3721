//! Ends a process together with everything it started.

use std::collections::HashMap;
use std::process::{Command, Stdio};

/// Kills `root` and its descendants, as far as they can still be found.
pub fn kill_tree(root: u32) {
    let pids: Vec<String> = tree(root, &parents()).iter().map(u32::to_string).collect();
    let quiet = Command::new("kill").arg("-KILL").args(&pids).stderr(Stdio::null()).status();
    if let Err(error) = quiet {
        eprintln!("could not run kill: {error}");
    }
}

/// `root` and all processes below it.
fn tree(root: u32, parents: &HashMap<u32, u32>) -> Vec<u32> {
    let mut found = vec![root];
    let mut index = 0;
    while let Some(&parent) = found.get(index) {
        found.extend(parents.iter().filter(|(_, of)| **of == parent).map(|(pid, _)| *pid));
        index += 1;
    }
    found
}

/// The parent of every process, where the system has `/proc`.
fn parents() -> HashMap<u32, u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return HashMap::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Some((pid, parent(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?))).collect()
}

/// The fourth field; the second, the name in parentheses, may hold anything.
fn parent(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_holds_children_of_children() {
        let parents = HashMap::from([(2, 1), (3, 2), (4, 3), (5, 1)]);
        let mut found = tree(2, &parents);
        found.sort_unstable();
        assert_eq!(found, [2, 3, 4]);
    }

    #[test]
    fn a_name_with_spaces_and_parentheses_hides_no_parent() {
        assert_eq!(parent("7 (a) b) S 42 7 7"), Some(42));
    }
}
