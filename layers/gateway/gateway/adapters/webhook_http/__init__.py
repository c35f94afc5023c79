"""Posting to a merchant's endpoint without being led anywhere else."""
