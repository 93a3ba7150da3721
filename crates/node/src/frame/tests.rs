//! Frames as bytes.

use bytes::Bytes;

use super::{FromNode, read, reply};

fn from_node(header: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend((header.len() as u32).to_be_bytes());
    bytes.extend((body.len() as u32).to_be_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(body);
    bytes
}

#[tokio::test]
async fn frames_are_read_one_after_the_other() {
    let mut bytes = from_node(r#"{"type":"syscall","call":7,"op":3,"name":"1.0/x"}"#, b"{}");
    bytes.extend(from_node(r#"{"type":"draining"}"#, b""));
    let mut stream = bytes.as_slice();
    let (first, body) = read(&mut stream).await.unwrap().unwrap();
    assert!(matches!(first, FromNode::Syscall { call: 7, op: 3, ref name } if name == "1.0/x"));
    assert_eq!(body, Bytes::from_static(b"{}"));
    let (second, _) = read(&mut stream).await.unwrap().unwrap();
    assert_eq!(second.call(), None);
    assert!(read(&mut stream).await.unwrap().is_none());
}

#[tokio::test]
async fn absurd_lengths_are_refused_before_memory_is_taken() {
    let mut stream = [0xff; 8].as_slice();
    assert!(read(&mut stream).await.is_err());
}

#[test]
fn bodies_follow_their_header_unquoted() {
    let bytes = reply(5, r#"{"a":"b"}"#);
    assert!(bytes.ends_with(br#"{"type":"reply","op":5}{"a":"b"}"#));
}
