"""Compiles the parts of `train/` that are hot, beside their sources: `python -m train.build`.

For the machine that it runs on: nothing of this is shipped. Never the package's own core, which
its build compiles.
"""

import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Distribution, Extension

ROOT = Path(__file__).resolve().parent.parent
MODULES = ("fitting",)


def build(force: bool = False) -> None:
    """Compile what is older than its sources."""
    extensions = [
        Extension(
            f"train.{name}",
            [f"train/{name}.py"],
            extra_compile_args=["-O3", "-march=native", "-ffast-math", "-fno-finite-math-only"],
        )
        for name in MODULES
    ]
    directives = {
        "language_level": "3",
        "boundscheck": False,
        "wraparound": False,
        "cdivision": True,
        "initializedcheck": False,
    }
    compiled = cythonize(extensions, compiler_directives=directives, force=force, quiet=True)
    command = Distribution({"name": "train", "ext_modules": compiled}).get_command_obj("build_ext")
    command.inplace = True
    command.force = force
    command.ensure_finalized()
    command.run()


if __name__ == "__main__":
    build(force="--force" in sys.argv)
