"""A certificate authority of the tests, and a server's certificate from it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Files in PEM format: the authority to trust, the server's chain and its key."""

    ca_file: Path
    chain_file: Path
    key_file: Path

    def server_context(self) -> ssl.SSLContext:
        """What a TLS server needs to show this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain_file, self.key_file)
        return context


def make_certificates(directory: Path, *names: str) -> Certificates:
    """Write a new authority and a certificate for these host names and addresses into a directory."""
    authority = trustme.CA()
    certificate = authority.issue_cert(*names)
    files = Certificates(
        ca_file=directory / "ca.pem", chain_file=directory / "server.pem", key_file=directory / "server.key"
    )
    authority.cert_pem.write_to_path(str(files.ca_file))
    certificate.private_key_pem.write_to_path(str(files.key_file))
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(str(files.chain_file), append=number > 0)
    return files
