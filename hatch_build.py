"""Build hook: what every install has beside the Python sources.

The web client in `client/`, compiled into the package, without which there is no build; and the
core of the engine, compiled to C where there is a compiler. Without one the build warns, and the
engine plays from its plain-Python fallback.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CORE = Path("src") / "uttt" / "engine" / "compiled"
FLAGS = [
    "-O3",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fassociative-math",
    "-fno-signed-zeros",
    "-g0",
    "-w",
]
DIRECTIVES = {
    "language_level": "3",
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
}


class ProductBuildHook(BuildHookInterface[Any]):
    """Builds the web client and the core of the engine."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build both. Raises RuntimeError if the client cannot be built."""
        root = Path(self.root)
        build_client(root)
        build_data["artifacts"].append("src/uttt/web/client/**")
        if self.target_name != "wheel":
            return  # a source distribution is compiled where it is installed
        if version == "editable":  # a checkout serves where it is built
            build_core(root, native=True)
            return
        target = root / "build" / "wheel"
        if build_core(root, target, native=False):
            inside = CORE.relative_to("src").as_posix()
            for file in (target / inside).glob("*.so"):
                build_data["force_include"][str(file)] = f"{inside}/{file.name}"
            build_data["pure_python"] = False
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["tag"] = f"cp311-abi3-{platform}"


def build_client(root: Path) -> None:
    """Run npm in `client/` and copy what it built to `src/uttt/web/client/`."""
    client = root / "client"
    target = root / "src" / "uttt" / "web" / "client"
    if not client.is_dir():
        return  # a source distribution holds the client ready-made
    npm = shutil.which("npm")
    if npm is None:
        message = "npm is needed to build the web client: install Node.js 20 or newer"
        raise RuntimeError(message)
    for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([npm, *command], cwd=client, check=True)  # noqa: S603
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(client / "dist", target)


def build_core(root: Path, target: Path | None = None, *, native: bool) -> bool:
    """Compile the core of the engine, into `target` or beside its sources; whether that succeeded.

    `native`: for the processor of this machine; the files may not run on others. UTTT_MARCH, a name
    for the compiler's -march, overrides it.
    """
    target = target or root / "src"
    failure: Exception | None = None
    for march in _processors(native):
        _forget_compiled(target)
        try:
            _compile(root, target, [*FLAGS, f"-march={march}"] if march else FLAGS)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is a fallback
            failure = error
        else:
            return True
    sys.stderr.write(
        f"warning: the engine could not be compiled ({type(failure).__name__}: {failure}); it "
        "will think in plain Python, slowly. It needs a C compiler and Cython.\n"
    )
    _forget_compiled(target)
    return False


def _processors(native: bool) -> list[str]:
    """Names for the compiler's -march, the best first; empty for any processor of its kind.

    Not every compiler knows `native`.
    """
    named = os.environ.get("UTTT_MARCH")
    if named is not None:
        return [named]
    return ["native", ""] if native else [""]


def _forget_compiled(target: Path) -> None:
    """Remove what was compiled of another version, or in part: it would be imported."""
    for old in (target / CORE.relative_to("src")).glob("*.so"):
        old.unlink()


def _compile(root: Path, target: Path, flags: list[str]) -> None:
    from Cython.Build import cythonize  # noqa: PLC0415 - may be missing
    from setuptools import Distribution, Extension  # noqa: PLC0415

    modules = sorted(path for path in (root / CORE).glob("*.py") if path.stem != "__init__")
    here = Path.cwd()
    os.chdir(root / "src")  # names and sources of modules are found from here
    try:
        extensions = [
            Extension(
                f"uttt.engine.compiled.{path.stem}",
                [str(path.relative_to(root / "src"))],
                define_macros=[("Py_LIMITED_API", "0x030B0000")],  # one wheel for all from 3.11
                py_limited_api=True,
            )
            for path in modules
        ]
        compiled = cythonize(
            extensions,
            build_dir=str(root / "build" / "engine"),
            compiler_directives=DIRECTIVES,
            force=True,  # by their times the files would outlive a change of the directives
        )
        for extension in compiled:  # Cython remembers those of an attempt before
            extension.extra_compile_args = flags
        distribution = Distribution({"name": "uttt", "ext_modules": compiled})
        command = distribution.get_command_obj("build_ext")
        command.build_lib = str(target)
        command.force = True
        command.build_temp = str(root / "build" / "engine")
        command.ensure_finalized()
        command.run()
    finally:
        os.chdir(here)
