//! The differences between two texts, line by line.

/// A line of the newer or of both texts, or one that only the older text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    Same(&'a str),
    Added(&'a str),
    Removed(&'a str),
}

/// Returns all lines of both texts in order, by their longest common subsequence.
pub fn diff<'a>(old: &'a str, new: &'a str) -> Vec<Line<'a>> {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let lengths = common_lengths(&old, &new);
    let length = |i: usize, j: usize| lengths.get(i).and_then(|row| row.get(j)).copied().unwrap_or_default();
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    loop {
        match (old.get(i), new.get(j)) {
            (Some(before), Some(now)) if before == now => {
                lines.push(Line::Same(now));
                (i, j) = (i + 1, j + 1);
            }
            (Some(before), now) if now.is_none() || length(i + 1, j) >= length(i, j + 1) => {
                lines.push(Line::Removed(before));
                i += 1;
            }
            (_, Some(now)) => {
                lines.push(Line::Added(now));
                j += 1;
            }
            _ => return lines,
        }
    }
}

/// Returns the length of the longest common subsequence of the rest of both texts, for each pair of positions.
fn common_lengths(old: &[&str], new: &[&str]) -> Vec<Vec<u16>> {
    let mut rows = vec![vec![0; new.len() + 1]];
    for before in old.iter().rev() {
        let mut row = vec![0];
        let below = rows.last().map_or(&[][..], Vec::as_slice);
        // From the end of the newer text, as the rows are.
        for (at, now) in new.iter().rev().enumerate() {
            let of = |row: &[u16], at: usize| row.get(at).copied().unwrap_or_default();
            let next = if before == now { of(below, at) + 1 } else { of(below, at + 1).max(of(&row, at)) };
            row.push(next);
        }
        rows.push(row);
    }
    rows.iter_mut().for_each(|row| row.reverse());
    rows.reverse();
    rows
}

#[cfg(test)]
mod tests {
    use super::{Line::*, diff};

    #[test]
    fn changed_line_is_removed_and_added() {
        let lines = diff("v=0\na=old\nm=audio", "v=0\na=new\nm=audio\nm=video");
        assert_eq!(lines, [Same("v=0"), Removed("a=old"), Added("a=new"), Same("m=audio"), Added("m=video")]);
    }

    #[test]
    fn moved_line_keeps_the_others() {
        assert_eq!(diff("a\nb\nc", "b\nc\na"), [Removed("a"), Same("b"), Same("c"), Added("a")]);
    }

    #[test]
    fn first_text_is_added_and_equal_text_is_same() {
        assert_eq!(diff("", "a\nb"), [Added("a"), Added("b")]);
        assert_eq!(diff("a\nb", "a\nb"), [Same("a"), Same("b")]);
        assert_eq!(diff("a", ""), [Removed("a")]);
    }
}
