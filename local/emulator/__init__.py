"""The embedded stack: MiniStack behind our own wrapper, and a table engine beside it.

`process` runs in .venv and starts the wrapper; `guard`, `serve`, `engine`, `tables`, `functions` and `stage`
run in .venv-emulator, which has MiniStack and none of our tools.
"""
