"""The browser that tests and screenshots drive: Debian's Chromium."""

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-quic", "--disable-background-networking")
"""Root may not use the sandbox; the rest keeps the browser from talking to anybody else."""
