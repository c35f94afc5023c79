"""Prints the OpenAPI document from the code, without a gateway: for a static host of the reference."""

import subprocess

from local import build
from local.install import main_venv
from local.settings import Settings

PRINT = """
from app import app
from gateway.domain.events import compact_json
from chalicelib.openapi.document import document
from chalicelib.frame.operation import operations
print(compact_json(document(operations(app))))
"""


def main(settings: Settings) -> None:
    """Prints the document of what would be deployed now."""
    with build.take_lock(settings):
        build.build(settings)
        output = build.build_directory(settings)
        paths = f"{output / 'functions'}:{output / 'layer' / 'python'}"
        environment = {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
        subprocess.run([main_venv(settings).python, "-c", PRINT], env=environment, check=True)
