use super::Side;

#[test]
fn lines_carry_their_side() {
    assert_eq!(Side::Server.prefixed("hello", false), "server | hello\n");
    assert_eq!(Side::Convex.prefixed("", false), "convex | \n");
    assert_eq!(Side::Convex.prefixed("x", true), "\x1b[35mconvex |\x1b[0m x\n");
}
