"""The rules about jobs: one function per mutation."""
