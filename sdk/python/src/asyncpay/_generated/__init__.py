"""Made by generator/ from the OpenAPI document; `make sdk` makes it anew."""
