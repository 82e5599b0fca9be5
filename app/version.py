"""The one place that holds the version; pyproject.toml, the OpenAPI document and the changelog's test read it."""

VERSION = "0.2.0.dev0"
