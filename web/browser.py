"""The browser of tests and screenshots: Debian's Chromium."""

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-quic", "--disable-background-networking")
"""Chromium's sandbox does not work for root; the others stop the browser's own requests to other hosts."""
