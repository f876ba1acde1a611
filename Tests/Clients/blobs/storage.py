"""Words that the tests of blobs share."""
BLOCK = 64 * 1024


def code_of(caught):
    return str(getattr(caught.value.error_code, "value", caught.value.error_code))
