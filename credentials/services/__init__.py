"""The rules about people, teams and keys: one function per mutation."""
