"""The rules about projects and what people say of them: one function per mutation."""
