//! The configuration file. Its values replace the defaults, so flags and the environment take precedence over it.

use std::{ffi::OsString, fs};

use clap::{Arg, Command, CommandFactory, Error, FromArgMatches, error::ErrorKind};

use crate::options::Options;

/// Parses the options. Flags take precedence over the environment, and the environment over the file.
pub fn parse_options(args: impl IntoIterator<Item = OsString>) -> Result<Options, Error> {
    let args: Vec<_> = args.into_iter().collect();
    let mut command = Options::command();
    if let Some(file) = config_path(&args) {
        let text = fs::read_to_string(&file);
        let text =
            text.map_err(|error| usage_error(&mut command, ErrorKind::Io, &format!("{}: {error}", file.display())))?;
        command = with_defaults(command, &text)?;
    }
    Options::from_arg_matches(&command.try_get_matches_from(args)?)
}

/// Returns the path of the configuration file from the flags or the environment, even if other options are invalid.
fn config_path(args: &[OsString]) -> Option<std::path::PathBuf> {
    let command = Options::command().ignore_errors(true).disable_help_flag(true).disable_version_flag(true);
    let matches = command.try_get_matches_from(args).ok()?;
    matches.try_get_one("config").ok().flatten().cloned()
}

fn with_defaults(mut command: Command, text: &str) -> Result<Command, Error> {
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        // The full error would quote the line, which may contain a secret.
        Err(error) => {
            let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            let message =
                format!("the configuration file is invalid at line {line}: {}", toml::de::Error::message(&error));
            return Err(usage_error(&mut command, ErrorKind::ValueValidation, &message));
        }
    };
    for (key, value) in table {
        let arg = command.get_arguments().find(|arg| is_option(arg, &key)).map(|arg| arg.get_id().clone());
        let Some(id) = arg else {
            let message = format!("the configuration file has an unknown option {key:?}");
            return Err(usage_error(&mut command, ErrorKind::UnknownArgument, &message));
        };
        let Some(values) = texts(value) else {
            let message = format!(
                "the value of {key:?} in the configuration file must be a string, a number, a boolean or a list"
            );
            return Err(usage_error(&mut command, ErrorKind::ValueValidation, &message));
        };
        // The value may be a secret.
        command = command.mut_arg(id, |arg| arg.default_values(values).hide_default_value(true));
    }
    Ok(command)
}

fn is_option(arg: &Arg, key: &str) -> bool {
    key != "config" && arg.get_long() == Some(key)
}

fn texts(value: toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::Array(list) => list.into_iter().map(text).collect(),
        single => text(single).map(|text| vec![text]),
    }
}

fn text(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(switch) => Some(switch.to_string()),
        _ => None,
    }
}

fn usage_error(command: &mut Command, kind: ErrorKind, message: &str) -> Error {
    command.error(kind, message)
}

#[cfg(test)]
#[path = "config_file_tests.rs"]
mod tests;
