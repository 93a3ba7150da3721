//! Lets asynchronous contexts survive `await`, in bundles that use them.
//!
//! QuickJS tells nobody when a suspended function goes on. So in a bundle that names `AsyncLocalStorage`, the operand
//! of every `await` and the iterable of every `for await` is passed through a function of `platform/contexts.js`.
//! Nothing is moved to another line; where columns moved to is kept, for stack traces.

use tree_sitter::{Node, Parser};

/// Who mentions it, gets it.
const USES: &str = "AsyncLocalStorage";

const AWAIT: &str = "$asyncContext(";
const ITERATE: &str = "$asyncContexts(";

/// Source whose awaits keep their context.
pub(crate) struct Rewritten {
    pub(crate) source: String,
    pub(crate) shifts: Shifts,
}

/// Where text was inserted: its line, the column it begins at in the new text, and its length. In order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shifts(Vec<(u32, u32, u32)>);

/// Whether a module says that its bundle uses contexts.
pub(crate) fn are_used_in(source: &str) -> bool {
    source.contains(USES)
}

/// Rewrites a module; `None` when there is nothing to do, or the source cannot be read.
pub(crate) fn rewrite(source: &str) -> Option<Rewritten> {
    if !source.contains("await") {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_javascript::LANGUAGE.into()).ok()?;
    let tree = parser.parse(source, None)?;
    let mut insertions = Vec::new();
    collect(tree.root_node(), source, &mut insertions);
    if insertions.is_empty() {
        return None;
    }
    // At one place, what is closed comes before what is opened; the sort is stable, and closers of inner operands
    // are found first.
    insertions.sort_by_key(|(place, text)| (*place, *text != ")"));
    Some(insert(source, &insertions))
}

/// Finds what is awaited, without recursion: sources nest as deep as their authors like.
fn collect(root: Node<'_>, source: &str, insertions: &mut Vec<(usize, &'static str)>) {
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        match node.kind() {
            "await_expression" => around(operand(node), AWAIT, insertions),
            // `await (x).y` and `await [x].y`: the grammar allows for variables of that name, which modules do not.
            "call_expression" | "subscript_expression" if is_await(node.child(0), source) => {
                if let Some(start) = node.child(1) {
                    insertions.push((start.start_byte(), AWAIT));
                    insertions.push((chain_end(node), ")"));
                }
            }
            "for_in_statement" if awaits(node) => around(node.child_by_field_name("right"), ITERATE, insertions),
            _ => {}
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

fn operand(node: Node<'_>) -> Option<Node<'_>> {
    (0..node.named_child_count() as u32)
        .rev()
        .filter_map(|index| node.named_child(index))
        .find(|it| it.kind() != "comment")
}

fn is_await(node: Option<Node<'_>>, source: &str) -> bool {
    node.is_some_and(|node| node.kind() == "identifier" && &source[node.byte_range()] == "await")
}

/// Where the chain of calls and members ends that begins with `node`.
fn chain_end(node: Node<'_>) -> usize {
    let mut last = node;
    while let Some(parent) = last.parent() {
        let goes_on = matches!(parent.kind(), "call_expression" | "member_expression" | "subscript_expression");
        if !goes_on || parent.child(0) != Some(last) {
            break;
        }
        last = parent;
    }
    last.end_byte()
}

fn awaits(node: Node<'_>) -> bool {
    (0..node.child_count() as u32).filter_map(|index| node.child(index)).any(|child| child.kind() == "await")
}

fn around(node: Option<Node<'_>>, open: &'static str, insertions: &mut Vec<(usize, &'static str)>) {
    let Some(node) = node.filter(|node| !node.is_error() && !node.is_missing()) else { return };
    insertions.push((node.start_byte(), open));
    insertions.push((node.end_byte(), ")"));
}

fn insert(source: &str, insertions: &[(usize, &'static str)]) -> Rewritten {
    let mut text = String::with_capacity(source.len() + insertions.len() * ITERATE.len());
    let mut shifts = Vec::with_capacity(insertions.len());
    let (mut done, mut line, mut column) = (0, 0, 0);
    for (place, inserted) in insertions {
        for unit in source[done..*place].chars() {
            (line, column) = if unit == '\n' { (line + 1, 0) } else { (line, column + unit.len_utf16() as u32) };
        }
        text.push_str(&source[done..*place]);
        shifts.push((line, column, inserted.len() as u32));
        text.push_str(inserted);
        column += inserted.len() as u32;
        done = *place;
    }
    text.push_str(&source[done..]);
    Rewritten { source: text, shifts: Shifts(shifts) }
}

impl Shifts {
    /// The column in the source as pushed; lines and columns count from zero.
    pub(crate) fn original_column(&self, line: u32, column: u32) -> u32 {
        let first = self.0.partition_point(|(at, ..)| *at < line);
        let before = self.0[first..].iter().take_while(|(at, start, _)| *at == line && *start < column);
        let inserted: u32 = before.map(|(_, start, length)| (*length).min(column - start)).sum();
        column - inserted
    }
}

#[cfg(test)]
mod tests;
