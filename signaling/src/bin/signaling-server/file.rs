//! The file of options: what it says takes the place of the defaults, so that flags and the environment go before it.

use std::ffi::OsString;
use std::fs;

use clap::error::ErrorKind;
use clap::{Arg, Command, CommandFactory, Error, FromArgMatches};

use crate::options::Options;

/// Flags over environment over file.
pub fn options(args: impl IntoIterator<Item = OsString>) -> Result<Options, Error> {
    let args: Vec<_> = args.into_iter().collect();
    let mut command = Options::command();
    if let Some(file) = named(&args) {
        let text = fs::read_to_string(&file);
        let text =
            text.map_err(|error| complain(&mut command, ErrorKind::Io, &format!("{}: {error}", file.display())))?;
        command = with_defaults(command, &text)?;
    }
    Options::from_arg_matches(&command.try_get_matches_from(args)?)
}

/// The file that flag or environment name, whatever else is wrong.
fn named(args: &[OsString]) -> Option<std::path::PathBuf> {
    let command = Options::command().ignore_errors(true).disable_help_flag(true).disable_version_flag(true);
    let matches = command.try_get_matches_from(args).ok()?;
    matches.try_get_one("config").ok().flatten().cloned()
}

fn with_defaults(mut command: Command, text: &str) -> Result<Command, Error> {
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        // The error as a whole would quote the line, and with it perhaps a secret.
        Err(error) => {
            let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            let message = format!("the file of --config, line {line}: {}", toml::de::Error::message(&error));
            return Err(complain(&mut command, ErrorKind::ValueValidation, &message));
        }
    };
    for (key, value) in table {
        let arg = command.get_arguments().find(|arg| is_option(arg, &key)).map(|arg| arg.get_id().clone());
        let Some(id) = arg else {
            let message = format!("the file of --config: there is no option {key:?}");
            return Err(complain(&mut command, ErrorKind::UnknownArgument, &message));
        };
        let Some(values) = words(value) else {
            let message = format!("the file of --config: {key:?} has to be a text, a number, true or false, or a list");
            return Err(complain(&mut command, ErrorKind::ValueValidation, &message));
        };
        // What it says may be secret.
        command = command.mut_arg(id, |arg| arg.default_values(values).hide_default_value(true));
    }
    Ok(command)
}

fn is_option(arg: &Arg, key: &str) -> bool {
    key != "config" && arg.get_long() == Some(key)
}

fn words(value: toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::Array(list) => list.into_iter().map(word).collect(),
        single => word(single).map(|word| vec![word]),
    }
}

fn word(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(switch) => Some(switch.to_string()),
        _ => None,
    }
}

fn complain(command: &mut Command, kind: ErrorKind, message: &str) -> Error {
    command.error(kind, message)
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
