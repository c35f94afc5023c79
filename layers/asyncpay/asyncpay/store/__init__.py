"""What is remembered or sent: DynamoDB through PynamoDB, SQS and Secrets Manager through botocore."""
