"""docs/deploying.md: both recipes are ones that nginx takes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.certificate import self_signed
from tests.docs.documents import ROOT

TEXT = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
SERVER, LOCATION = re.findall(r"```nginx\n(.*?)```", TEXT, re.DOTALL)
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def verified(folder: Path, server: str) -> str:
    """Return what nginx says of a server's block whose certificate, logs and other files lie in a folder."""
    self_signed(folder)
    server = re.sub(r"(ssl_certificate +)\S+;", rf"\1{folder}/certificate.pem;", server)
    server = re.sub(r"(ssl_certificate_key +)\S+;", rf"\1{folder}/key.pem;", server)
    server = server.replace("/var/log/nginx", str(folder))
    places = "".join(f"{name}_temp_path {folder}/{name};\n" for name in TEMPORARY)
    path = folder / "nginx.conf"
    path.write_text(f"pid {folder}/pid;\nevents {{}}\nhttp {{\n{places}{server}}}\n", encoding="utf-8")
    command = ["nginx", "-t", "-e", str(folder / "errors.log"), "-c", str(path)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60).stderr


@pytest.mark.skipif(not shutil.which("nginx"), reason="there is no nginx here")
def test_nginx_takes_both_recipes(tmp_path: Path) -> None:
    below = SERVER.rstrip().removesuffix("}") + LOCATION + "}\n"
    for server in (SERVER, below):
        assert "test is successful" in verified(tmp_path, server)
    assert "unknown directive" in verified(tmp_path, SERVER.replace("proxy_pass", "proxy_pas"))


def test_both_recipes_send_what_the_app_is_told_by() -> None:
    """A proxy that leaves one of these out hands on what a visitor wrote."""
    for recipe in (SERVER, LOCATION):
        headers = re.findall(r"proxy_set_header (X-Forwarded-\w+)", recipe)
        assert headers == ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Prefix"]
