import json
import pathlib


class Sum:
    def __init__(self, columns):
        self._columns = columns

    def predict(self, frame):
        return (frame[self._columns[0]] + frame[self._columns[1]]).tolist()


def _load_pyfunc(path):
    return Sum(json.loads((pathlib.Path(path) / "columns.json").read_text())["adds"])
