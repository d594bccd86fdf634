"""Build hook: compiles the web client in `client/` into the package; every install has it then."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ClientBuildHook(BuildHookInterface[Any]):
    """Runs npm in `client/` and copies what it built to `src/uttt/web/client/`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build the client. Raises RuntimeError if npm is missing or the build fails."""
        client = Path(self.root) / "client"
        target = Path(self.root) / "src" / "uttt" / "web" / "client"
        build_data["artifacts"].append("src/uttt/web/client/**")
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
