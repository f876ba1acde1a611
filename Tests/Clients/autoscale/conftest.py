"""One endpoint for all tests of autoscale settings."""
import json

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from support import doubler, finish

from .shapes import ENDPOINT


@pytest.fixture(scope="package")
def house(ml, make_endpoint):
    """The id of an endpoint; all its deployments are gone at the end."""
    yield make_endpoint(ENDPOINT).id
    finish(ml.online_endpoints.begin_delete(ENDPOINT))


@pytest.fixture(scope="package")
def deploy(ml, house, environment, model):
    def deploy(name):
        finish(ml.online_deployments.begin_create_or_update(doubler(ENDPOINT, name, environment)))
        return "%s/deployments/%s" % (house, name)

    return deploy


@pytest.fixture(scope="package")
def blue(deploy):
    return deploy("blue")


@pytest.fixture(scope="package")
def green(deploy):
    return deploy("green")


@pytest.fixture
def put(autoscale_settings, group):
    """Creates settings, from models or from JSON, and takes them away after the test."""
    names = set()

    def put(name, body):
        names.add(name)
        sent = json.dumps(body).encode() if isinstance(body, dict) else body
        return autoscale_settings.create_or_update(group, name, sent)

    yield put
    for name in names:
        autoscale_settings.delete(group, name)


@pytest.fixture
def refusal(autoscale_settings, group):
    """What is wrong with a setting."""
    def refusal(body, status=400):
        with pytest.raises(HttpResponseError) as caught:
            autoscale_settings.create_or_update(group, "refused", json.dumps(body).encode())
        assert caught.value.status_code == status
        with pytest.raises(ResourceNotFoundError):
            autoscale_settings.get(group, "refused")
        return caught.value

    return refusal
