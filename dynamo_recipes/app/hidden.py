"""Texts without the secrets of the run of this process."""

from dynamo_recipes.launch.masking import hidden as hidden  # noqa: PLC0414 - given on
