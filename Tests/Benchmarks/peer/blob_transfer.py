"""Moves one large file through azure-storage-blob, through plain HTTP clients and over the bare disk.

Prints one JSON object: seconds by name. Ends with an error when a copy differs from the file.
"""
import argparse
import hashlib
import json
import os
import pathlib
import ssl
import subprocess
import time
import urllib.parse
import urllib.request

from azure.storage.blob import ContainerClient

CHUNK = 4 << 20


def main():
    arguments = argparse.ArgumentParser()
    for name in ("--credentials", "--directory", "--bytes"):
        arguments.add_argument(name, required=True)
    arguments.add_argument("--nginx", help="base URL of an nginx that takes PUT")
    given = arguments.parse_args()
    folder = pathlib.Path(given.directory)
    source, copy = folder / "source", folder / "copy"
    digest = make_file(source, int(given.bytes))
    settings = json.loads(pathlib.Path(given.credentials).read_text())
    container = upload_place(settings)
    times = {}

    times["disk write"] = timed(lambda: write_through(source, copy))
    times["disk read"] = timed(lambda: digest_of(source, hashing=False))

    with ContainerClient.from_container_url(container, connection_verify=settings["caBundle"]) as client:
        blob = client.get_blob_client("large/file.bin")
        with source.open("rb") as stream:
            times["azure-storage-blob upload"] = timed(
                lambda: blob.upload_blob(stream, length=int(given.bytes), max_concurrency=4))
        copy.unlink()
        with copy.open("wb") as stream:
            times["azure-storage-blob download"] = timed(
                lambda: blob.download_blob(max_concurrency=4).readinto(stream))
        check(copy, digest)

    base, query = container.split("?")
    url = base + "/plain.bin?" + query
    times["curl upload"] = timed(lambda: curl(settings, "-X", "PUT", "-T", str(source), "-H", "x-ms-blob-type: BlockBlob", url))
    times["curl download"] = timed(lambda: curl(settings, "-o", str(copy), url))
    check(copy, digest)

    if given.nginx:
        url = given.nginx + "/plain.bin"
        times["nginx upload"] = timed(lambda: curl(settings, "-X", "PUT", "-T", str(source), url))
        times["nginx download"] = timed(lambda: curl(settings, "-o", str(copy), url))
        check(copy, digest)
    print(json.dumps(times))


def make_file(path, size):
    """Bytes that no layer can compress; answers their digest."""
    digest = hashlib.sha256()
    with path.open("wb") as stream:
        while size > 0:
            block = os.urandom(min(CHUNK, size))
            stream.write(block)
            digest.update(block)
            size -= len(block)
        os.fsync(stream.fileno())
    return digest.hexdigest()


def digest_of(path, hashing=True):
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(CHUNK):
            if hashing:
                digest.update(block)
    return digest.hexdigest()


def check(path, digest):
    assert digest_of(path) == digest, "the copy differs from the file"


def write_through(source, copy):
    with source.open("rb") as reader, copy.open("wb") as writer:
        while block := reader.read(CHUNK):
            writer.write(block)
        os.fsync(writer.fileno())


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def curl(settings, *arguments):
    subprocess.run(["curl", "-sS", "--fail", "--cacert", settings["caBundle"], *arguments], check=True,
                   stdout=subprocess.DEVNULL)


def upload_place(settings):
    """A container with a signed URL, as clients get one before they register a model."""
    context = ssl.create_default_context(cafile=settings["caBundle"])

    def call(url, body, headers=None):
        request = urllib.request.Request(url, data=body, headers=headers or {}, method="POST")
        with urllib.request.urlopen(request, context=context) as answer:
            return json.load(answer)

    url = settings["url"]
    token = call("%s/%s/oauth2/v2.0/token" % (url, settings["tenantID"]), urllib.parse.urlencode({
        "grant_type": "client_credentials", "client_id": settings["clientID"],
        "client_secret": settings["clientSecret"], "scope": url + "/.default"}).encode())["access_token"]
    answer = call(
        "%s/subscriptions/%s/resourceGroups/%s/providers/Microsoft.MachineLearningServices/workspaces/%s/models/large"
        "/versions/1/startPendingUpload?api-version=2024-04-01" % (
            url, settings["subscriptionID"], settings["resourceGroup"], settings["workspace"]),
        b"{}", {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
    return answer["blobReferenceForConsumption"]["credential"]["sasUri"]


if __name__ == "__main__":
    main()
