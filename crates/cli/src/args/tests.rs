use std::path::Path;

use clap::{CommandFactory, Parser};

use super::{Arguments, Command, LogFormat};

fn parse(line: &str) -> Result<Command, clap::Error> {
    Arguments::try_parse_from(line.split_whitespace()).map(|arguments| arguments.command)
}

#[test]
fn the_definition_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn serve_has_defaults_for_everything() {
    let Ok(Command::Serve(options)) = parse("concave serve") else { panic!("not parsed") };
    assert_eq!(options.data.data_dir, Path::new(".concave"));
    assert_eq!((options.host.to_string().as_str(), options.port, options.site_port), ("127.0.0.1", 3210, 3211));
    assert_eq!(options.log.log_format, LogFormat::Text);
    assert!(!options.redact && options.cloud_origin.is_none());
}

#[test]
fn serve_takes_flags() {
    let line = "concave serve --data-dir /d --host 0.0.0.0 --port 0 --site-port 1 --log-format json --redact \
                --cloud-origin https://a --site-origin https://b --instance-name n";
    let Ok(Command::Serve(options)) = parse(line) else { panic!("not parsed") };
    assert_eq!(options.data.data_dir, Path::new("/d"));
    assert!(options.host.is_unspecified() && options.redact);
    assert_eq!(options.cloud_origin.as_deref(), Some("https://a"));
    assert_eq!(options.log.log_format, LogFormat::Json);
}

#[test]
fn dev_hands_the_rest_on() {
    let Ok(Command::Dev(options)) = parse("concave dev app --port 1 -- --once --verbose") else { panic!("not parsed") };
    assert_eq!((options.project.as_path(), options.serve.port), (Path::new("app"), 1));
    assert_eq!(options.convex, ["--once", "--verbose"]);
}

#[test]
fn wrong_usage_is_refused() {
    for line in ["concave", "concave serve --port x", "concave fly", "concave keygen admin-key", "concave key extra"] {
        assert!(parse(line).is_err(), "{line}");
    }
}
