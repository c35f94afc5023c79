"""Judges of the OpenAPI document and of the Python SDK's types that are not ours."""
