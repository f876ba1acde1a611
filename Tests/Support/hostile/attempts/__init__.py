"""Everything that the hostile script tries, one module for each thing that it is aimed at.

Importing a module puts its attempts on the list.
"""
from . import folders, neighbours, kernel, privileges, upkeep
from .probing import Refused, attempts
from .targets import attempts_on
