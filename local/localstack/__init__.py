"""LocalStack for `make test-localstack`: where it is, and the container that it runs in."""
