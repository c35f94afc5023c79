"""What stands between API Gateway or SQS and the services: parsing, calling, rendering."""
