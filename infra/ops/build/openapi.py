"""Prints the OpenAPI document from the code, without a gateway: for a static host of the reference."""

import subprocess

from infra.ops.build import lambda_packages
from infra.ops.build.venvs import main_venv
from infra.ops.settings import Settings

PRINT = """
from app import app
from gateway.presenters.json_text import compact_json
from chalicelib.openapi.document import document
from chalicelib.frame.operation import operations
print(compact_json(document(operations(app))))
"""


def main(settings: Settings) -> None:
    """Prints the document of what would be deployed now."""
    with lambda_packages.take_lock(settings):
        lambda_packages.build(settings)
        output = lambda_packages.build_directory(settings)
        paths = f"{output / 'functions'}:{output / 'layer' / 'python'}"
        environment = {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
        subprocess.run([main_venv(settings).python, "-c", PRINT], env=environment, check=True)
