"""Resources as clients see them: one table of members each, for their JSON and for their JSON Schema."""
