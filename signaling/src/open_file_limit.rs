/// Raises the limit of open files of this process to the maximum that the system allows. Each client needs one file,
/// and the usual limit of a shell is 1,024.
pub fn raise_open_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        // The systemd unit sets the limit and forbids the call, so the limit is raised only if necessary.
        if current == maximum {
            return;
        }
        if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
            tracing::warn!(%error, "cannot raise the limit of open files");
        }
    }
}
