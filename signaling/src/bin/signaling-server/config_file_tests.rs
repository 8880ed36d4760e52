use browser_rtc_proto::signaling::IceServer;
use browser_rtc_signaling::{Config, Tls};

use super::*;

const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-";

/// Parses the options of a file and flags. The tests of the program cover the environment.
fn parse(file: &str, flags: &[&str]) -> Result<Options, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("signaling.toml");
    fs::write(&path, file).unwrap();
    let path = path.into_os_string();
    let args = ["signaling-server".into(), "--config".into(), path].into_iter();
    parse_options(args.chain(flags.iter().map(OsString::from))).map_err(|error| error.to_string())
}

fn config(file: &str, flags: &[&str]) -> Config {
    parse(file, flags).unwrap().config().unwrap()
}

#[test]
fn file_sets_same_options_as_flags() {
    let config = config(
        r#"
            port = 1234
            host = "::1"
            tls-self-signed = true
            allow-origin = ["https://a.example", "https://b.example"]
            ice-server = ["stun:s", "turn:t,ada,with,commas"]
            trusted-proxy = "10.0.0.0/8"
            max-json-depth = 7
            name-alphabet = "word"
            turn-url = ["turn:a", "turn:b"]
            turn-secret = "north"
            turn-lifetime-s = 60
        "#,
        &[],
    );
    assert_eq!(config.listen, "[::1]:1234".parse().unwrap());
    assert!(matches!(config.tls, Some(Tls::SelfSigned)));
    assert_eq!(config.allowed_origins, ["https://a.example", "https://b.example"]);
    assert_eq!(config.ice_servers, [IceServer::stun("stun:s"), IceServer::turn("turn:t", "ada", "with,commas")]);
    assert_eq!(config.trusted_proxies, ["10.0.0.0/8".parse().unwrap()]);
    assert_eq!(config.limits.json_depth, 7);
    assert_eq!(config.limits.name_alphabet.to_string(), "word");
    let turn = config.turn.unwrap();
    assert_eq!((turn.urls.len(), turn.secret.reveal(), turn.lifetime.as_secs()), (2, "north", 60));
}

#[test]
fn flag_overrides_file_which_overrides_default() {
    let file = "port = 1\nburst = 2\nallow-origin = [\"https://a\", \"https://b\"]\ntls-self-signed = true";
    let config = config(file, &["--port", "3", "--allow-origin", "https://c", "--tls-self-signed=false"]);
    assert_eq!((config.listen.port(), config.limits.burst), (3, 2));
    assert_eq!(config.allowed_origins, ["https://c"]);
    assert!(config.tls.is_none());
    assert_eq!(config.limits.rooms, Config::default().limits.rooms);
}

#[test]
fn no_options_give_default_config() {
    let plain = parse_options(["signaling-server".into()]).unwrap().config().unwrap();
    assert_eq!(format!("{plain:?}"), format!("{:?}", Config::default()));
}

#[test]
fn invalid_file_is_refused_without_quote() {
    for (file, expected) in [
        ("prot = 1", "unknown option \"prot\""),
        ("config = \"other.toml\"", "unknown option \"config\""),
        ("help = true", "unknown option \"help\""),
        ("port = \"high\"", "--port"),
        ("port = 1.5", "the value of \"port\""),
        ("turn-secret = \"hunter2", "line 1"),
        ("port = 1\nturn-secret = hunter2", "line 2"),
        ("[turn]\nsecret = \"hunter2\"", "unknown option \"turn\""),
    ] {
        let error = parse(file, &[]).unwrap_err();
        assert!(error.contains(expected) && !error.contains("hunter2"), "{file}: {error}");
    }
    let missing = parse_options(["x", "--config", "/does/not/exist"].map(OsString::from)).unwrap_err().to_string();
    assert!(missing.contains("/does/not/exist"), "{missing}");
}

#[test]
fn conflicting_options_are_refused() {
    for (file, flags, expected) in [
        ("turn-secret = \"hunter2\"", &[][..], "--turn-url"),
        ("", &["--turn-url", "turn:t"], "--turn-secret"),
        ("ice-server = \"turn:t,hunter2\"", &[], "--ice-server"),
        ("jwt-secret = \"hunter2\"", &[], "32 bytes"),
        ("jwt-secret-file = \"/does/not/exist\"", &[], "/does/not/exist"),
        ("tls-cert = \"a\"\ntls-key = \"b\"\ntls-self-signed = true", &[], "--tls-cert"),
    ] {
        let error = parse(file, flags).unwrap().config().unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("hunter2"), "{file}: {error}");
    }
    assert!(parse("", &["--tls-cert", "a"]).unwrap_err().contains("--tls-key"));
}

#[test]
fn secrets_and_keys_are_read_from_files() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let secret = write("secret", &format!("{SECRET}\r\n"));
    let public = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().public_key_pem();
    let public = write("public.pem", &public);
    let flags = ["--turn-secret-file", &secret, "--turn-url", "turn:a,turn:b", "--jwt-secret-file", &secret];
    let config = config("", &[&flags[..], &["--jwt-public-key-file", &public, "--jwt-audience", "calls"]].concat());
    assert_eq!(config.turn.unwrap().secret.reveal(), SECRET);
    let verifier = format!("{:?}", config.jwt.unwrap());
    assert!(verifier.contains("[HS256, EdDSA]") && verifier.contains("calls"), "{verifier}");
    let error = parse("", &["--jwt-public-key-file", &secret]).unwrap().config().unwrap_err().to_string();
    assert!(error.contains("Ed25519") && !error.contains("hunter2"), "{error}");
}

#[test]
fn secrets_are_never_shown() {
    let file = format!(
        "jwt-secret = \"{SECRET}\"\nturn-secret = \"{SECRET}\"\nturn-url = \"turn:t\"\nice-server = \"turn:t,u,{SECRET}\""
    );
    let options = parse(&file, &[]).unwrap();
    let shown = format!("{options:?}");
    let shown = format!("{shown}{:?}", options.config().unwrap());
    assert!(shown.contains("HS256") && !shown.contains("hunter2"), "{shown}");
    let help = parse(&file, &["--help"]).unwrap_err();
    assert!(help.contains("--turn-secret") && !help.contains("hunter2"), "{help}");
}

#[test]
fn every_option_has_environment_variable() {
    for arg in Options::command().get_arguments() {
        let Some(long) = arg.get_long() else { panic!("{arg} has no long name") };
        let expected = match long {
            "log" => "RUST_LOG".to_owned(),
            long => format!("SIGNALING_{}", long.to_uppercase().replace('-', "_")),
        };
        assert_eq!(arg.get_env().and_then(|name| name.to_str()), Some(&*expected), "--{long}");
        if long.contains("secret") && !long.ends_with("file") {
            assert!(arg.is_hide_env_values_set(), "--{long}");
        }
    }
}

const DEPLOYMENT: &str = include_str!("../../../DEPLOYMENT.md");

#[test]
fn documented_files_are_valid() {
    let shown = DEPLOYMENT.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let shipped = include_str!("../../../deploy/signaling.toml");
    // The commented-out lines are valid as well, but the files of their secrets are missing.
    let whole: String = shipped
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
        .map(|line| format!("{line}\n"))
        .collect();
    for file in shown.chain([shipped]) {
        let config = config(file, &[]);
        assert_eq!(config.allowed_origins, ["https://app.example.org"]);
        assert_eq!(config.trusted_proxies.len(), 2);
    }
    let error = parse(&whole, &[]).unwrap().config().unwrap_err().to_string();
    assert!(error.starts_with("/etc/signaling/turn-secret"), "{error}");
}

#[test]
fn documented_options_exist() {
    let foreign =
        ["profile", "features", "deploy-hook", "now", "time", "rm", "stop-timeout", "help", "redis", "best", "keep"];
    let options = Options::command();
    let known: Vec<_> = options.get_arguments().filter_map(Arg::get_long).chain(foreign).collect();
    for word in DEPLOYMENT.split(|character: char| !(character.is_ascii_alphanumeric() || "-_".contains(character))) {
        if let Some(flag) = word.strip_prefix("--").filter(|flag| !flag.is_empty() && !flag.starts_with('-')) {
            assert!(known.contains(&flag), "--{flag}");
        }
        if let Some(name) = word.strip_prefix("SIGNALING_") {
            let flag = name.to_lowercase().replace('_', "-");
            assert!(known.contains(&&*flag), "{word}");
        }
    }
}
