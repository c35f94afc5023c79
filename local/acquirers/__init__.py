"""What the stand-ins for acquirers have in common, and which of them a laptop's payments go to."""
