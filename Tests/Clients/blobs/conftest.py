"""The workspace's storage account, opened in every way."""
import uuid

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from .storage import BLOCK


@pytest.fixture(scope="module")
def account(ml):
    datastore = ml.datastores.get_default()
    return "https://%s.blob.%s" % (datastore.account_name, datastore.endpoint)


@pytest.fixture(scope="module")
def signature(ml):
    return ml.datastores.get_default(include_secrets=True).credentials.sas_token.lstrip("?")


@pytest.fixture(scope="module")
def service(account, credential):
    """The account with a token; uploads over 64 KiB go in blocks, four at a time."""
    with BlobServiceClient(
            account, credential=credential, max_single_put_size=BLOCK, max_block_size=BLOCK,
            max_single_get_size=BLOCK, max_chunk_get_size=BLOCK) as service:
        yield service


@pytest.fixture(scope="module")
def signed_container(ml, account, signature):
    """The default datastore's container with its SAS."""
    name = ml.datastores.get_default().container_name
    with ContainerClient.from_container_url("%s/%s?%s" % (account, name, signature)) as container:
        yield container


@pytest.fixture
def container(service):
    """A container of its own for each test, opened with a token."""
    client = service.create_container("test-" + uuid.uuid4().hex)
    yield client
    client.delete_container()
