use clap::Parser;

use super::FileOptions;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    files: FileOptions,
}

fn parse(line: &str) -> Result<FileOptions, clap::Error> {
    Line::try_parse_from(line.split_whitespace()).map(|line| line.files)
}

#[test]
fn files_are_local_by_default() {
    let directory = tempfile::tempdir().unwrap();
    let files = directory.path().join("files");
    let store = parse("serve").unwrap().open(&files).unwrap();
    assert!(files.is_dir());
    assert!(format!("{store:?}").contains("Local"), "{store:?}");
}

#[test]
fn a_bucket_replaces_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let line =
        "serve --s3-bucket b --s3-endpoint http://127.0.0.1:9 --s3-access-key-id id --s3-secret-access-key hidden";
    let options = parse(line).unwrap();
    let store = options.open(&directory.path().join("files")).unwrap();
    assert!(format!("{store:?}").contains("AmazonS3"), "{store:?}");
    assert!(!directory.path().join("files").exists());
    assert!(!format!("{options:?}").contains("hidden"));
}

#[test]
fn half_a_configuration_is_refused() {
    for line in
        ["--s3-endpoint http://a", "--s3-bucket b --s3-access-key-id id", "--s3-bucket b --s3-secret-access-key s"]
    {
        assert!(parse(&format!("serve {line}")).is_err(), "{line}");
    }
}
