"""The embedded stack: MiniStack behind our own wrapper, and a table engine beside it.

`process` runs in .venv and starts the wrapper; `guard`, `serve`, `engine`, `tables` and `function_output` run
in .venv-emulator, which has MiniStack and none of our tools.
"""
