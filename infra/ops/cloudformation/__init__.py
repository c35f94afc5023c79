"""CloudFormation by boto3: templates, their artifacts in S3, change sets, and the states of a stack."""
