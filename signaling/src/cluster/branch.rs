//! Resume tokens of shared rooms: a secret, and the branch of the history of the seat that the client has received.
//!
//! While Redis is unavailable, only this process has the frames that were sent to its clients, and the history of a
//! seat diverges from the one in Redis. Before the first such frame, and before the first acknowledgement of a frame
//! that Redis does not have, the client receives a token that names a new branch. A client without that token has not
//! received any later frame either. The process stores the branch and the counts in Redis when it is available again.
//! Until then, the token resumes the seat only on the same process.

use std::collections::VecDeque;

use super::super::secret::Secret;
use browser_rtc_proto::signaling::ResumeToken;

/// The number of branches that are remembered for a seat. A client may still have the token of the oldest.
const MAX_BRANCHES: usize = 4;

/// The maximum length of an accepted branch name. Those of servers are shorter.
const MAX_NAME: usize = 32;

/// A parsed resume token. The token of a new seat names no branch.
#[derive(Clone, Debug)]
pub struct BranchToken {
    pub secret: Secret,
    pub branch: String,
}

/// The branches of a seat's history.
#[derive(Debug, Default)]
pub struct Branches {
    /// The newest first.
    names: VecDeque<String>,
    /// Set while the newest branch is not in Redis.
    unpublished: bool,
    count: u32,
}

impl BranchToken {
    /// Returns `None` for text that was never a token.
    pub fn parse(token: &ResumeToken) -> Option<Self> {
        let (secret, branch) = token.as_str().split_once('.').unwrap_or((token.as_str(), ""));
        let is_name = branch.len() <= MAX_NAME && branch.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let secret = Secret::from_token(&secret.into()).filter(|_| is_name)?;
        Some(Self { secret, branch: branch.to_owned() })
    }
}

impl Branches {
    /// Parses the branches as Redis stores them.
    pub fn parse(names: &str) -> Self {
        Self { names: names.split_whitespace().map(str::to_owned).collect(), ..Self::default() }
    }

    /// Starts a new branch unless the current one is not in Redis yet. Returns whether it did. `attempt` is the join by
    /// which the seat was taken. It distinguishes branches of different processes.
    pub fn diverge(&mut self, attempt: &str) -> bool {
        if std::mem::replace(&mut self.unpublished, true) {
            return false;
        }
        self.count += 1;
        self.names.push_front(format!("{attempt:.16}x{:x}", self.count));
        self.names.truncate(MAX_BRANCHES);
        true
    }

    /// Returns the branches in the form that Redis stores. Whether Redis has stored them is unknown until it answers,
    /// and may stay unknown, so a later divergence needs another branch.
    pub fn publish(&mut self) -> String {
        self.unpublished = false;
        self.names.make_contiguous().join(" ")
    }

    /// Returns whether a client on this branch has received no frames elsewhere. Every history starts without a branch.
    pub fn contains(&self, branch: &str) -> bool {
        branch.is_empty() || self.names.iter().any(|name| name == branch)
    }

    /// Returns the token for the current branch.
    pub fn token(&self, secret: Secret) -> ResumeToken {
        match self.names.front() {
            Some(branch) => format!("{}.{branch}", secret.hex()).into(),
            None => secret.token(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divergence_starts_branch_if_last_is_published() {
        let (mut branches, secret) = (Branches::default(), Secret::random().unwrap());
        assert_eq!(branches.token(secret), secret.token());
        assert!(branches.diverge("0123456789abcdefgh") && !branches.diverge("0123456789abcdefgh"));
        let token = BranchToken::parse(&branches.token(secret)).unwrap();
        assert!(token.secret == secret && token.branch == "0123456789abcdefx1" && branches.contains(&token.branch));
        assert_eq!(branches.publish(), "0123456789abcdefx1");
        assert!(branches.diverge("0123456789abcdefgh"));
        assert_eq!(branches.publish(), "0123456789abcdefx2 0123456789abcdefx1");
        let other = Branches::parse("a 0123456789abcdefx2");
        assert!(other.contains("") && other.contains("a") && !other.contains("0123456789abcdefx1"));
        for _ in 0..100 {
            branches.diverge("0123456789abcdefgh");
            branches.publish();
        }
        assert_eq!(branches.names.len(), MAX_BRANCHES);
    }

    #[test]
    fn invalid_token_is_rejected() {
        let secret = Secret::random().unwrap().hex();
        for branch in ["a b", "a.b", "\u{e9}", &"a".repeat(33)] {
            assert!(BranchToken::parse(&format!("{secret}.{branch}").into()).is_none(), "{branch}");
        }
        assert!(BranchToken::parse(&"".into()).is_none() && BranchToken::parse(&"a.b".into()).is_none());
        assert_eq!(BranchToken::parse(&format!("{secret}.").into()).unwrap().branch, "");
    }
}
