//! Enumerations with a textual form.

/// Defines an enumeration whose values are strings of a specification or of a protocol.
///
/// An unknown text is kept as `Unknown`, because the sender, a browser or a signaling server, may be newer. The macro
/// implements `as_str`, `From<&str>`, `FromStr`, `Display`, serde's traits, and
/// [`FromIdl`](crate::webidl::FromIdl).
///
/// The macro is for this workspace, and not part of the public API.
#[doc(hidden)]
#[macro_export]
macro_rules! spec_enum {
    (
        $(#[$meta:meta])*
        $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $text:literal, )* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* $variant, )*
            /// An unknown value, as received.
            Unknown(Box<str>),
        }

        impl $name {
            /// The strings of all known values.
            pub const VALUES: &'static [&'static str] = &[$( $text ),*];

            /// Returns the text of the value.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )*
                    Self::Unknown(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $( $text => Self::$variant, )*
                    unknown => Self::Unknown(unknown.into()),
                }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                Ok(Self::from(text))
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Ok(Self::from(&*text))
            }
        }

        $crate::as_deserialized!($name);
    };
}
