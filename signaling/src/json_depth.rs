//! The nesting depth of JSON.

/// Returns whether the JSON is nested at most `max` levels deep.
pub fn is_within_depth(json: &str, max: usize) -> bool {
    let opens = |byte: &u8| matches!(byte, b'[' | b'{');
    // Fast path for almost all frames.
    if json.as_bytes().iter().filter(|byte| opens(byte)).count() <= max {
        return true;
    }
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                if depth > max {
                    return false;
                }
            }
            b']' | b'}' => depth -= 1,
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_are_ignored() {
        assert!(is_within_depth(r#"{"a":[1]}"#, 2));
        assert!(!is_within_depth(r#"{"a":[1]}"#, 1));
        assert!(is_within_depth("[[],[],[],[]]", 2));
        assert!(is_within_depth(r#"["[[[[", "\"[[[[", "\\", []]"#, 2));
        assert!(!is_within_depth(r#"["\\", [[]]]"#, 2));
        assert!(!is_within_depth(&"[".repeat(60_000), 64));
    }

    #[test]
    fn depth_matches_serde_json() {
        fn depth(value: &serde_json::Value) -> usize {
            match value {
                serde_json::Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or(0),
                serde_json::Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
                _ => 0,
            }
        }
        use proptest::prelude::*;
        let leaf = prop_oneof![any::<i64>().prop_map(Into::into), any::<String>().prop_map(Into::into)];
        let json = leaf.prop_recursive(6, 32, 3, |inner: BoxedStrategy<serde_json::Value>| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Into::into),
                prop::collection::hash_map("[\\[\\]{}\"\\\\a]{0,4}", inner, 0..3)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        });
        proptest!(|(value in json, max in 0_usize..8)| {
            prop_assert_eq!(is_within_depth(&value.to_string(), max), depth(&value) <= max);
        });
    }
}
