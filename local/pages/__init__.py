"""The pages' ports on a laptop: checkout, dashboard, API reference and demo shop."""
