"""How the OpenAPI description shows the ways in."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """A personal token is a bearer token."""

    target_class = "credentials.authentication.ApiTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """In the words of OpenAPI."""
        return {"type": "http", "scheme": "bearer"}
