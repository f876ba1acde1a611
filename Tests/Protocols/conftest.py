import pytest
import trustme

from router import Router


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def certificate_files(authority, tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_pem.write_to_path(directory / "server.key")
    for certificate in issued.cert_chain_pems:
        certificate.write_to_path(directory / "server.pem", append=True)
    authority.cert_pem.write_to_path(directory / "ca.pem")
    return directory


@pytest.fixture
def router(tmp_path):
    """Starts routers that end with the test."""
    running = []

    def start(text, *arguments):
        running.append(Router(tmp_path, text, *arguments))
        return running[-1]

    yield start
    for each in running:
        each.__exit__()


@pytest.fixture
def tls_arguments(certificate_files):
    return "--tls-certificate", certificate_files / "server.pem", "--tls-key", certificate_files / "server.key"
