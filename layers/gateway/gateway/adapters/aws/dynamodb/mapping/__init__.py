"""PynamoDB's attributes and models, without the detours that a function would take thousands of times."""
