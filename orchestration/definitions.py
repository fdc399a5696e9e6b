"""The Dagster code location that `workspace.yaml` names: the definitions over the data folder of the environment."""

from assets.home import Home
from orchestration.assembly import build_definitions

defs = build_definitions(Home.from_environment())
