"""The version of Bokeru: `bokeru --version`, the User-Agent and the package's metadata read it here."""

VERSION = "0.2.0"
