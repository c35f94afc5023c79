"""What deploys and administers a stack: builds, deployments, teardown, and the operators' commands.

Nothing here knows the laptop's servers; `local` imports this package, never the reverse.
"""
