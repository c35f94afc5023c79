"""DynamoDB, SQS, Secrets Manager and Lambda."""
