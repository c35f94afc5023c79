"""How the emulator runs functions: changes to MiniStack, which has no settings for them and is pinned."""
