"""The administrator's commands: merchants, their keys, passwords and origins."""
