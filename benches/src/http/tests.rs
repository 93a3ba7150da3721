use super::*;

use tokio::net::TcpListener;

#[test]
fn a_head_is_parsed_once_it_is_complete() {
    let text = b"HTTP/1.1 201 Created\r\ncontent-length: 3\r\nX-Other: 9\r\n\r\nabc";
    assert!(Head::parse(&text[..40]).expect("incomplete, not wrong").is_none());
    let head = Head::parse(text).expect("well formed").expect("complete");
    assert_eq!((head.status, head.bytes, head.body_bytes), (201, text.len() - 3, 3));
}

#[test]
fn a_reply_without_length_is_refused() {
    assert!(Head::parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
}

#[tokio::test]
async fn replies_in_one_packet_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a caller");
        let mut seen = vec![0; 1 << 10];
        assert!(stream.read(&mut seen).await.expect("a request") > 0);
        let both = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\nbc";
        stream.write_all(both).await.expect("written");
        assert!(stream.read(&mut seen).await.expect("a request") > 0);
    });
    let mut connection = Connection::open(port).await.expect("connected");
    let first = connection.post("/", "{}").await.expect("a reply");
    let second = connection.post("/", "{}").await.expect("a reply");
    server.await.expect("no panic");
    assert_eq!(first, Reply { status: 200, body: "a".into() });
    assert_eq!(second, Reply { status: 400, body: "bc".into() });
}
