"""The tables: how they are read, written in transactions, paged and swept."""

from gateway.adapters.aws.dynamodb.without_clients import import_pynamodb

# Here, since this runs before any module of the package imports PynamoDB.
import_pynamodb()
