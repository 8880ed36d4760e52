//! Static files, such as a page and its package.

use std::{path::PathBuf, sync::Arc};

use axum::{
    body::Body,
    extract::Request,
    http::{
        HeaderValue, StatusCode, Uri,
        header::{CACHE_CONTROL, LOCATION, X_CONTENT_TYPE_OPTIONS},
        uri::PathAndQuery,
    },
    response::{IntoResponse, Response},
};
use tower::ServiceExt;
use tower_http::services::ServeDir;

/// Directories of files, each under a prefix of the path.
#[derive(Clone, Debug)]
pub struct StaticFiles(Arc<[Mount]>);

#[derive(Debug)]
struct Mount {
    /// The prefix without a trailing slash; empty for the root.
    prefix: String,
    dir: ServeDir,
}

impl StaticFiles {
    pub fn new(dirs: &[(String, PathBuf)]) -> Self {
        let mut mounts: Vec<_> = dirs
            .iter()
            .map(|(prefix, dir)| Mount { prefix: prefix.trim_end_matches('/').to_owned(), dir: ServeDir::new(dir) })
            .collect();
        mounts.sort_by_key(|mount| std::cmp::Reverse(mount.prefix.len()));
        Self(mounts.into())
    }

    pub async fn serve(&self, mut request: Request) -> Response {
        let matching = self.0.iter().find_map(|mount| Some((mount, mount.strip_prefix(request.uri())?)));
        let Some((mount, inner)) = matching else {
            return StatusCode::NOT_FOUND.into_response();
        };
        *request.uri_mut() = inner;
        let mut response = match mount.dir.clone().oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        };
        let headers = response.headers_mut();
        // The redirect to a directory with a trailing slash lacks the prefix.
        if let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok())
            && let Ok(outer) = HeaderValue::try_from(format!("{}{location}", mount.prefix))
        {
            headers.insert(LOCATION, outer);
        }
        // Browsers must revalidate each time, so that they show the latest build.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

impl Mount {
    /// Returns the path within the directory, if the URI is under the prefix.
    fn strip_prefix(&self, uri: &Uri) -> Option<Uri> {
        let rest = uri.path().strip_prefix(&self.prefix)?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        let query = uri.query().map(|query| format!("?{query}"));
        let path = format!("/{}{}", rest.trim_start_matches('/'), query.unwrap_or_default());
        Some(PathAndQuery::try_from(path).ok()?.into())
    }
}
