"""A certificate authority whose certificates live for seconds, by the openssl command."""
import datetime
import os
import pathlib
import subprocess

_CONFIGURATION = """
[ca]
default_ca = own
[own]
database = {0}/index
serial = {0}/serial
new_certs_dir = {0}
certificate = {0}/ca.pem
private_key = {0}/ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[server]
subjectAltName = DNS:localhost, IP:127.0.0.1
"""


class Authority:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.certificate = self.folder / "ca.pem"
        self.server_certificate, self.server_key = self.folder / "server.pem", self.folder / "server.key"
        (self.folder / "openssl.cnf").write_text(_CONFIGURATION.format(self.folder))
        (self.folder / "index").touch()
        (self.folder / "serial").write_text("01\n")
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                      "-subj", "/CN=chaos authority", "-days", "2")

    def issue(self, seconds):
        """Puts another certificate, and its key, in the places of the old ones; answers when it ends."""
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "new.key", "-out", "new.csr",
                      "-subj", "/CN=localhost", "-config", "openssl.cnf")
        self._openssl("ca", "-batch", "-notext", "-config", "openssl.cnf", "-extensions", "server", "-in", "new.csr",
                      "-out", "new.pem", "-enddate", end.strftime("%Y%m%d%H%M%SZ"))
        os.replace(self.folder / "new.key", self.server_key)
        os.replace(self.folder / "new.pem", self.server_certificate)
        return end

    def _openssl(self, *words):
        done = subprocess.run(
            ["openssl", *words], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError("openssl %s: %s" % (words[0], done.stderr))
