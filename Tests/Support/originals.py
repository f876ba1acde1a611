"""Where the templates of azureml-examples are."""
import os
import pathlib

from installed_sluice import REPOSITORY


def find_originals():
    """The folder of the templates that azureml-examples deploys, or None."""
    for root in os.environ.get("SLUICE_FIXTURES"), REPOSITORY.parent / "shared" / "fixtures":
        folder = pathlib.Path(root or "/nowhere") / "azureml-examples" / "arm-templates"
        if folder.is_dir():
            return folder
    return None
