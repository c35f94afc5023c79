"""Merchants, their credentials, their people, and the audit trail."""
