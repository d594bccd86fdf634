"""The compiled core: Python that Cython turns into C. Hot, without the GIL, without objects.

Written in Cython's pure Python mode; structures and signatures that modules share stand in the
`.pxd` files, what Python can use of them in the `.pyi` files. The build of the package compiles
every module here (`hatch_build.py`). Where it could not, importing this package raises ImportError,
and `uttt.engine.plain` searches instead: the sources themselves cannot run uncompiled.
"""

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

if not any(Path(__file__).with_name(f"searcher{suffix}").exists() for suffix in EXTENSION_SUFFIXES):
    raise ImportError("the core of the engine is not compiled")
