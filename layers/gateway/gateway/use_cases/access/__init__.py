"""Who may do what: credentials, sessions, merchants, and the audit trail of changes to them."""
