//! Static files, such as a page and its package.

mod cache;
mod private;
mod security;

use std::{path::PathBuf, sync::Arc};

use axum::{
    body::Body,
    extract::Request,
    http::{
        HeaderValue, StatusCode, Uri,
        header::{CACHE_CONTROL, CONTENT_TYPE, HOST, LOCATION, VARY, X_CONTENT_TYPE_OPTIONS},
        uri::PathAndQuery,
    },
    response::{IntoResponse, Response},
};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use self::security::PageHeaders;
use super::config::Config;

/// Directories of files, each under a prefix of the path.
#[derive(Clone, Debug)]
pub struct StaticFiles(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    mounts: Vec<Mount>,
    page_headers: PageHeaders,
}

#[derive(Debug)]
struct Mount {
    /// The prefix without a trailing slash; empty for the root.
    prefix: String,
    folder: PathBuf,
    dir: ServeDir,
}

impl StaticFiles {
    pub fn new(config: &Config) -> Self {
        let mut mounts: Vec<_> = config
            .static_dirs
            .iter()
            .map(|(prefix, folder)| Mount {
                prefix: prefix.trim_end_matches('/').to_owned(),
                folder: folder.clone(),
                // A compressed file `name.br` or `name.gz` is sent instead of `name` to browsers that accept it.
                dir: ServeDir::new(folder).precompressed_br().precompressed_gzip(),
            })
            .collect();
        mounts.sort_by_key(|mount| std::cmp::Reverse(mount.prefix.len()));
        let page_headers = PageHeaders::new(config.content_security_policy.clone());
        Self(Arc::new(Inner { mounts, page_headers }))
    }

    pub async fn serve(&self, mut request: Request) -> Response {
        let Inner { mounts, page_headers } = &*self.0;
        let matching = mounts.iter().find_map(|mount| Some((mount, mount.strip_prefix(request.uri())?)));
        let Some((mount, inner)) = matching else {
            return StatusCode::NOT_FOUND.into_response();
        };
        if private::is_private(&mount.folder, inner.path()).await {
            return StatusCode::NOT_FOUND.into_response();
        }
        let host = request.headers().get(HOST).cloned();
        let cache_control = cache::cache_control(inner.path());
        *request.uri_mut() = inner;
        let mut response = match mount.dir.clone().oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        };
        let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
        let headers = response.headers_mut();
        // The redirect to a directory with a trailing slash lacks the prefix.
        if let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok())
            && let Ok(outer) = HeaderValue::try_from(format!("{}{location}", mount.prefix))
        {
            headers.insert(LOCATION, outer);
        }
        headers.insert(CACHE_CONTROL, if found { cache_control } else { cache::REVALIDATE });
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if found {
            // ServeDir leaves it out of 304, which updates the headers of a stored response.
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        if headers.get(CONTENT_TYPE).is_some_and(security::is_page) {
            page_headers.add(headers, host.as_ref());
        }
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
