//! The files of a page: the demo, a package, whatever the operator mounts.

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, LOCATION, X_CONTENT_TYPE_OPTIONS};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeDir;

/// Directories under prefixes of the path.
#[derive(Clone, Debug)]
pub struct Files(Arc<[Mount]>);

#[derive(Debug)]
struct Mount {
    /// Without a slash at its end; empty for the root.
    prefix: String,
    dir: ServeDir,
}

impl Files {
    pub fn new(dirs: &[(String, PathBuf)]) -> Self {
        let mut mounts: Vec<_> = dirs
            .iter()
            .map(|(prefix, dir)| Mount { prefix: prefix.trim_end_matches('/').to_owned(), dir: ServeDir::new(dir) })
            .collect();
        mounts.sort_by_key(|mount| std::cmp::Reverse(mount.prefix.len()));
        Self(mounts.into())
    }

    pub async fn serve(&self, mut request: Request) -> Response {
        let found = self.0.iter().find_map(|mount| Some((mount, mount.within(request.uri())?)));
        let Some((mount, inner)) = found else {
            return StatusCode::NOT_FOUND.into_response();
        };
        *request.uri_mut() = inner;
        let mut response = match mount.dir.clone().oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        };
        let headers = response.headers_mut();
        // A directory without its slash is redirected; it does not know of the prefix.
        if let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok())
            && let Ok(outer) = HeaderValue::try_from(format!("{}{location}", mount.prefix))
        {
            headers.insert(LOCATION, outer);
        }
        // What was built a moment ago is what is shown: browsers ask each time.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

impl Mount {
    /// The path as the directory sees it, if it lies under the prefix.
    fn within(&self, uri: &Uri) -> Option<Uri> {
        let rest = uri.path().strip_prefix(&self.prefix)?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        let query = uri.query().map(|query| format!("?{query}"));
        let path = format!("/{}{}", rest.trim_start_matches('/'), query.unwrap_or_default());
        Some(PathAndQuery::try_from(path).ok()?.into())
    }
}
