"""What the generated client is in this house; ariadne-codegen loads it, and nothing else does."""

from pathlib import Path

from ariadne_codegen.plugins.base import Plugin
from graphql import GraphQLSchema

HEAD = "# Made by `make client` from queries/ and the schema; not to be edited.\n"


class House(Plugin):
    """Enums that are open to values to come, a transport that is not copied, and of Node what the queries name."""

    def process_schema(self, schema: GraphQLSchema) -> GraphQLSchema:
        # A new kind of object, of which no query asks, would otherwise change the client.
        words = set(" ".join(path.read_text(encoding="utf-8") for path in Path("queries").glob("*.graphql")).split())
        # ruff: noqa: SLF001  there is no other way to say so
        kinds = schema._implementations_map["Node"]
        schema._implementations_map["Node"] = kinds._replace(
            objects=[each for each in kinds.objects if each.name in words]
        )
        return schema

    def generate_enums_code(self, generated_code: str) -> str:
        code = generated_code.replace("from enum import Enum", "from ..open_enum import OpenEnum")
        return HEAD + code.replace("(str, Enum)", "(OpenEnum)")

    def copy_code(self, copied_code: str) -> str:
        if "class Transport" in copied_code:
            return f'{HEAD}from ..transport import Transport\n\n__all__ = ["Transport"]\n'
        return HEAD + copied_code

    def generate_client_code(self, generated_code: str) -> str:
        return HEAD + generated_code

    generate_init_code = generate_client_code
    generate_inputs_code = generate_client_code
    generate_result_types_code = generate_client_code
