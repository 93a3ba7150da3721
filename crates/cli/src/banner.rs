//! What a started server says about itself.

use std::path::Path;

/// A few lines for a person; log lines follow.
pub fn banner(client_origin: &str, site_origin: &str, data_dir: &Path) -> Vec<String> {
    let key_command = match data_dir == Path::new(".concave") {
        true => "concave key".to_owned(),
        false => format!("concave key --data-dir {}", data_dir.display()),
    };
    vec![
        format!("Concave {} is ready", env!("CARGO_PKG_VERSION")),
        format!("  API            {client_origin}"),
        format!("  HTTP actions   {site_origin}"),
        format!("  Data           {}", data_dir.display()),
        format!("  Admin key      {key_command}"),
    ]
}
