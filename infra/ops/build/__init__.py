"""What is made before a deployment: virtual environments, Lambda packages, the browser's files."""
