use super::*;

fn compare(text: &str) {
    let expected = serde_json::from_str::<Box<serde_json::value::RawValue>>(text);
    assert_eq!(trimmed(text).ok(), expected.as_ref().ok().map(|value| value.get()), "{text:?}");
}

#[test]
fn grammar_matches_serde_json() {
    for text in [
        "",
        " ",
        "null",
        "nul",
        "nulll",
        "true",
        "false",
        "tru e",
        " 1 ",
        "1 2",
        "-",
        "-0",
        "-01",
        "01",
        "0.",
        "0.5",
        ".5",
        "+1",
        "1e",
        "1e5",
        "1E-5",
        "1e+",
        "1.e3",
        "-1.5e+10",
        "\"\"",
        "\"",
        "\"\\\"",
        "\"\\n\"",
        "\"\\x\"",
        "\"\\u00e9\"",
        "\"\\u00e\"",
        "\"\t\"",
        "\"é\"",
        "[]",
        "[ ]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1,2]",
        "[",
        "]",
        "[[],[{}]]",
        "{}",
        "{ }",
        "{\"a\":1}",
        "{\"a\" : 1 , \"b\":[ {} ]}",
        "{\"a\"}",
        "{a:1}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\":1]",
        "[1}",
        "{\"a\":1 \"b\":2}",
        "{1:2}",
        "nan",
        "\u{feff}1",
        "1\u{a0}",
    ] {
        compare(text);
    }
}

#[test]
fn escapes_match_serde_json() {
    for text in [
        r#""a\"\\\/\b\f\n\r\tz""#,
        r#""\u0000\u00e9\uFFFF""#,
        r#""\ud83d\ude00!""#,
        r#""\ud83d""#,
        r#""\ude00""#,
        r#""\ud83d\u0041""#,
        r#""\ud83dx""#,
        r#""\ud83d\n""#,
    ] {
        assert_eq!(String::from_json(text).ok(), serde_json::from_str(text).ok(), "{text}");
    }
}

#[test]
fn integers_are_in_range() {
    for text in [
        "0",
        "7",
        "65535",
        "65536",
        "4294967295",
        "4294967296",
        "18446744073709551615",
        "18446744073709551616",
        "-0",
        "-1",
    ] {
        assert_eq!(u16::from_json(text).ok(), serde_json::from_str(text).ok(), "{text}");
        assert_eq!(u32::from_json(text).ok(), serde_json::from_str(text).ok(), "{text}");
        assert_eq!(u64::from_json(text).ok(), serde_json::from_str(text).ok(), "{text}");
    }
    assert_eq!((u32::from_json("1.0"), u32::from_json("10.00")), (Ok(1), Ok(10)));
    for text in ["1.5", "1e2", "1.0e2", "-1.0", "\"1\""] {
        assert!(u32::from_json(text).is_err(), "{text}");
    }
}

#[test]
fn known_member_may_occur_once() {
    let object = Object::parse(r#"{"a":1,"\u0062":2,"c":null,"a":3,"d":4,"d":5}"#).unwrap();
    assert_eq!(object.required::<u32>("b"), Ok(2));
    assert_eq!(object.optional::<u32>("c"), Ok(None));
    assert_eq!(object.required::<u32>("a").unwrap_err().to_string(), "duplicate field `a`");
    assert_eq!(object.required::<u32>("e").unwrap_err().to_string(), "missing field `e`");
    assert!(object.required::<u32>("c").unwrap_err().to_string().starts_with("field `c`: invalid type"));
}

mod random {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_checked_like_serde_json(text in r#"[\[\]{}:,"\\ untrefals0-9.eE+-]{0,12}"#) {
            compare(&text);
        }

        #[test]
        fn strings_round_trip(text in any::<String>()) {
            let mut json = String::new();
            text.write(&mut json);
            prop_assert_eq!(&json, &serde_json::to_string(&text).unwrap());
            prop_assert_eq!(String::from_json(&json), Ok(text));
        }
    }
}
