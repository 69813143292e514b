from . import algorithms
