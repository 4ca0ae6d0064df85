"""A declarative YAML recipe runner for NVIDIA Dynamo."""

__version__ = "0.1.0"
