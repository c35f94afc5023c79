"""What each command replies, grouped as Redis documents them; `dispatch` has the table."""
