"""Prints a compose file as JSON, its anchors resolved: what there is to check of it, whatever compose makes of it."""

import json
import sys

from ruamel.yaml import YAML

print(json.dumps(YAML(typ="safe").load(open(sys.argv[1], encoding="utf-8")), default=str))
