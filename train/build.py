"""Compiles the parts of `train/` that are hot, beside their sources: `python -m train.build`.

For the machine that it runs on: nothing of this is shipped. Never the package's own core, which
its build compiles.
"""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Distribution, Extension

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("layers", "parts", "fitting")
DIRECTIVES = {
    "language_level": "3",
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
}
FLAGS = ["-O3", "-march=native", "-ffast-math", "-fno-finite-math-only", "-w"]


def build() -> None:
    """Compile what is older than its sources."""
    here = Path.cwd()
    os.chdir(ROOT)  # names and sources of modules are found from here
    try:
        extensions = [
            Extension(f"train.{source}", [f"train/{source}.py"], extra_compile_args=FLAGS)
            for source in SOURCES
        ]
        compiled = cythonize(  # type: ignore[no-untyped-call]
            extensions, build_dir="build/train", compiler_directives=DIRECTIVES, quiet=True
        )
        distribution = Distribution({"name": "train", "ext_modules": compiled})
        command = distribution.get_command_obj("build_ext")
        command.inplace = True
        command.build_temp = "build/train"
        command.ensure_finalized()
        command.run()
    finally:
        os.chdir(here)


if __name__ == "__main__":
    build()
